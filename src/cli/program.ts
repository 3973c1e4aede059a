import { Logger } from '@nestjs/common';
import { Command, CommanderError } from 'commander';
import { redact } from '../platform/logging/redact.js';
import { describeError } from '../platform/logging/describe-error.js';
import type { CommandContext } from './command-context.js';
import { addContactCheckCommands } from './contact-check-commands.js';
import { addContactCommands } from './contact-commands.js';
import { addCustodianCommands } from './custodian-commands.js';
import { addDemoCommand } from './demo-command.js';
import { addDoctorCommand } from './doctor-command.js';
import { addDrillCommands } from './drill-commands.js';
import { CliFailure, EXIT } from './failure.js';
import { addInviteCommand } from './invite-command.js';
import { addRobotCommand } from './robot-command.js';
import { addPolicyCommands } from './policy-commands.js';
import { addRosterDraftCommand } from './roster-draft-command.js';
import { addRosterPublishCommands } from './roster-publish-commands.js';
import { addRosterSignCommand } from './roster-sign-command.js';
import { addRotaCommands } from './rota-commands.js';
import { addTelegramCommands } from './telegram-commands.js';

const CODES = `
Exit codes: 0 done, 1 refused or a problem was found, 2 wrong command line or configuration, 3 something does not
answer, 130 interrupted. Secrets are asked for, or read from a file; they are never arguments.
Configuration: JARDAM_CONFIG names a file (see config/jardam.example.yaml); DATABASE_URL and JARDAM_DATA_DIR as for
the service.`;

/** All commands of `jardam`. */
export function buildProgram(context: CommandContext): Command {
  const program = new Command('jardam')
    .description('Secure alerts that are answered: commands for custodians and operators')
    .addHelpText('after', CODES)
    .showHelpAfterError('(add --help for what is allowed)');
  addCustodianCommands(program, context);
  const roster = program.command('roster').description('who may answer: drafted by operators, signed by custodians');
  addRosterDraftCommand(roster, context);
  addRosterSignCommand(roster, context);
  addRosterPublishCommands(roster, context);
  addPolicyCommands(program, context);
  addRotaCommands(program, context);
  addDrillCommands(program, context);
  addInviteCommand(program, context);
  addTelegramCommands(program, context);
  const contact = program.command('contact').description('how responders, the duty desk and the operator are reached');
  addContactCommands(contact, context);
  addContactCheckCommands(contact, context);
  addRobotCommand(program, context);
  addDoctorCommand(program, context);
  addDemoCommand(program, context);
  settle(program, context);
  return program;
}

/**
 * Runs one command line and returns the exit code; everything that goes wrong is one clear line.
 *
 * @param args the arguments without node and script
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  Logger.overrideLogger(false); // parts of the service that log; their outcome is told by the command itself
  try {
    await buildProgram(context).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (error instanceof CliFailure) {
      context.terminal.note(`jardam: ${error.message}`);
      return error.exitCode;
    }
    context.terminal.note(`jardam: ${redact(describeError(error))}`);
    return EXIT.problem;
  }
}

/** Commander would write to the process and end it; both belong to whoever runs the program. Also for subcommands. */
function settle(command: Command, context: CommandContext): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => context.terminal.say(text.trimEnd()),
    writeErr: (text) => context.terminal.note(text.trimEnd()),
  });
  for (const each of command.commands) settle(each, context);
}

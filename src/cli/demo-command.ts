import { join } from 'node:path';
import { wordsFromBytes } from '@jardam/protocol/words';
import { Option, type Command } from 'commander';
import { castMember } from '../demo/coalition.js';
import { deskLink, startDemo, WISHED_PORTS, type Demo } from '../demo/demo.js';
import { custodianFile } from '../demo/keys.js';
import type { CommandContext } from './command-context.js';
import { CliFailure, EXIT } from './failure.js';

const DEFAULT_DATA_DIR = '.jardam';
/** Tiers of config/policies/demo.yaml as people call them. */
const TIER_NAMES: Readonly<Record<number, string>> = { 1: 'T1', 2: 'T1b', 3: 'T2', 4: 'T3', 5: 'T4' };

/** `jardam demo`, which is `npm start`: runs until Ctrl-C. */
export function addDemoCommand(program: Command, { terminal, environment }: CommandContext): void {
  program
    .command('demo')
    .description('a whole invented coalition on this machine, until Ctrl-C')
    .addOption(new Option('--port <number>', 'port of the pages, or the next free one').argParser(portOf).default(WISHED_PORTS.pages))
    .addOption(new Option('--mailbox-port <number>', 'port of the mailbox page, or the next free one').argParser(portOf).default(WISHED_PORTS.mailbox))
    .addOption(new Option('--smtp-port <number>', 'port of the mail server, or the next free one').argParser(portOf).default(WISHED_PORTS.smtp))
    .addHelpText('after', `\nEverything is kept in ${DEFAULT_DATA_DIR}, or in the folder of JARDAM_DATA_DIR.`)
    .action(async (wished: { port: number; mailboxPort: number; smtpPort: number }) => {
      const interrupted = untilInterrupted();
      const dataDir = environment.JARDAM_DATA_DIR ?? DEFAULT_DATA_DIR;
      terminal.note('Starting …');
      const ports = { pages: wished.port, mailbox: wished.mailboxPort, smtp: wished.smtpPort };
      const demo = await startDemo({
        dataDir,
        ports,
        warn: (line) => terminal.note(line),
        ...(environment.DATABASE_URL ? { databaseUrl: environment.DATABASE_URL } : {}),
      }).catch((error: unknown) => {
        throw new CliFailure(error instanceof Error ? error.message : 'the demo could not be started');
      });
      for (const line of describeDemo(demo, ports, dataDir)) terminal.say(line);
      await interrupted;
      terminal.note('\nStopping …');
      await demo.stop();
      terminal.note('Stopped. Everything is kept for the next start.');
    });
}

/** What somebody sees who has just typed `npm start`. */
function describeDemo(demo: Demo, wished: { pages: number; mailbox: number; smtp: number }, dataDir: string): string[] {
  const moved = [
    [wished.pages, demo.pagesUrl],
    [wished.mailbox, demo.mailboxUrl],
  ].filter(([port, url]) => Number(new URL(String(url)).port) !== port);
  return [
    '',
    '  ┌────────────────────────────────────────────────────────────────────────┐',
    '  │  THIS IS A DEMO. Everybody here is invented, and nobody real is told.  │',
    '  │  All keys are on this machine: never use it for people who need help.  │',
    '  └────────────────────────────────────────────────────────────────────────┘',
    '',
    `  Send an alert      ${demo.pagesUrl}/`,
    `  Read the mails     ${demo.mailboxUrl}/`,
    ...moved.map(([port, url]) => `                     (port ${port} was taken, so it is ${new URL(String(url)).port})`),
    '',
    '  Who answers, in the order of the ladder. Each has a desk of their own, and a passphrase:',
    ...demo.keys.people.flatMap((person) => {
      const { name, tiers } = castMember(person.key);
      const tier = tiers.map((number) => TIER_NAMES[number] ?? String(number)).join(', ');
      return ['', `  ${tier.padEnd(4)} ${name}`, `       ${deskLink(demo, person)}`, `       ${person.passphrase}`];
    }),
    '',
    '  Without an answer a most urgent alert moves on every minute, and reaches the EU Delegation after four.',
    `  Words of this instance: ${wordsFromBytes(demo.instanceId).join(' ')}`,
    '',
    `  Try the commands too:  JARDAM_CONFIG=${demo.configFile} npm run jardam -- doctor`,
    `  Root key of the demo:  ${custodianFile(join(dataDir, 'demo'))}`,
    `  passphrase             ${demo.keys.custodian.passphrase}`,
    '',
    '  A real coalition:      docs/operations/setup.md',
    '  Stop with Ctrl-C. Everything is kept for the next start.',
    '',
  ];
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function untilInterrupted(): Promise<void> {
  return new Promise((interrupted) => {
    const stop = (): void => {
      interrupted();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.off(signal, stop);
        process.on(signal, () => process.exit(EXIT.interrupted));
      }
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
  });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isSafeInteger(port) || port < 1024 || port > 65_535) throw new CliFailure(`"${text}" is not a port from 1024 to 65535`, EXIT.usage);
  return port;
}

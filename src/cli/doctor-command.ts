import type { Command } from 'commander';
import { readOutlook } from '../escalation/rota-outlook.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { ServiceConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { RosterStore } from '../roster/roster-store.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { findDatabase, readConfig, unreachableReason } from './database-access.js';
import { checkDatabase, checkEngine } from './doctor/database-checks.js';
import { ok, problem, unreachable, type Finding } from './doctor/finding.js';
import { checkBackups, checkDisk, checkKeys, checkPage } from './doctor/machine-checks.js';
import { checkMail } from './doctor/mail-check.js';
import { checkLastResort, checkRoster, checkShifts, checkTiers } from './doctor/people-checks.js';
import { checkBot, checkPoller } from './doctor/telegram-checks.js';
import { CliFailure, EXIT } from './failure.js';

const SIGNS = { ok: 'ok         ', warning: 'warning    ', problem: 'PROBLEM    ', unreachable: 'UNREACHABLE' } as const;

/** `jardam doctor`: looks at everything that an alert needs, and changes nothing. */
export function addDoctorCommand(program: Command, context: CommandContext): void {
  const { terminal, environment } = context;
  program
    .command('doctor')
    .description('check everything that an alert needs on its way; changes nothing')
    .option('--backups <folder>', 'where backups are kept: the newest must be from the last day')
    .option('--json', 'for monitoring: the findings as JSON')
    .addHelpText('after', '\nRun it daily from a timer: exit code 1 means that something must be mended, 3 that something does not answer.')
    .action(async ({ backups, json }: { backups?: string; json?: boolean }) => {
      const findings = await examine(readConfig(environment), backups, context);
      if (json === true) terminal.say(JSON.stringify({ findings }, null, 1));
      else for (const { check, state, text } of findings) terminal.say(`${SIGNS[state]}  ${check.padEnd(16)}  ${text}`);
      const count = (wanted: Finding['state']): number => findings.filter(({ state }) => state === wanted).length;
      if (count('unreachable') > 0) throw new CliFailure(`${count('unreachable')} of ${findings.length} checks found no answer`, EXIT.unreachable);
      if (count('problem') > 0) throw new CliFailure(`${count('problem')} of ${findings.length} checks found a problem`);
    });
}

async function examine(config: ServiceConfig, backups: string | undefined, context: CommandContext): Promise<Finding[]> {
  const around = [checkMail(config.mail), checkPage(config.instance.publicUrl)];
  return [
    ok('configuration', 'valid'),
    ...(await examineDatabase(config, context)),
    ...(await Promise.all(around)),
    ...(await checkBot(config.telegram, config.instance)),
    checkDisk(config.instance.dataDir),
    checkBackups(backups, context.now()),
  ];
}

/** Everything that is asked of the database, or the one finding that it does not answer. */
async function examineDatabase(config: ServiceConfig, { now }: CommandContext): Promise<Finding[]> {
  let found: Awaited<ReturnType<typeof findDatabase>>;
  let database: Database;
  try {
    found = await findDatabase(config);
  } catch (error) {
    return [problem('database', error instanceof Error ? error.message : 'the embedded server does not start')];
  }
  try {
    database = await Database.open({ url: found.url, poolSize: 2, applicationName: 'jardam-doctor' });
  } catch (error) {
    await found.release();
    return [unreachable('database', `it does not answer (${unreachableReason(error) ?? 'refused'}): is it running, and is DATABASE_URL right?`)];
  }
  try {
    const basics = await checkDatabase(database, now);
    // Without tables there is nothing more to ask.
    if (basics.some(({ check, state }) => check === 'migrations' && state !== 'ok')) return basics;
    const { p } = await loadCryptography();
    const current = await new RosterStore(p, database, new EvidenceLog(p)).current(DEFAULT_COALITION);
    return [
      ...basics,
      await checkEngine(database),
      ...(await checkPoller(database, config.telegram)),
      ...(await checkKeys(p, database, config)),
      checkRoster(current?.body ?? null, now()),
      ...(await checkTiers(database)),
      ...(await checkLastResort(database)),
      checkShifts(await readOutlook(database, DEFAULT_COALITION)),
    ];
  } finally {
    await database.close();
    await found.release();
  }
}

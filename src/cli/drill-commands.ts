import { Option, type Command } from 'commander';
import { SEVERITY_NAMES, severityName, type Severity, type SeverityName } from '../domain/severity.js';
import { readDrillResults, type DrillTier } from '../escalation/drill-results.js';
import { Policies } from '../escalation/policies.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { RosterStore } from '../roster/roster-store.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { roughly } from './doctor/finding.js';
import { sealDrill, sendDrill } from './drill-alert.js';
import { CliFailure, EXIT } from './failure.js';

const AUDIENCES = ['abroad', 'eu', 'un'] as const;
const mostResults = 50;

interface StartOptions {
  readonly severity: SeverityName;
  readonly with: readonly (typeof AUDIENCES)[number][];
  readonly url?: string;
}

/** `jardam drill …`: an alert on the same path as every other, marked as a drill, with measured answer times. */
export function addDrillCommands(program: Command, { terminal, environment, now }: CommandContext): void {
  const drill = program.command('drill').description('try the ladder: the same path, marked as a drill, with measured answer times');

  drill
    .command('start')
    .description('send a drill; it climbs its ladder until somebody takes it, and is there until they close it')
    .addOption(new Option('--severity <name>', 'as which the ladder treats it').choices([...SEVERITY_NAMES]).default('S2'))
    .option('--with <audiences>', `whom to try beside the coalition's own people, of ${AUDIENCES.join(',')}`, audiencesOf, [])
    .option('--url <origin>', 'where the service is; by default instance.publicUrl')
    .addHelpText('after', '\nAn S1 needs two people to close it, like every S1. Tell those abroad beforehand: they are woken too.')
    .action(async ({ severity, with: audiences, url }: StartOptions) => {
      const config = readConfig(environment);
      const { p } = await loadCryptography();
      const sealed = await withDatabase(config, async (database) => {
        const log = new EvidenceLog(p);
        const store = new RosterStore(p, database, log);
        const [roster, instanceId] = [await store.current(DEFAULT_COALITION), await store.instanceId(DEFAULT_COALITION)];
        if (roster === null || instanceId === null) throw new CliFailure('there is no roster yet, so there is nobody to try it with (jardam roster draft)');
        const policies = new Policies(log);
        const versions = await Promise.all(roster.body.policies.map(({ id, sha256 }) => policies.bySha256(database, DEFAULT_COALITION, id, Buffer.from(sha256, 'hex'))));
        const newest = versions.filter((each) => each !== null).sort((a, b) => b.policyVersionId - a.policyVersionId)[0];
        if (!newest) throw new CliFailure('the roster names no policy that is published here');
        const consents = { abroad: audiences.includes('abroad'), eu: audiences.includes('eu'), un: audiences.includes('un') };
        return sealDrill(p, { instanceId, roster, policy: newest.policy }, { severity, consents }, now());
      });
      const id = await sendDrill(p, url ?? config.instance.publicUrl, sealed);
      terminal.say(id);
      terminal.note('The drill is on its way. What came of it: jardam drill results');
    });

  drill
    .command('results')
    .description('show the last drills: when each tier was entered, opened and answered')
    .option('--last <number>', `how many, at most ${mostResults}`, countOf, 5)
    .action(async ({ last }: { last: number }) => {
      const results = await withDatabase(readConfig(environment), (database) => readDrillResults(database, DEFAULT_COALITION, last));
      if (results.length === 0) terminal.note('no drill yet');
      for (const { alertId, severity, receivedAt, state, tiers } of results) {
        terminal.say(`${receivedAt.toISOString()}  ${severityName(severity as Severity)}  ${state}  ${alertId}`);
        for (const tier of tiers) terminal.say(`  ${describeTier(tier)}`);
      }
    });
}

function describeTier({ tier, outcome, enteredAt, openedAfterMs, answeredAfterMs }: DrillTier): string {
  if (outcome === 'not_reached') return `tier ${tier}  ${enteredAt.toISOString()}  not reached`;
  const after = (ms: number | null, what: string): string => (ms === null ? `not ${what}` : `${what} after ${roughly(ms)}`);
  return `tier ${tier}  ${enteredAt.toISOString()}  ${after(openedAfterMs, 'opened')}  ${after(answeredAfterMs, 'answered')}`;
}

function audiencesOf(text: string): StartOptions['with'] {
  return text.split(',').map((each) => {
    const audience = AUDIENCES.find((known) => known === each.trim());
    if (audience === undefined) throw new CliFailure(`"${each}": --with takes some of ${AUDIENCES.join(',')}`, EXIT.usage);
    return audience;
  });
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1 || count > mostResults) throw new CliFailure(`--last is a number from 1 to ${mostResults}`, EXIT.usage);
  return count;
}

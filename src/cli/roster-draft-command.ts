import { fromHex, type Primitives } from '@jardam/protocol';
import type { Command } from 'commander';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { ConfigError } from '../platform/config/config-error.js';
import { loadYaml } from '../platform/config/yaml-file.js';
import type { Database } from '../platform/database/database.js';
import { RosterStore } from '../roster/roster-store.js';
import { coalitionSchema, type Coalition } from './coalition-file.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { pendingEnrolments, publishedPolicies } from './draft-sources.js';
import { CliFailure, EXIT } from './failure.js';
import { writePrivateFile } from './private-file.js';
import { draftRevocation, draftRoster, type PreviousRoster } from './roster-draft.js';
import { checkDraft, formatDraft, newDraft, type RosterDraft } from './roster-file.js';
import { refusedAsFailure } from './roster-refusals.js';
import { describeChanges } from './roster-summary.js';

interface DraftOptions {
  readonly coalition?: string;
  readonly out: string;
  readonly revoke: readonly string[];
  readonly freeze: readonly string[];
  readonly tiers: readonly string[];
  readonly probation: readonly string[];
  readonly activate: readonly string[];
  readonly leaveOut: readonly string[];
}

/** `jardam roster draft`: what the custodians will be asked to sign. */
export function addRosterDraftCommand(roster: Command, { terminal, environment, now }: CommandContext): void {
  roster
    .command('draft')
    .description('draft the next roster from the coalition file, the last roster and everybody who waits')
    .option('--coalition <file>', 'the coalition file of "jardam custodian init"; needed unless only revoking')
    .requiredOption('--out <file>', 'where to write the draft')
    .option('--revoke <rid>', 'take this person out at once; repeatable', collect, [])
    .option('--freeze <organisation>', 'take out all people of an organisation, for instance after a raid; repeatable', collect, [])
    .option('--tiers <rid=1,2>', 'tiers that a person serves from now on; repeatable', collect, [])
    .option('--probation <rid>', 'name a person without letting them read yet; repeatable', collect, [])
    .option('--activate <rid>', 'end a person\'s probation; repeatable', collect, [])
    .option('--leave-out <rid>', 'do not name this waiting person yet; repeatable', collect, [])
    .addHelpText(
      'after',
      '\nWith --revoke or --freeze the draft does nothing else: then the signature of one custodian is enough.\n' +
        'Compare the words of every new person with them, over a voice you know, before you pass the draft on.',
    )
    .action(async (options: DraftOptions) => {
      const { p } = await loadCryptography();
      const made = await withDatabase(readConfig(environment), (database) => makeDraft(p, database, options, now(), (line) => terminal.note(line)));
      writePrivateFile(options.out, formatDraft(made), { replace: false });
      terminal.note(`${options.out} written. Next: the custodians sign it (jardam roster sign ${options.out} --key …).`);
    });

  async function makeDraft(p: Primitives, database: Database, options: DraftOptions, at: Date, note: (line: string) => void): Promise<RosterDraft> {
    const store = new RosterStore(p, database, new EvidenceLog(p));
    const published = await store.chain(DEFAULT_COALITION);
    const previous = published.at(-1) ?? null;
    const instanceId = await store.instanceId(DEFAULT_COALITION);
    const onlyRevokes = options.revoke.length > 0 || options.freeze.length > 0;
    const body = onlyRevokes ? revocation(previous, options, at) : await nextRoster(p, database, previous, instanceId, options, at, note);
    const made = newDraft(published.map(({ signed }) => signed), body);
    const checked = refusedAsFailure(() => checkDraft(p, made, at));
    for (const line of describeChanges(p, checked.previous, body, checked.instanceId)) terminal.say(line);
    return made;
  }
}

function revocation(previous: PreviousRoster | null, options: DraftOptions, now: Date): ReturnType<typeof bodyOf> {
  const others = [options.tiers, options.probation, options.activate, options.leaveOut];
  if (options.coalition !== undefined || others.some((list) => list.length > 0)) {
    throw new CliFailure('--revoke and --freeze make a draft of their own: leave the other options to the next draft', EXIT.usage);
  }
  if (previous === null) throw new CliFailure('there is no roster yet, so nobody can be taken out of it');
  const drafted = draftRevocation(previous, { rids: new Set(options.revoke.map(ridOf)), orgs: new Set(options.freeze) }, now);
  return bodyOf(drafted);
}

async function nextRoster(
  p: Primitives,
  database: Database,
  previous: PreviousRoster | null,
  instanceId: Uint8Array | null,
  options: DraftOptions,
  now: Date,
  note: (line: string) => void,
): Promise<ReturnType<typeof bodyOf>> {
  if (options.coalition === undefined) throw new CliFailure('--coalition is missing: the file that describes the coalition', EXIT.usage);
  const leftOut = new Set(options.leaveOut.map(ridOf));
  // Before version 1 nobody can have enrolled: enrolment signs the instance, which version 1 makes.
  const { waiting, forged } = instanceId === null ? { waiting: [], forged: [] } : await pendingEnrolments(p, database, instanceId);
  for (const rid of forged) note(`warning: ${rid} waits with keys that their owner did not sign; left out. Look into this.`);
  const policies = await publishedPolicies(database);
  if (policies.length === 0) note('warning: no policy is published; nobody can send an alert until one is (jardam policy publish)');
  const drafted = draftRoster({
    coalition: readCoalition(options.coalition),
    previous,
    enrolments: waiting.filter(({ rid }) => !leftOut.has(rid)),
    policies,
    tiers: new Map(options.tiers.map(tiersOf)),
    probation: new Set(options.probation.map(ridOf)),
    activate: new Set(options.activate.map(ridOf)),
    now,
  });
  return bodyOf(drafted);
}

type Drafted = ReturnType<typeof draftRoster> | ReturnType<typeof draftRevocation>;

function bodyOf(drafted: Drafted): Extract<Drafted, { body: unknown }>['body'] {
  if ('body' in drafted) return drafted.body;
  switch (drafted.refused) {
    case 'unknown-rid':
      throw new CliFailure(`${drafted.rid} is not in the roster`);
    case 'unknown-person':
      throw new CliFailure(`${drafted.rid} is neither in the roster nor waiting to be named`);
    case 'unknown-organisation':
      throw new CliFailure(
        'rid' in drafted
          ? `${drafted.rid} belongs to the organisation "${drafted.org}", which the coalition file does not have: add it, or revoke them first`
          : `the roster has no organisation "${drafted.org}"`,
      );
    case 'nothing-to-revoke':
      throw new CliFailure('they are revoked already');
  }
}

/** Reads a coalition file; everything wrong in it is listed with file, line and field. */
export function readCoalition(file: string): Coalition {
  try {
    return loadYaml(file, coalitionSchema);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliFailure(error.message);
    throw error;
  }
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function ridOf(text: string): string {
  if (fromHex(text, 16) === null) throw new CliFailure(`"${text}" is not a responder id (32 characters 0-9 and a-f)`, EXIT.usage);
  return text;
}

function tiersOf(text: string): [string, number[]] {
  const [rid = '', list = ''] = text.split('=', 2);
  const tiers = list.split(',').map(Number);
  if (tiers.some((tier) => !Number.isSafeInteger(tier) || tier < 1 || tier > 255)) {
    throw new CliFailure(`"${text}": give --tiers like RID=1,2`, EXIT.usage);
  }
  return [ridOf(rid), tiers];
}

import { fromBase64url, instanceIdOf, parseRosterChain, rosterBodyBytes, ShapeError, toBase64url, verifyRosterChain, type Primitives, type SignedRoster } from '@jardam/protocol';
import { wordsFromBytes } from '@jardam/protocol/words';
import type { Command } from 'commander';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { RosterStore } from '../roster/roster-store.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { checkDraft, readDraft } from './roster-file.js';
import { explainRosterRefusal, refusedAsFailure } from './roster-refusals.js';
import { describeRoster } from './roster-summary.js';

const fetchTimeoutMs = 15_000;

/** `jardam roster publish | show | verify`. */
export function addRosterPublishCommands(roster: Command, { terminal, environment, now }: CommandContext): void {
  roster
    .command('publish')
    .description('publish a signed roster: the service and all pages use it from then on')
    .argument('<draft>', 'the draft with enough signatures')
    .action(async (file: string) => {
      const { p } = await loadCryptography();
      const { draft, chain } = readDraft(file);
      refusedAsFailure(() => checkDraft(p, { draft, chain }, now()));
      const outcome = await withDatabase(readConfig(environment), (database) => {
        const store = new RosterStore(p, database, new EvidenceLog(p));
        return database.transaction((tx) => store.publish(tx, DEFAULT_COALITION, draft));
      });
      if (!('refused' in outcome)) {
        terminal.say(`roster version ${outcome.version} is published`);
        terminal.say(`instance: ${toBase64url(outcome.instanceId)}`);
        terminal.say(`words:    ${wordsFromBytes(outcome.instanceId).join(' ')}`);
        return;
      }
      if (outcome.refused === 'unknown-policy') {
        throw new CliFailure(`the roster names the policy "${outcome.policy}" in a version that is not published here: publish it first`);
      }
      throw new CliFailure(explainRosterRefusal(outcome.refused, outcome.version));
    });

  roster
    .command('show')
    .description('show the published roster, or a draft')
    .argument('[draft]', 'a draft file; without it the published roster')
    .action(async (file: string | undefined) => {
      const { p } = await loadCryptography();
      if (file !== undefined) {
        const { body, instanceId } = refusedAsFailure(() => checkDraft(p, readDraft(file), now()));
        for (const line of describeRoster(p, body, instanceId)) terminal.say(line);
        return;
      }
      const chain = await publishedChain(p, environment);
      const { current, instanceId } = verifyAll(p, chain, now(), undefined);
      for (const line of describeRoster(p, current.body, instanceId)) terminal.say(line);
    });

  roster
    .command('verify')
    .description('verify every published version back to the first one')
    .option('--url <address>', 'verify what a server gives to its visitors, for instance https://example.org')
    .option('--instance <id>', 'the instance as "roster publish" printed it; without it the words are shown to compare')
    .action(async ({ url, instance }: { url?: string; instance?: string }) => {
      const { p } = await loadCryptography();
      const chain = url === undefined ? await publishedChain(p, environment) : await fetchedChain(url);
      const { current, instanceId } = verifyAll(p, chain, now(), instance);
      terminal.say(`${chain.length} version${chain.length === 1 ? '' : 's'} verified; the newest is valid until ${current.body.not_after}`);
      terminal.say(`instance: ${wordsFromBytes(instanceId).join(' ')}`);
    });
}

async function publishedChain(p: Primitives, environment: NodeJS.ProcessEnv): Promise<SignedRoster[]> {
  return withDatabase(readConfig(environment), async (database) => {
    const published = await new RosterStore(p, database, new EvidenceLog(p)).chain(DEFAULT_COALITION);
    return published.map(({ signed }) => signed);
  });
}

async function fetchedChain(url: string): Promise<SignedRoster[]> {
  let answer: Response;
  try {
    answer = await fetch(new URL('/api/v1/roster', url), { signal: AbortSignal.timeout(fetchTimeoutMs), redirect: 'error' });
  } catch (error) {
    throw new CliFailure('that server does not answer', EXIT.unreachable, { cause: error });
  }
  if (!answer.ok) throw new CliFailure(`that server answers with ${answer.status}`, EXIT.unreachable);
  try {
    return parseRosterChain(new Uint8Array(await answer.arrayBuffer()));
  } catch (error) {
    throw new CliFailure('what that server answers is not a roster', undefined, { cause: error });
  }
}

function verifyAll(p: Primitives, chain: readonly SignedRoster[], now: Date, expected: string | undefined): Pick<ReturnType<typeof verifyRosterChain>, 'current'> & { instanceId: Uint8Array } {
  const first = chain[0] && rosterBodyBytes(chain[0]);
  if (!first) throw new CliFailure('no roster is published yet');
  const instanceId = expected === undefined ? instanceIdOf(p, first) : fromBase64url(expected, 32);
  if (instanceId === null) throw new CliFailure('--instance is not an instance id (43 characters)', EXIT.usage);
  try {
    return { current: refusedAsFailure(() => verifyRosterChain(p, chain, { instanceId, now: now.getTime() })).current, instanceId };
  } catch (error) {
    if (error instanceof ShapeError) throw new CliFailure(explainRosterRefusal('malformed'));
    throw error;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Severity } from '@jardam/protocol';
import { postUntilConfirmed } from '../e2e/support/alerts.js';
import { signIn, type DeskClient } from '../support/desk-client.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { checkFacts, type Witness } from './check-facts.js';
import { checkProviders } from './check-providers.js';
import type { Draw } from './draw.js';
import { readFacts, type Facts } from './facts.js';
import { FAULTS, SLOW_FAULTS, type Fault } from './faults.js';
import { readLimits } from './limit-log.js';
import { Stage, type Instance } from './stage.js';
import { Violation } from './violation.js';

export interface RoundsOptions {
  readonly rounds: number;
  /** Faults that take longer than a minute as well. */
  readonly slow: boolean;
  /** Only faults whose name contains this; '' for all. */
  readonly only: string;
  /** 15: how soon the next tier has to follow an unreachable one, when no fault holds the engine. */
  readonly nextTierMs: number;
  readonly tell: (line: string) => void;
}

/** What the rounds fill in as they go. */
interface Witnessed extends Witness {
  readonly acknowledged: Witness['acknowledged'][number][];
  readonly clockMoved: Set<string>;
  readonly afterUnreachable: { readonly withinMs: number; readonly held: { from: number; to: number }[] };
}

const alertsPerRound = 6;
const faultsPerRound = 3;
/** From the end of the last fault to the end of every ladder: its time, twice when somebody's acknowledgement expires, and slack for a busy machine. */
const climbPatienceMs = 60_000;
/** After a fault that held an engine: to connect again, and to make up for what came due meanwhile. */
const recoveryMs = 5_000;
/** The ladder stands still for a minute after the clock went back. */
const frozenPatienceMs = 100_000;
/** A breaker rests for 15 s, a retry waits for up to 30 s. */
const sendPatienceMs = 75_000;
const severities: readonly Severity[] = ['S1', 'S1', 'S1', 'S2', 'S3'];

/**
 * Rounds of alerts, acknowledgements and faults against real processes; after each, the tables are compared with what
 * the mail servers took and with what the people saw. Which faults strike, in which order and for how long is drawn
 * from one seed; the machine's own timing is not, so a repeated run meets the same faults and not the same microseconds.
 *
 * @returns the names of the faults that struck
 * @throws with every rule that does not hold any more
 */
export async function runRounds(draw: Draw, { rounds, slow, only, nextTierMs, tell }: RoundsOptions): Promise<string[]> {
  const stage = await Stage.open();
  const struck: string[] = [];
  const witness: Witnessed = { acknowledged: [], clockMoved: new Set(), afterUnreachable: { withinMs: nextTierMs, held: [] } };
  const possible = [...FAULTS, ...(slow ? SLOW_FAULTS : [])].filter(({ name }) => name.includes(only));
  let deck: Fault[] = [];
  try {
    for (let round = 1; round <= rounds; round++) {
      if (deck.length < faultsPerRound) deck = [...deck, ...draw.shuffled(possible)];
      const faults = deck.splice(0, faultsPerRound);
      tell(`round ${round}: ${faults.map(({ name }) => name).join('; ')}`);
      struck.push(...faults.map(({ name }) => name));
      tell(`  ${await oneRound(stage, draw, faults, witness)}`);
    }
    return struck;
  } finally {
    await stage.close();
  }
}

/** @returns what Telegram and the webhooks' receivers have had to do until now, for whoever reads along */
async function oneRound(stage: Stage, draw: Draw, faults: readonly Fault[], witness: Witnessed): Promise<string> {
  const alerts = Array.from({ length: alertsPerRound }, () => sealAlert(stage.coalition, { severity: draw.pick(severities), t: 'panic' }));
  if (faults.some(({ name }) => name.includes('clock'))) for (const { alertIdHex } of alerts) witness.clockMoved.add(alertIdHex);
  const urls = stage.instances.map(({ process: { url } }) => url);
  const desk = await signedIn(urls, stage, 'osh');
  const answering = alerts.filter(() => draw.oneIn(2));
  const work = alerts.map(async (alert) => {
    await sleep(draw.below(2_500));
    await postUntilConfirmed(draw.pick(urls), alert, climbPatienceMs);
    if (answering.includes(alert)) await acknowledge(desk, alert, draw, witness);
  });
  for (const fault of faults) {
    const from = stage.databaseNow();
    await fault.strike(stage, draw);
    if (fault.sparesEngine !== true) witness.afterUnreachable.held.push({ from, to: stage.databaseNow() + recoveryMs });
    await sleep(draw.below(800));
  }
  await stage.heal();
  await Promise.all(work);
  const back = faults.some((fault) => SLOW_FAULTS.includes(fault));
  await allAnswer(stage.instances);
  await wholeLadder(stage, alerts, back ? frozenPatienceMs : climbPatienceMs);
  await closeAll(urls, stage, alerts);
  const facts = await allSent(stage);
  const limits = await stage.asOwner(readLimits);
  const requests = stage.providers.log();
  const taken = checkProviders(facts, requests, { limits, lifted: stage.limitsLifted });
  const found = checkFacts(stage.coalition.p, facts, [...stage.mailLog(), ...taken], witness);
  if (found.length > 0) throw new Error(found.map(({ message }) => message).join('\n'));
  return `Telegram, webhooks and push service so far: ${requests.length} requests, ${taken.length} taken, ${requests.filter(({ notBeforeMs }) => notBeforeMs !== null).length} told to wait`;
}

async function signedIn(urls: readonly string[], stage: Stage, name: 'osh' | 'lawyer'): Promise<readonly DeskClient[]> {
  return Promise.all(urls.map((url) => retried(() => signIn(url, stage.coalition, stage.coalition.people[name]))));
}

/** One person takes the alert, through whichever instance answers. What they are told is remembered for the checks. */
async function acknowledge(desk: readonly DeskClient[], alert: SealedAlert, draw: Draw, witness: Pick<Witnessed, 'acknowledged'>): Promise<void> {
  await sleep(draw.below(1_500));
  for (let tries = 0; tries < 6; tries++) {
    const answer = await draw.pick(desk).act(alert, 'ack').catch(() => null);
    if (answer?.status === 200) {
      const { gen, meaning } = answer.json<{ gen: number; meaning?: string }>();
      if (meaning === 'owner') witness.acknowledged.push({ alertId: alert.alertIdHex, gen, at: Date.now() });
      return;
    }
    if (answer !== null && answer.status < 500 && answer.status !== 404) return; // somebody was faster, or our first try had arrived
    await sleep(400);
  }
}

/** After the faults every instance is itself again; one that is not would be missed when the other dies. */
async function allAnswer(instances: readonly Instance[]): Promise<void> {
  for (const { name, process: service } of instances) {
    let last = '';
    const ready = await within(climbPatienceMs, async () => {
      try {
        const answer = await fetch(`${service.url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
        last = `${answer.status} ${await answer.text()}`;
        return answer.ok;
      } catch (error) {
        last = String((error as Error).cause ?? error);
        return false;
      }
    });
    if (ready) continue;
    const state = service.exited() ?? 'it runs';
    throw new Violation(10, `the ${name} instance is not ready ${climbPatienceMs} ms after the last fault: ${state}; last answer: ${last}; its log ends with\n${service.log.join('').slice(-6_000)}`);
  }
}

/** 10: nobody closes them, so every alert comes to the end of its ladder, whatever happened on the way. */
async function wholeLadder(stage: Stage, alerts: readonly SealedAlert[], patienceMs: number): Promise<void> {
  const ids = alerts.map(({ alertId }) => Buffer.from(alertId));
  let late: string[] = [];
  const done = await within(patienceMs, async () => {
    const { rows } = await stage.asOwner((owner) =>
      owner.query<{ id: string; tier: number; state: string; overdue: number }>(
        `SELECT encode(alert_id, 'hex') AS id, tier, state, extract(epoch FROM now() - due_at)::float8 AS overdue FROM alert_timer WHERE alert_id = ANY ($1) AND loop = 0`,
        [ids],
      ),
    );
    late = rows.map(({ id, tier, state, overdue }) => `alert ${id.slice(0, 8)}: ${state} in tier ${tier}, ${overdue.toFixed(1)} s overdue`);
    return rows.length === 0;
  });
  if (!done) throw new Violation(10, `${patienceMs} ms after the last fault: ${late.join('; ')}`);
}

/** Two people sign the same outcome, as a critical alert needs. */
async function closeAll(urls: readonly string[], stage: Stage, alerts: readonly SealedAlert[]): Promise<void> {
  for (const name of ['osh', 'lawyer'] as const) {
    const [person] = await signedIn(urls.slice(0, 1), stage, name);
    for (const alert of alerts) {
      await retried(async () => {
        const answer = await person?.act(alert, 'close', { detail: { outcome: 'resolved' } });
        if (answer === undefined || answer.status >= 500) throw new Error(`closing was answered with ${answer?.status ?? 'nothing'}`);
      });
    }
  }
}

/** 2 and the outbox: nothing is left to be sent, or on its way without a sender. */
async function allSent(stage: Stage): Promise<Facts> {
  let facts: Facts | undefined;
  const open = (): string[] =>
    (facts?.alerts ?? []).flatMap(({ id, timer, deliveries }) => [
      ...(timer.dueAt === null ? [] : [`alert ${id.slice(0, 8)} is ${timer.state}`]),
      ...deliveries.filter(({ state }) => state === 'pending' || state === 'sending' || state === 'failed').map(({ purpose, state, attempt }) => `"${purpose}" is ${state} at attempt ${attempt}`),
    ]);
  const done = await within(sendPatienceMs, async () => {
    facts = await stage.asOwner(readFacts);
    return open().length === 0;
  });
  if (!done || !facts) throw new Violation(2, `${sendPatienceMs} ms after closing: ${open().join('; ')}`);
  return facts;
}

async function within(patienceMs: number, ask: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() > deadline) return false;
    await sleep(250);
  }
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(500);
    }
  }
}

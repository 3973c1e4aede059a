import { verifyEventChain, type Primitives } from '@jardam/protocol';
import { ladderOf, loopMs, waitMs, type Ladder } from '../../src/domain/policy.js';
import type { AlertFacts, DeliveryFacts, Facts } from './facts.js';
import { timeWhenLate } from './core/core-checks.js';
import { replay } from './replay.js';
import { must, Violation } from './violation.js';

/** One message in the log of a provider that took it. */
export interface ProviderRecord {
  readonly deliveryId: string;
  /** True time, milliseconds since 1970. */
  readonly at: number;
}

/** What the test itself saw, and no table knows. */
export interface Witness {
  /** Acknowledgements that were answered with "you have it": the alert, its generation then, and the true time of the answer. */
  readonly acknowledged: readonly { readonly alertId: string; readonly gen: number; readonly at: number }[];
  /** The clock of the database was moved while these alerts lived: distances in time mean nothing for them. */
  readonly clockMoved: ReadonlySet<string>;
  /** How soon the next tier has to follow an unreachable one; null where the test itself is the clock. */
  readonly afterUnreachable: {
    readonly withinMs: number;
    /** Spans in which a fault held engines or database, by the database's clock. */
    readonly held: readonly { readonly from: number; readonly to: number }[];
  } | null;
}

/** Rounding of milliseconds in SQL and in JavaScript. */
export const roundingMs = 2;
const ofLadder = new Set(['notify', 'task', 'unanswered']);
const closedStates = new Set(['resolved', 'stood_down', 'false_alarm']);
/** Reasons for which a tier is passed over when it is entered. */
const NOBODY = new Set<unknown>(['nobody_reachable', 'nobody_on_duty']);
const waiting = new Set(['pending', 'failed']);

/**
 * Everything that docs/soundness.md lists, as far as tables and providers' logs can show it, after the faults are over.
 *
 * @returns what does not hold; empty is good
 */
export function checkFacts(p: Primitives, facts: Facts, providers: readonly ProviderRecord[], witness: Witness): Violation[] {
  const found: Violation[] = [];
  const noting = (alert: string, check: () => void): void => {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      found.push(new Violation(error.invariant, `alert ${alert.slice(0, 8)}: ${error.what}`));
    }
  };
  const sent = new Map<string, number[]>();
  for (const { deliveryId, at } of providers) sent.set(deliveryId, [...(sent.get(deliveryId) ?? []), at]);
  for (const alert of facts.alerts) {
    const ladder = ladderOf(alert.policy, alert.severity, alert.tiers);
    const checks = [
      () => checkTimer(alert),
      () => checkEntries(alert, ladder),
      () => checkPace(alert, ladder, witness.clockMoved.has(alert.id)),
      () => checkUnreachable(alert, witness),
      () => checkOwnership(alert, ladder),
      () => checkAcknowledged(alert, witness),
      () => checkLedger(p, alert),
      () => checkReplay(alert, ladder, facts.orgs),
      ...alert.deliveries.map((delivery) => () => checkDelivery(alert, delivery, sent.get(delivery.id) ?? [])),
      () => checkKeys(alert),
    ];
    for (const check of checks) noting(alert.id, check);
  }
  const known = new Set(facts.alerts.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)));
  for (const id of sent.keys()) noting('00000000', () => must(7, known.has(id), () => `a provider took the message ${id}, which no table knows`));
  return found;
}

function checkTimer({ timer, deliveries }: AlertFacts): void {
  const closed = closedStates.has(timer.state);
  must(1, closed || timer.dueAt !== null, () => `it is ${timer.state} and has no due time`);
  must(2, !closed || timer.dueAt === null, () => `it is ${timer.state} and has a due time`);
  const left = closed ? deliveries.filter(({ state, purpose }) => waiting.has(state) && purpose !== 'closed' && purpose !== 'stand_down') : [];
  must(2, left.length === 0, () => `it is ${timer.state}, and ${left.length} messages wait: ${left.map(({ purpose, gen }) => `${purpose} ${gen}`).join(', ')}`);
}

function checkEntries({ entries, events, timer, severity }: AlertFacts, ladder: Ladder): void {
  const entered = entries.filter(({ outcome }) => outcome !== 'not_consented');
  const gens = [...entered.map(({ gen }) => gen), ...events.filter(({ type }) => type === 'LOOP').map(({ detail }) => Number(detail.gen))].sort((a, b) => a - b);
  must(4, gens.every((gen, at) => gen === at + (gens[0] ?? 1)) && (gens.at(-1) ?? timer.gen) === timer.gen, () => `its generations are ${gens.join(', ')}, the timer says ${timer.gen}`);
  if (severity === 1) must(16, entered.some(({ gen }) => gen === 1), () => 'a critical alert entered no tier when it came in');
  const tiers = ladder.steps.map(({ tier }) => tier);
  let before = 0;
  let expired = false;
  for (const { type, tier, detail } of events) {
    if (type === 'ACK_EXPIRED') expired = true;
    if (type === 'LOOP') before = 0;
    if (type !== 'ENTER' && !(type === 'UNREACHABLE' && NOBODY.has(detail.reason))) continue;
    const next = tiers.find((each) => each > before);
    must(3, tier === next || (expired && tier === before), () => `after tier ${before} it entered ${tier}; the ladder says ${next}`);
    before = tier ?? 0;
    expired = false;
  }
}

/**
 * 9: every tier has its time, unless nobody of it was reached, everybody declined, or somebody wished otherwise. A
 * critical alert makes up for what it is later than promised.
 */
function checkPace({ events, severity }: AlertFacts, ladder: Ladder, clockMoved: boolean): void {
  if (clockMoved) return;
  let last: { readonly tier: number | null; readonly at: number; readonly lateMs: number; readonly wait: number } | null = null;
  let early = false;
  for (const { type, tier, at, detail } of events) {
    const enters = type === 'ENTER' || (type === 'UNREACHABLE' && NOBODY.has(detail.reason));
    if (!enters && type !== 'LOOP') {
      if (['UNREACHABLE', 'ACK_EXPIRED', 'ESCALATE', 'DECLINE', 'UNDECRYPTABLE'].includes(type)) early = true;
      continue;
    }
    if (last !== null && last.tier !== null && !early) {
      const { tier: from, at: since } = last;
      const time = timeWhenLate(last.wait, last.lateMs);
      must(9, at - since >= time - roundingMs, () => `tier ${from} had ${at - since} ms of its ${time} ms`);
    }
    const promised: number = last === null ? at : last.at - last.lateMs + last.wait;
    const lateMs = severity === 1 ? Math.max(0, at - promised) : 0;
    last = { tier: type === 'LOOP' ? null : tier, at, lateMs, wait: type === 'LOOP' ? loopMs(ladder) : waitMs(ladder, tier ?? 0) };
    early = type === 'UNREACHABLE';
  }
}

/** 15: a tier of which nobody can be told does not have its time; what a fault held up meanwhile is not counted. */
function checkUnreachable({ id, events }: AlertFacts, { clockMoved, afterUnreachable }: Witness): void {
  if (afterUnreachable === null || clockMoved.has(id)) return;
  const { withinMs, held } = afterUnreachable;
  let since: number | null = null;
  for (const { type, tier, at, detail } of events) {
    const unreachable = type === 'UNREACHABLE' && (NOBODY.has(detail.reason) || detail.reason === 'all_refused');
    const climbs = type === 'ENTER' || type === 'LOOP' || (type === 'UNREACHABLE' && NOBODY.has(detail.reason));
    if (climbs && since !== null && !held.some(({ from, to }) => from <= at && to >= (since ?? at))) {
      const late = at - since;
      must(15, late <= withinMs, () => `a tier was unreachable, and ${tier === null ? 'the end of the round' : `tier ${tier}`} came ${late} ms later`);
    }
    // Somebody who answers, or a wish, stops the ladder or gives it another time.
    if (unreachable) since = at;
    else if (type !== 'NOTIFY' && type !== 'UNREACHABLE') since = null;
  }
}

/** 12, 14: while somebody has the alert no tier is entered, and their acknowledgement ends once. */
function checkOwnership({ events }: AlertFacts, ladder: Ladder): void {
  let owned = false;
  for (const { type, tier } of events) {
    if (type === 'ACK' && ladder.steps.find((step) => step.tier === tier)?.satisfiedBy === 'any') owned = true;
    if (type === 'ACK_EXPIRED') must(14, owned, () => 'an acknowledgement expired that nobody had given, or for the second time');
    if (type === 'ACK_EXPIRED' || type === 'ESCALATE') owned = false;
    if (type === 'ENTER' || type === 'LOOP') must(12, !owned, () => `tier ${tier} was entered although somebody has the alert`);
  }
}

/** 11: after "you have it" was answered, no attempt begins for what was queued before. */
function checkAcknowledged({ id, deliveries }: AlertFacts, { acknowledged }: Witness): void {
  for (const { alertId, gen, at } of acknowledged) {
    if (alertId !== id) continue;
    for (const delivery of deliveries) {
      if (delivery.gen > gen || !ofLadder.has(delivery.purpose)) continue;
      const late = delivery.attempts.filter(({ startedAt }) => startedAt > at + roundingMs);
      must(11, late.length === 0, () => `attempt ${late[0]?.attempt} for tier ${delivery.tier} began ${(late[0]?.startedAt ?? 0) - at} ms after the acknowledgement was answered`);
    }
  }
}

/** 20: times in the ledger never go back, and the chain is whole. */
function checkLedger(p: Primitives, { events }: AlertFacts): void {
  const times = events.map(({ at }) => at);
  must(20, times.every((at, n) => n === 0 || at >= (times[n - 1] ?? 0)), () => 'the times of its events go back');
  const chain = verifyEventChain(p, events.map(({ body }) => new Uint8Array(body)));
  must(25, !('refused' in chain), () => `its chain of events is broken: ${'refused' in chain ? chain.refused : ''}`);
  for (const { gen } of events.filter(({ type }) => type === 'LOOP').map(({ detail }) => ({ gen: Number(detail.gen) }))) must(26, gen > 0, () => 'a round ended without a generation');
}

/** 25, 13: the events alone say what the tables hold, also who has it: distinct people or organisations. */
function checkReplay({ events, timer, entries, deliveries }: AlertFacts, ladder: Ladder, orgs: ReadonlyMap<string, string>): void {
  const told = (tier: number, since: number): string[] =>
    deliveries.filter((each) => each.tier === tier && each.gen >= since && (each.purpose === 'notify' || each.purpose === 'task')).map(({ org }) => org ?? '');
  const replayed = replay(ladder, events, (rid) => orgs.get(rid) ?? '', told);
  must(13, replayed.owner === timer.owner, () => `by the answers it belongs to ${replayed.owner?.slice(0, 8) ?? 'nobody'}, by the table to ${timer.owner?.slice(0, 8) ?? 'nobody'}`);
  for (const field of ['state', 'tier', 'loop', 'gen', 'roundGen'] as const) must(25, replayed[field] === timer[field], () => `the events say ${field} ${replayed[field]}, the table ${timer[field]}`);
  for (const { gen, tier, outcome } of entries) {
    if (outcome === 'not_consented') continue;
    const by = replayed.entries.get(gen);
    must(25, by?.tier === tier && by.outcome === outcome, () => `the events say of generation ${gen} "${by?.tier} ${by?.outcome}", the table "${tier} ${outcome}"`);
  }
  for (const { type, detail } of events) {
    if (type !== 'LOOP') continue;
    const desk = deliveries.filter((each) => each.purpose === 'unanswered' && each.gen === detail.gen && each.recipient === 'duty_desk').length;
    must(26, desk > 0, () => `round ${Number(detail.loop)} ended and the duty desk was not told`);
  }
}

function checkDelivery(alert: AlertFacts, delivery: DeliveryFacts, sentAt: readonly number[]): void {
  const { attempts, state, purpose, gen, tier } = delivery;
  const name = `the message "${purpose}" of generation ${gen}, tier ${tier},`;
  const accepted = attempts.filter(({ outcome }) => outcome === 'accepted').length;
  const unclear = attempts.filter(({ outcome }) => outcome === 'ambiguous' || outcome === null).length;
  const early = (attempts[0]?.startedAt ?? Infinity) - Math.min(...sentAt);
  must(7, sentAt.length === 0 || early <= roundingMs, () => `${name} was taken ${early} ms before any attempt is on record`);
  must(7, sentAt.length <= attempts.length, () => `${name} was taken ${sentAt.length} times, ${attempts.length} attempts are on record`);
  must(6, accepted <= 1, () => `${name} has ${accepted} clear acceptances`);
  must(6, sentAt.length <= accepted + unclear, () => `${name} was taken ${sentAt.length} times, with ${accepted} clear and ${unclear} unclear attempts`);
  must(8, attempts.every(({ attempt }, at) => attempt === at + 1) && delivery.attempt === attempts.length, () => `${name} is at attempt ${delivery.attempt}, on record are ${attempts.map(({ attempt }) => attempt).join(', ')}`);
  const last = attempts.at(-1)?.outcome;
  must(8, accepted === 0 || last === 'accepted', () => `${name} was accepted in an attempt that was not the last: an old one changed it`);
  must(8, state !== 'sent' || last === 'accepted', () => `${name} is "sent" after an attempt that ended "${last}"`);
  must(6, accepted === 0 || sentAt.length > 0, () => `${name} counts as accepted, and no provider has it`);
  must(23, delivery.recipient !== null, () => `${name} goes to a contact of another coalition`);
  if (purpose === 'notify') must(17, alert.policy.tiers.some((each) => each.tier === tier) && alert.tiers.includes(tier), () => `${name} is for a tier that its own policy or sender does not have`);
}

function checkKeys({ deliveries }: AlertFacts): void {
  const keys = deliveries.map(({ gen, contactId, purpose, nth }) => `${gen} ${contactId} ${purpose} ${nth}`);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  must(5, twice === undefined, () => `the message "${twice}" is there twice`);
}

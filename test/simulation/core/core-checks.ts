import type { AlertTimer, Change } from '../../../src/domain/alert.js';
import { isWanted } from '../../../src/domain/delivery-outcome.js';
import { isClosed } from '../../../src/domain/life-cycle.js';
import { ackLifetimeMs, loopMs, snoozeMostMs, waitMs, type Ladder } from '../../../src/domain/policy.js';
import { replay } from '../replay.js';
import { must } from '../violation.js';
import type { AlertInMemory, Cause } from './alert-in-memory.js';

/** From Friday evening to Monday morning, with room for a change of the clocks. */
const longestShiftGapMs = 66 * 3_600_000;

/** What must be true of an alert at any moment; the numbers are those of docs/soundness.md. */
export function checkState({ timer, messages, entries, now, ladder, life }: AlertInMemory): void {
  const open = !isClosed(timer.state);
  must(1, open === (timer.dueAt !== null) && (timer.dueAt === null) === (timer.dueKind === null), () => `an alert in state ${timer.state} has the due time ${timer.dueAt}`);
  for (const message of messages) {
    const waits = message.state === 'pending' || message.state === 'failed';
    if (!waits) continue;
    if (!open) must(2, message.purpose === 'closed' || message.purpose === 'stand_down', () => `a closed alert still has a message "${message.purpose}" waiting`);
    must(11, isWanted(message.purpose, timer), () => `a message "${message.purpose}" waits to be sent while the alert is ${timer.state}`);
  }
  must(11, (timer.owner !== null) === (timer.ackExpiresAt !== null) || !open, () => `owner and expiry disagree: ${timer.owner}, ${timer.ackExpiresAt}`);
  const gens = new Set<number>();
  for (const { gen, outcome } of entries) {
    if (outcome === 'not_consented') continue;
    must(4, !gens.has(gen), () => `generation ${gen} was entered twice`);
    gens.add(gen);
  }
  // 16: nothing puts off a critical alert: neither working hours nor anything else beyond what its ladder says.
  if (life.severity === 1 && timer.dueAt !== null) {
    const longest = longestPromiseMs(ladder);
    must(16, timer.dueAt - now <= longest, () => `a critical alert is put off by ${(timer.dueAt ?? 0) - now} ms, its ladder knows ${longest} ms`);
    must(16, entries.some(({ outcome }) => outcome !== 'not_consented'), () => 'a critical alert entered no tier when it came in');
  }
}

/** One message for each key, and nobody is told who must not be. */
export function checkQueue({ messages, ladder, life }: AlertInMemory): void {
  const keys = new Set<string>();
  for (const { gen, contact, purpose, nth, tier } of messages) {
    const key = `${gen} ${contact.contactId} ${purpose} ${nth}`;
    must(5, !keys.has(key), () => `the message "${key}" was queued twice`);
    keys.add(key);
    if (purpose !== 'notify' && purpose !== 'task') continue;
    must(23, contact.org === null || !life.excludedOrgs.includes(contact.org), () => `somebody of the organisation ${contact.org} was told, which the sender had left out`);
    must(3, ladder.steps.some((step) => step.tier === tier), () => `a message of tier ${tier} was queued, which is not in this alert's ladder`);
  }
}

/** What one decision may do, given what was before it. */
export function checkChange({ ladder, now, life, answers, entries: earlier }: AlertInMemory, before: AlertTimer, change: Change, cause: Cause): void {
  const { timer, entries, events } = change;
  const expired = events.some(({ type }) => type === 'ACK_EXPIRED');
  const looped = events.some(({ type }) => type === 'LOOP');
  const escalated = events.some(({ type }) => type === 'ESCALATE');
  must(21, entries.length <= 1, () => `${entries.length} tiers were entered at once`);
  must(4, timer.gen === before.gen + (entries.length > 0 || looped ? 1 : 0), () => `the generation went from ${before.gen} to ${timer.gen} with ${entries.length} entries`);
  if (cause === 'ring') {
    must(9, before.dueAt !== null && before.dueAt <= now, () => `a timer rang ${(before.dueAt ?? 0) - now} ms before its time`);
    must(10, movedOn(before, change), () => `a timer rang (${before.dueKind}) and the alert is where it was`);
  }
  const current = earlier.find(({ gen, tier }) => gen === timer.gen && tier === timer.tier);
  if (timer.state === 'notifying' && entries.length === 0 && current) {
    const over = current.at + timeWhenLate(waitMs(ladder, current.tier), current.lateMs);
    must(10, (timer.dueAt ?? Infinity) <= Math.max(now, over), () => `tier ${timer.tier} is over in ${over - now} ms, and the timer rings in ${(timer.dueAt ?? 0) - now} ms`);
  }
  for (const entry of entries) {
    const last = earlier.find(({ gen, tier }) => gen === before.gen && tier === before.tier);
    if (cause === 'ring' && !expired && last) {
      const promised = last.at - last.lateMs + waitMs(ladder, last.tier);
      const late = life.severity === 1 ? Math.max(0, now - promised) : 0;
      must(10, entry.lateMs === late, () => `tier ${entry.tier} is entered ${late} ms later than promised, and ${entry.lateMs} ms are to be made up for`);
    }
    const time = timeWhenLate(waitMs(ladder, entry.tier), entry.lateMs);
    const unreached = entry.outcome === 'not_reached';
    must(9, unreached || timer.dueKind !== 'escalate' || (timer.dueAt ?? 0) - now === time, () => `tier ${entry.tier} has ${(timer.dueAt ?? 0) - now} ms of its ${time} ms`);
    must(4, entry.gen === timer.gen, () => `the entry of generation ${entry.gen} belongs to ${timer.gen}`);
    // Only an expired acknowledgement may go to the same tier again.
    const next = ladder.steps.find(({ tier }) => tier > before.tier)?.tier;
    must(3, entry.tier === next || (expired && entry.tier === before.tier), () => `after tier ${before.tier} came ${entry.tier}, the ladder says ${next}`);
    if (before.owner !== null) must(11, (cause === 'ring' && before.dueKind === 'ack_expiry') || escalated, () => `tier ${entry.tier} was entered while somebody has the alert`);
    if (entry.reason === 'nobody_reachable') must(15, timer.dueAt === now && timer.dueKind === 'escalate', () => `nobody of tier ${entry.tier} can be reached, and the next waits for ${(timer.dueAt ?? 0) - now} ms`);
  }
  if (change.entryUpdate?.reason === 'all_refused') must(15, timer.dueAt === now, () => `all messages of tier ${before.tier} are dead, and the next tier waits`);
  const got = before.owner === null && timer.owner !== null;
  if (got) {
    const tier = answers.at(-1)?.tier ?? 0;
    const acks = answers.filter((each) => each.decision === 'ack' && each.gen >= before.roundGen && each.tier === tier);
    const rule = ladder.steps.find((step) => step.tier === tier)?.satisfiedBy ?? 'any';
    const needed = typeof rule === 'object' ? rule.quorum : 1;
    const people = new Set(acks.map(({ rid }) => rid)).size;
    must(13, people >= needed, () => `${people} people stopped the ladder, tier ${tier} needs ${needed}`);
    must(12, entries.length === 0, () => 'one decision gave the alert to somebody and entered a tier as well');
    must(11, change.cancel.kind === 'ladder', () => 'somebody has the alert, and what was queued is not withdrawn');
  }
  if (expired) {
    must(14, before.owner !== null && timer.owner === null && timer.roundGen === before.gen + 1, () => `an acknowledgement expired: owner ${before.owner} → ${timer.owner}, round ${timer.roundGen}`);
    must(14, before.dueKind === 'ack_expiry' && (before.ackExpiresAt ?? now + 1) <= now, () => `an acknowledgement expired ${(before.ackExpiresAt ?? 0) - now} ms early`);
    must(14, entries.length === 1 || looped, () => 'an acknowledgement expired and nobody was told');
  }
  if (looped) {
    const desk = change.deliveries.filter(({ purpose, contact }) => purpose === 'unanswered' && contact.rid === null).length;
    must(26, desk === life.dutyDesk.length, () => `a round ended, and ${desk} of ${life.dutyDesk.length} duty desks were told`);
    must(26, timer.dueAt !== null && timer.dueAt > now, () => 'a round ended, and the next begins without a pause');
  }
  if (timer.state === 'paused') must(24, timer.dueKind === 'resume' && (timer.dueAt ?? Infinity) <= Math.max(now, before.dueAt ?? now) + ladder.policy.standDownPauseMs, () => 'a pause does not end by itself');
  const furthest = now + longestPromiseMs(ladder) + (life.severity === 4 ? longestShiftGapMs : 0);
  must(1, timer.dueAt === null || timer.dueAt <= Math.max(furthest, before.dueAt ?? 0), () => `the alert sleeps for ${(timer.dueAt ?? 0) - now} ms`);
}

/** A critical alert makes up for lost time, but leaves every tier a minute (docs/escalation.md, "After downtime"). */
export function timeWhenLate(wait: number, lateMs: number): number {
  return Math.max(Math.min(wait, 60_000), wait - lateMs);
}

/** Nothing in this ladder takes longer. */
function longestPromiseMs(ladder: Ladder): number {
  return Math.max(ackLifetimeMs(ladder), snoozeMostMs(ladder) ?? 0, ladder.policy.standDownPauseMs, loopMs(ladder), ...ladder.steps.map(({ tier }) => waitMs(ladder, tier)));
}

/** A ringing timer gets somewhere: another tier or kind, or a later time. Otherwise it would ring for ever. */
function movedOn(before: AlertTimer, { timer }: Change): boolean {
  return timer.gen !== before.gen || timer.dueKind !== before.dueKind || timer.state !== before.state || (timer.dueAt ?? Infinity) > (before.dueAt ?? 0);
}

/** 25: the events alone say what the tables hold. Slower than the others; asked at the end of a history. */
export function checkReplay({ ladder, events, timer, entries, life, toldAt }: AlertInMemory): void {
  const orgs = new Map(life.people.map(({ rid, org }) => [rid, org]));
  const replayed = replay(ladder, events, (rid) => orgs.get(rid) ?? '', (_tier, _since, event) => toldAt.get(event) ?? []);
  for (const field of ['state', 'tier', 'loop', 'gen', 'roundGen', 'owner'] as const) {
    must(25, replayed[field] === timer[field], () => `the events say ${field} ${replayed[field]}, the timer ${timer[field]}`);
  }
  for (const { gen, tier, outcome } of entries) {
    if (outcome === 'not_consented') continue;
    const told = replayed.entries.get(gen);
    must(25, told?.tier === tier && told.outcome === outcome, () => `the events say of generation ${gen} "${told?.tier} ${told?.outcome}", the table "${tier} ${outcome}"`);
  }
}

/** 6: no message has two clear acceptances, and none is tried again after one. */
export function checkSends({ messages }: AlertInMemory): void {
  for (const { accepted, state, purpose, gen } of messages) {
    must(6, accepted <= 1 && (accepted === 0) === (state !== 'sent'), () => `the message "${purpose}" of generation ${gen} is ${state} after ${accepted} clear acceptances`);
  }
}

import { changeOf, type AlertTimer, type Change, type Contact, type Reachable, type TierOutcome, type TierReason } from './alert.js';
import { deliveriesTo, enterTier, firstContacts, messagesTo, type EntryContext } from './enter-tier.js';
import { isClosed } from './life-cycle.js';
import { latenessAt, loopMs, nextStep, overAt, repeatMs, waitsForShift, type Entered, type Ladder } from './policy.js';
import { nextShiftStart } from './work-shift.js';

/** The clock was put forward: to this time (milliseconds since 1970), by this much (milliseconds). */
export interface Leap {
  readonly at: number;
  readonly byMs: number;
}

/** What the tick knows about an alert besides its timer. */
export interface TickContext extends EntryContext {
  /** The entry of the current generation; null before the first tier and at the end of the ladder. */
  readonly entry: ({ readonly outcome: TierOutcome } & Entered) | null;
  /** The messages of that entry: how many were queued, and how many a provider has accepted. */
  readonly messages: { readonly queued: number; readonly accepted: number };
  /** Ways to reach the owner, best first. */
  readonly ownerContacts: readonly Contact[];
  /** The last leap of the clock that is known; null: none. */
  readonly leap: Leap | null;
}

/**
 * What a ringing timer means: at most one tier is entered, nothing is skipped.
 *
 * @param now the database's now in milliseconds; a timer that is not due is a broken invariant and throws
 */
export function decide(ladder: Ladder, timer: AlertTimer, now: number, context: TickContext): Change {
  if (timer.dueAt === null || timer.dueKind === null || isClosed(timer.state)) throw new Error('a closed alert has no timer to ring');
  if (timer.dueAt > now) throw new Error('the timer is not due');
  switch (timer.dueKind) {
    case 'escalate':
      return leaveTier(ladder, timer, now, context);
    case 'handed_over':
      return checkHandedOver(ladder, timer, timer.dueAt, now, context);
    case 'repeat':
      return tellAgain(ladder, timer, now, context);
    case 'reminder':
      return remindOwner(timer, context);
    case 'ack_expiry':
      return expireAcknowledgement(ladder, timer, now, context);
    case 'resume':
      return resume(ladder, timer, now, context);
  }
}

function leaveTier(ladder: Ladder, timer: AlertTimer, now: number, context: TickContext): Change {
  const left = markIfNotReached(timer, context);
  return both(left, climb(ladder, timer, now, context, lateness(ladder, timer, now, context)));
}

/**
 * How late the next tier is; the first of a round is promised for when the timer rings. What the clock was put forward by
 * meanwhile is nobody's delay: otherwise one wrong setting would send every critical alert up its whole ladder, a minute a tier.
 */
function lateness(ladder: Ladder, timer: AlertTimer, now: number, { entry, leap }: Pick<TickContext, 'entry' | 'leap'>): number {
  if (ladder.severity !== 1) return 0;
  const since = entry?.enteredAt ?? timer.dueAt ?? now;
  const late = entry === null ? now - since : latenessAt(ladder, timer.tier, entry, now);
  // Half of the leap apart from it on either side: whatever was written before, and whatever after.
  const leaptMs = leap !== null && since < leap.at - leap.byMs / 2 ? leap.byMs : 0;
  return Math.max(0, late - leaptMs);
}

/** The next tier, or the end of the ladder. Also what a person causes who presses "escalate now". */
export function climb(ladder: Ladder, timer: AlertTimer, now: number, context: EntryContext, lateMs = 0): Change {
  const next = nextStep(ladder, timer.tier);
  return next ? enterTier(ladder, timer, next.tier, now, context, lateMs) : endOfLadder(ladder, timer, now, context);
}

function checkHandedOver(ladder: Ladder, timer: AlertTimer, dueAt: number, now: number, context: TickContext): Change {
  if (context.messages.accepted === 0) return leaveTier(ladder, timer, now, context);
  const entered = context.entry ?? { enteredAt: dueAt - ladder.policy.handedOverMs, lateMs: 0 };
  // After downtime the tier's time may be over as well.
  if (now >= overAt(ladder, timer.tier, entered)) return leaveTier(ladder, timer, now, context);
  return changeOf({ ...timer, ...nextRing(ladder, timer.tier, entered, now) });
}

/** When an entered tier's timer rings next: to tell its people again, or because its time is over. */
function nextRing(ladder: Ladder, tier: number, entered: Entered, now: number): Pick<AlertTimer, 'dueAt' | 'dueKind'> {
  const { enteredAt } = entered;
  const over = overAt(ladder, tier, entered);
  const everyMs = repeatMs(ladder);
  const again = everyMs === null ? over : enteredAt + (Math.floor((now - enteredAt) / everyMs) + 1) * everyMs;
  return again < over ? { dueAt: again, dueKind: 'repeat' } : { dueAt: Math.max(now, over), dueKind: 'escalate' };
}

/**
 * Long waits are not silent: the people of the tier who have duty now, and the duty desk, are told again. Nothing else
 * changes; the tier keeps its time.
 */
function tellAgain(ladder: Ladder, timer: AlertTimer, now: number, context: TickContext): Change {
  const everyMs = repeatMs(ladder);
  const { entry } = context;
  const over = entry === null ? now : overAt(ladder, timer.tier, entry);
  // After downtime the tier's time may be over as well; then the next tier is what is due.
  if (everyMs === null || entry === null || now >= over) return leaveTier(ladder, timer, now, context);
  const nth = Math.floor((now - entry.enteredAt) / everyMs);
  const message = { gen: timer.gen, tier: timer.tier, nth };
  return changeOf(
    { ...timer, ...nextRing(ladder, timer.tier, entry, now) },
    {
      deliveries: [
        ...messagesTo(ladder, timer.tier, context, { ...message, deadline: over }),
        ...deliveriesTo(firstContacts(context.reachable.dutyDesk), { ...message, purpose: 'unanswered', deadline: over }),
      ],
    },
  );
}

/** A tier is never called informed when no provider took a single message for it. */
function markIfNotReached(timer: AlertTimer, { entry, messages }: TickContext): Change {
  const counted = entry !== null && entry.outcome !== 'not_reached' && messages.queued > 0;
  if (!counted || messages.accepted > 0) return changeOf(timer);
  const reason: TierReason = 'not_handed_over';
  return changeOf(timer, {
    entryUpdate: { gen: timer.gen, tier: timer.tier, outcome: 'not_reached', reason },
    events: [{ type: 'UNREACHABLE', tier: timer.tier, detail: { gen: timer.gen, reason } }],
  });
}

/**
 * Nobody answered in a whole round: the duty desk and the operator are told, and after a pause the ladder begins
 * again. The pause comes even when every tier was unreachable, so that an empty roster does not spin.
 */
function endOfLadder(ladder: Ladder, timer: AlertTimer, now: number, context: EntryContext): Change {
  const loop = timer.loop + 1;
  const gen = timer.gen + 1;
  const { max } = ladder.policy.loop;
  const last = ladder.steps.at(-1);
  // After the last permitted round the duty desk is still told again and again, but nobody else.
  const tier = max !== null && loop > max && last ? last.tier : 0;
  const told = firstContacts(context.reachable.dutyDesk);
  return changeOf(
    { ...timer, state: 'notifying', tier, loop, gen, owner: null, ackExpiresAt: null, dueAt: nextRound(ladder, now, context.reachable), dueKind: 'escalate' },
    {
      deliveries: deliveriesTo(told, { purpose: 'unanswered', gen, tier: timer.tier, deadline: null }),
      events: [{ type: 'LOOP', tier: timer.tier, detail: { gen, loop, told: told.length } }],
    },
  );
}

function nextRound(ladder: Ladder, now: number, reachable: Reachable): number {
  const first = nextStep(ladder, 0);
  const at = now + loopMs(ladder);
  return first && waitsForShift(ladder, first) ? nextShiftStart(ladder.policy, at, reachable.duty?.get(first.tier)?.closed()) : at;
}

function remindOwner(timer: AlertTimer, context: TickContext): Change {
  const told = firstContacts(context.ownerContacts);
  return changeOf(
    { ...timer, dueAt: timer.ackExpiresAt, dueKind: 'ack_expiry' },
    { deliveries: deliveriesTo(told, { purpose: 'reminder', gen: timer.gen, tier: timer.tier, deadline: timer.ackExpiresAt, nth: timer.dueAt ?? 0 }) },
  );
}

/** The owner went silent: the alert has no owner any more and goes to the same people again, or to the next. */
function expireAcknowledgement(ladder: Ladder, timer: AlertTimer, now: number, context: TickContext): Change {
  const freed: AlertTimer = { ...timer, state: 'notifying', owner: null, ackExpiresAt: null, roundGen: timer.gen + 1 };
  const everybody: EntryContext = { ...context, acknowledged: new Set() };
  const again = ladder.policy.ack.then === 'same' && timer.tier !== 0;
  const entered = again ? enterTier(ladder, freed, timer.tier, now, everybody) : climb(ladder, freed, now, everybody);
  return { ...entered, events: [{ type: 'ACK_EXPIRED', tier: timer.tier, detail: { gen: timer.gen } }, ...entered.events] };
}

/** The pause is over. The clock ran on meanwhile: what came due during the pause is due now. Why it is over is not
 *  written down: a forced wish and an unanswered one must look the same. */
export function resume(ladder: Ladder, timer: AlertTimer, now: number, context: Pick<TickContext, 'entry'>): Change {
  const ring = context.entry === null ? { dueAt: now, dueKind: 'escalate' as const } : nextRing(ladder, timer.tier, context.entry, now);
  return changeOf(
    { ...timer, state: 'notifying', ...ring },
    { events: [{ type: 'RESUME', tier: timer.tier, detail: { gen: timer.gen } }] },
  );
}

/** Two changes of one decision: the second continues from the first. */
function both(first: Change, second: Change): Change {
  return {
    timer: second.timer,
    entries: [...first.entries, ...second.entries],
    entryUpdate: first.entryUpdate ?? second.entryUpdate,
    deliveries: [...first.deliveries, ...second.deliveries],
    cancel: second.cancel,
    events: [...first.events, ...second.events],
  };
}

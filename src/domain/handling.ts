import { changeOf, type AlertTimer, type Change, type Contact, type Rid } from './alert.js';
import { ownedFrom } from './answers.js';
import { climb } from './decide.js';
import { deliveriesTo, firstContacts, type EntryContext } from './enter-tier.js';
import { isClosed, move } from './life-cycle.js';
import { nextStep, snoozeMostMs, type Ladder } from './policy.js';

export type Handled<Refusal extends string> = { readonly refused: Refusal } | { readonly change: Change };

/**
 * Something was done for the person. When the owner did it, the alert is being handled and the acknowledgement is
 * young again; when somebody else did, it is on record and the clocks run on.
 */
export function recordAction(ladder: Ladder, timer: AlertTimer, action: { readonly rid: Rid; readonly tier: number; readonly code: string }, now: number): Handled<'already-closed'> {
  const events = [{ type: 'ACTION' as const, tier: action.tier, detail: { code: action.code } }];
  if (isClosed(timer.state)) return { refused: 'already-closed' };
  const moved = move(timer.state, 'act');
  if ('refused' in moved || timer.owner !== action.rid) return { change: changeOf(timer, { events }) };
  return { change: changeOf({ ...timer, ...ownedFrom(ladder, moved.to, action.rid, now) }, { events }) };
}

/** The owner says "still mine", without an action. */
export function renew(ladder: Ladder, timer: AlertTimer, rid: Rid, tier: number, now: number): Handled<'already-closed' | 'not-acknowledged' | 'not-owner' | 'not-now'> {
  const moved = move(timer.state, 'renew');
  if ('refused' in moved) return moved;
  if (timer.owner !== rid) return { refused: 'not-owner' };
  return { change: changeOf({ ...timer, ...ownedFrom(ladder, moved.to, rid, now) }, { events: [{ type: 'ACTION', tier, detail: { code: 'renewed' } }] }) };
}

/**
 * The owner puts the alert off: nothing can be done until a certain time. It stays theirs, and they are reminded before
 * it ends. All that was put off since they last did something counts together, so that an alert is never put off and
 * off again; a critical one is not put off at all.
 *
 * @param snoozedMs what was put off before, since the owner's last own act
 */
export function snooze(
  ladder: Ladder,
  timer: AlertTimer,
  by: { readonly rid: Rid; readonly tier: number; readonly forMs: number },
  snoozedMs: number,
  now: number,
): Handled<'already-closed' | 'not-acknowledged' | 'not-owner' | 'not-now' | 'snooze-not-allowed' | 'snooze-too-long'> {
  const moved = move(timer.state, 'snooze');
  if ('refused' in moved) return moved;
  if (timer.owner !== by.rid) return { refused: 'not-owner' };
  const mostMs = snoozeMostMs(ladder);
  if (mostMs === null) return { refused: 'snooze-not-allowed' };
  if (snoozedMs + by.forMs > mostMs) return { refused: 'snooze-too-long' };
  // Never shorter than what the owner has anyway.
  const ends = Math.max(timer.ackExpiresAt ?? 0, now + by.forMs);
  const remindAt = now + Math.floor((ends - now) * ladder.policy.ack.remindAt);
  return {
    change: changeOf(
      { ...timer, state: moved.to, ackExpiresAt: ends, dueAt: remindAt, dueKind: 'reminder' },
      { events: [{ type: 'ACTION', tier: by.tier, detail: { code: 'snoozed', minutes: Math.round(by.forMs / 60_000) } }] },
    ),
  };
}

/**
 * The next tier now, whatever the clock says. `expectedGen` is the generation that the person saw: of two presses, or
 * a press that crosses the tick, only one takes effect.
 */
export function escalateNow(
  ladder: Ladder,
  timer: AlertTimer,
  by: { readonly tier: number; readonly expectedGen: number },
  context: EntryContext,
  now: number,
): Handled<'already-closed' | 'stale-gen' | 'last-tier' | 'not-acknowledged' | 'not-now'> {
  const moved = move(timer.state, 'escalate');
  if ('refused' in moved) return moved;
  if (by.expectedGen !== timer.gen) return { refused: 'stale-gen' };
  if (!nextStep(ladder, timer.tier)) return { refused: 'last-tier' };
  const entered = climb(ladder, { ...timer, state: moved.to }, now, context);
  return { change: { ...entered, events: [{ type: 'ESCALATE', tier: by.tier, detail: { gen: timer.gen } }, ...entered.events] } };
}

/** Whom an alert is handed to: one person, or everybody of an organisation. */
export type HandOverTarget = { readonly rid: Rid } | { readonly org: string };

/** Asks somebody to take over. The owner stays the owner, and the clock goes on, until they accept. */
export function handOver(
  timer: AlertTimer,
  by: { readonly rid: Rid; readonly tier: number },
  target: HandOverTarget,
  contacts: readonly Contact[],
): Handled<'already-closed' | 'not-acknowledged' | 'not-owner' | 'not-now' | 'nobody-reachable'> {
  const moved = move(timer.state, 'hand_over');
  if ('refused' in moved) return moved;
  if (timer.owner !== by.rid) return { refused: 'not-owner' };
  const told = firstContacts(contacts).filter(({ rid }) => rid !== by.rid);
  if (told.length === 0) return { refused: 'nobody-reachable' };
  return {
    change: changeOf(timer, {
      deliveries: deliveriesTo(told, { purpose: 'hand_over', gen: timer.gen, tier: timer.tier, deadline: timer.ackExpiresAt, nth: timer.ackExpiresAt ?? 0 }),
      events: [{ type: 'HAND_OVER', tier: by.tier, detail: { phase: 'asked', ...('rid' in target ? { toRid: target.rid } : { toOrg: target.org }) } }],
    }),
  };
}

/** The one who accepts is the owner from now on, with a fresh clock. */
export function acceptHandOver(
  ladder: Ladder,
  timer: AlertTimer,
  by: { readonly rid: Rid; readonly org: string; readonly tier: number },
  asked: readonly { readonly from: Rid; readonly target: HandOverTarget }[],
  now: number,
): Handled<'already-closed' | 'not-acknowledged' | 'not-asked' | 'not-now'> {
  const moved = move(timer.state, 'hand_over');
  if ('refused' in moved) return moved;
  // Only the present owner's wish counts: whoever owned it before has nothing to give.
  const valid = asked.some(({ from, target }) => from === timer.owner && ('rid' in target ? target.rid === by.rid : target.org === by.org));
  if (!valid) return { refused: 'not-asked' };
  return {
    change: changeOf(
      { ...timer, ...ownedFrom(ladder, moved.to, by.rid, now) },
      { events: [{ type: 'HAND_OVER', tier: by.tier, detail: { phase: 'accepted' } }] },
    ),
  };
}

import { changeOf, type AlertTimer, type Change, type Contact, type Rid } from './alert.js';
import { resume, type TickContext } from './decide.js';
import { deliveriesTo, firstContacts } from './enter-tier.js';
import { isClosed, move, type CloseOutcome } from './life-cycle.js';
import type { Ladder } from './policy.js';

/** A critical alert is closed by this many distinct people who agree on the outcome: one may be under duress. */
export const closersNeeded = { critical: 2, other: 1 } as const;

export interface CloseRequest {
  readonly rid: Rid;
  readonly outcome: CloseOutcome;
}

export type Closed = { readonly refused: 'already-closed' } | { readonly change: Change; readonly closed: boolean };

/**
 * Closes, or records the wish to close until a second person agrees. Everybody who was told of the alert is told of
 * its end; a message that was still queued is withdrawn.
 */
export function close(
  ladder: Ladder,
  timer: AlertTimer,
  by: CloseRequest & { readonly tier: number },
  context: { readonly earlier: readonly CloseRequest[]; readonly told: readonly Contact[] },
): Closed {
  const moved = move(timer.state, by.outcome);
  if ('refused' in moved) return { refused: 'already-closed' };
  const agreeing = new Set([...context.earlier.filter(({ outcome }) => outcome === by.outcome).map(({ rid }) => rid), by.rid]);
  if (agreeing.size < (ladder.severity === 1 ? closersNeeded.critical : closersNeeded.other)) {
    const detail = { code: 'close_requested', outcome: by.outcome };
    return { change: changeOf(timer, { events: [{ type: 'ACTION', tier: by.tier, detail }] }), closed: false };
  }
  const purpose = by.outcome === 'stood_down' ? 'stand_down' : 'closed';
  return {
    closed: true,
    change: changeOf(
      { ...timer, state: moved.to, dueAt: null, dueKind: null, ackExpiresAt: null },
      {
        cancel: { kind: 'all' },
        deliveries: deliveriesTo(firstContacts(context.told), { purpose, gen: timer.gen, tier: timer.tier, deadline: null }),
        events: [{ type: 'CLOSE', tier: by.tier, detail: { outcome: by.outcome } }],
      },
    ),
  };
}

/**
 * The defender asks to stand down. The server cannot tell a free wish from a forced one, so the ladder only pauses,
 * once in the life of an alert and never longer than the policy says; a responder checks.
 * An owned alert is already in somebody's hands: they are told, and their clock runs on.
 *
 * @param context.seq number of the defender's message, so that every request is announced
 */
export function requestStandDown(
  ladder: Ladder,
  timer: AlertTimer,
  context: { readonly told: readonly Contact[]; readonly pausedBefore: boolean; readonly seq: number },
  now: number,
): { readonly refused: 'already-closed' } | { readonly change: Change } {
  if (isClosed(timer.state)) return { refused: 'already-closed' };
  const deliveries = deliveriesTo(firstContacts(context.told), { purpose: 'stand_down', gen: timer.gen, tier: timer.tier, deadline: null, nth: context.seq });
  const asked = { type: 'STAND_DOWN_REQUEST' as const, tier: timer.tier };
  if (timer.state !== 'notifying' || context.pausedBefore) return { change: changeOf(timer, { deliveries, events: [asked] }) };

  const until = now + ladder.policy.standDownPauseMs;
  const paused = { type: 'PAUSE' as const, tier: timer.tier };
  // Messages still queued go out: were the wish forced, withdrawing them would lose the alert for those people.
  // Between two rounds nobody is being told; only the next round is put off.
  const timerThen: AlertTimer =
    timer.tier === 0 ? { ...timer, dueAt: Math.max(timer.dueAt ?? until, until) } : { ...timer, state: 'paused', dueAt: until, dueKind: 'resume' };
  return { change: changeOf(timerThen, { deliveries, events: [asked, paused] }) };
}

/** The defender wrote again: those who have the alert are told, or, while nobody has it, those who were told of the current tier. */
export function announceFollowUp(timer: AlertTimer, context: { readonly told: readonly Contact[]; readonly seq: number }): Change {
  return changeOf(timer, {
    deliveries: deliveriesTo(firstContacts(context.told), { purpose: 'follow_up', gen: timer.gen, tier: timer.tier, deadline: null, nth: context.seq }),
  });
}

/** A responder compared the phrase. Anything but the true one means that the wish was not free: the ladder goes on. */
export function checkStandDown(
  ladder: Ladder,
  timer: AlertTimer,
  by: { readonly tier: number; readonly genuine: boolean },
  context: Pick<TickContext, 'entry'>,
  now: number,
): { readonly refused: 'already-closed' } | { readonly change: Change } {
  if (isClosed(timer.state)) return { refused: 'already-closed' };
  // What was found is not written here: the ledger must look the same for both.
  const checked = { type: 'ACTION' as const, tier: by.tier, detail: { code: 'stand_down_checked' } };
  if (by.genuine || timer.state !== 'paused') return { change: changeOf(timer, { events: [checked] }) };
  const resumed = resume(ladder, timer, now, context);
  return { change: { ...resumed, events: [checked, ...resumed.events] } };
}

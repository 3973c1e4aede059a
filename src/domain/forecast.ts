import type { AlertTimer } from './alert.js';
import { isClosed } from './life-cycle.js';
import { nextStep, waitMs, type Ladder } from './policy.js';

/**
 * When each tier that is still to come will be entered if nobody answers: milliseconds since 1970 by tier.
 * Empty when the ladder is not climbing: the alert is owned or closed, or this round is at its end.
 *
 * @param enteredAt when the tier entered last was entered; null before the first
 */
export function forecast(ladder: Ladder, timer: AlertTimer, enteredAt: number | null): Map<number, number> {
  const times = new Map<number, number>();
  let at = nextEntryAt(ladder, timer, enteredAt);
  if (at === null) return times;
  for (let step = nextStep(ladder, timer.tier); step; step = nextStep(ladder, step.tier)) {
    times.set(step.tier, at);
    at += waitMs(ladder, step.tier);
  }
  return times;
}

function nextEntryAt(ladder: Ladder, timer: AlertTimer, enteredAt: number | null): number | null {
  if (isClosed(timer.state) || timer.dueAt === null) return null;
  switch (timer.dueKind) {
    case 'escalate':
      return timer.dueAt;
    case 'handed_over':
      return timer.dueAt - ladder.policy.handedOverMs + waitMs(ladder, timer.tier);
    case 'repeat':
    case 'resume':
      return enteredAt === null ? timer.dueAt : Math.max(timer.dueAt, enteredAt + waitMs(ladder, timer.tier));
    default:
      return null;
  }
}

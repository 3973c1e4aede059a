import type { AlertTimer } from './alert.js';
import { isClosed } from './life-cycle.js';
import { nextStep, overAt, waitMs, type Entered, type Ladder } from './policy.js';

/**
 * When each tier that is still to come will be entered if nobody answers: milliseconds since 1970 by tier.
 * Empty when the ladder is not climbing: the alert is owned or closed, or this round is at its end.
 *
 * @param entry when the tier entered last was entered, and its own time if it has one; null before the first
 */
export function forecast(ladder: Ladder, timer: AlertTimer, entry: Entered | null): Map<number, number> {
  const times = new Map<number, number>();
  let at = nextEntryAt(ladder, timer, entry);
  if (at === null) return times;
  for (let step = nextStep(ladder, timer.tier); step; step = nextStep(ladder, step.tier)) {
    times.set(step.tier, at);
    at += waitMs(ladder, step.tier);
  }
  return times;
}

function nextEntryAt(ladder: Ladder, timer: AlertTimer, entry: Entered | null): number | null {
  if (isClosed(timer.state) || timer.dueAt === null) return null;
  switch (timer.dueKind) {
    case 'escalate':
      return timer.dueAt;
    case 'handed_over':
      return overAt(ladder, timer.tier, { enteredAt: timer.dueAt - ladder.policy.handedOverMs, waitMs: entry?.waitMs ?? null });
    case 'repeat':
    case 'resume':
      return entry === null ? timer.dueAt : Math.max(timer.dueAt, overAt(ladder, timer.tier, entry));
    default:
      return null;
  }
}

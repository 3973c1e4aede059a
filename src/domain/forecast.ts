import type { AlertTimer } from './alert.js';
import { isClosed } from './life-cycle.js';
import { latenessAt, nextStep, overAt, timeOf, type Entered, type Ladder } from './policy.js';

/**
 * When each tier that is still to come will be entered if nobody answers: milliseconds since 1970 by tier.
 * Empty when the ladder is not climbing: the alert is owned or closed, or this round is at its end.
 *
 * @param entry the tier entered last; null before the first
 */
export function forecast(ladder: Ladder, timer: AlertTimer, entry: Entered | null): Map<number, number> {
  const times = new Map<number, number>();
  let at = nextEntryAt(ladder, timer, entry);
  if (at === null) return times;
  let lateMs = entry === null ? 0 : latenessAt(ladder, timer.tier, entry, at);
  for (let step = nextStep(ladder, timer.tier); step; step = nextStep(ladder, step.tier)) {
    times.set(step.tier, at);
    const enteredAt = at;
    at += timeOf(ladder, step.tier, lateMs);
    lateMs = latenessAt(ladder, step.tier, { enteredAt, lateMs }, at);
  }
  return times;
}

function nextEntryAt(ladder: Ladder, timer: AlertTimer, entry: Entered | null): number | null {
  if (isClosed(timer.state) || timer.dueAt === null) return null;
  switch (timer.dueKind) {
    case 'escalate':
      return timer.dueAt;
    case 'handed_over':
      return overAt(ladder, timer.tier, entry ?? { enteredAt: timer.dueAt - ladder.policy.handedOverMs, lateMs: 0 });
    case 'repeat':
    case 'resume':
      return entry === null ? timer.dueAt : Math.max(timer.dueAt, overAt(ladder, timer.tier, entry));
    default:
      return null;
  }
}

import { dayAfter, instantOf, localTimeAt, weekdayOf } from './local-time.js';
import type { Policy } from './policy.js';
import type { Span } from './rota.js';

const longestSearchDays = 8; // one weekday in a week, plus the day on which we start

/**
 * When the next shift begins: `now` itself while a shift is running.
 *
 * Shifts are local time of the policy's zone; what a change of the clocks does to them is said in local-time.ts.
 *
 * @param now milliseconds since 1970
 * @param closed times in which nobody of the tier works, in order: days off, gaps. A shift that begins in one begins
 *               when it ends, or on the next working day
 */
export function nextShiftStart(policy: Pick<Policy, 'zone' | 'shift'>, now: number, closed: readonly Span[] = []): number {
  let at = nextOfPolicy(policy, now);
  // Ends: every closed time is passed at most once, because each step ends behind it.
  for (const { start, end } of closed) if (at >= start && at < end) at = nextOfPolicy(policy, end);
  return at;
}

function nextOfPolicy({ zone, shift }: Pick<Policy, 'zone' | 'shift'>, now: number): number {
  let day = localTimeAt(zone, now).toPlainDate().toString();
  for (let searched = 0; searched <= longestSearchDays; searched++, day = dayAfter(day)) {
    if (!shift.weekdays.includes(weekdayOf(day))) continue;
    const starts = instantOf(zone, `${day}T${shift.starts}`);
    if (now < starts) return starts;
    if (now < instantOf(zone, `${day}T${shift.ends}`)) return now;
  }
  throw new Error('a policy without any weekday has no shift');
}

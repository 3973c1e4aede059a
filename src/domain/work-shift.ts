import type { Policy } from './policy.js';

const dayMs = 86_400_000;
const longestSearchDays = 8; // one weekday in a week, plus the day on which we start

/**
 * When the next shift begins: `now` itself while a shift is running.
 *
 * Shifts are local time of the policy's zone. A local time that exists twice (clocks go back) is taken at its first
 * occurrence; one that does not exist (clocks go forward) is shifted forward by the gap.
 *
 * @param now milliseconds since 1970
 */
export function nextShiftStart(policy: Pick<Policy, 'zone' | 'shift'>, now: number): number {
  const { zone, shift } = policy;
  const today = localDate(now, zone);
  for (let day = 0; day <= longestSearchDays; day++) {
    // Noon keeps clear of midnight, where a change of the clocks could move the date.
    const date = new Date(Date.UTC(today.year, today.month - 1, today.day, 12) + day * dayMs);
    const weekday = date.getUTCDay() === 0 ? 7 : date.getUTCDay();
    if (!shift.weekdays.includes(weekday)) continue;
    const starts = instantOf(date, shift.starts, zone);
    const ends = instantOf(date, shift.ends, zone);
    if (now < starts) return starts;
    if (now < ends) return now;
  }
  throw new Error('a policy without any weekday has no shift');
}

function instantOf(date: Date, clock: string, zone: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  const asIfUtc = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), hour, minute);
  // The offset before and after any change of the clocks on that day: at most two instants read this on the wall.
  const before = asIfUtc - offsetAt(asIfUtc - dayMs, zone);
  const after = asIfUtc - offsetAt(asIfUtc + dayMs, zone);
  const matches = [before, after].filter((instant) => instant + offsetAt(instant, zone) === asIfUtc);
  return matches.length > 0 ? Math.min(...matches) : before;
}

/** Local time minus UTC in milliseconds. */
function offsetAt(instant: number, zone: string): number {
  const at = localDate(instant, zone);
  const wall = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return wall - Math.floor(instant / 1000) * 1000;
}

function localDate(instant: number, zone: string): Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number> {
  const parts = formatterOf(zone).formatToParts(instant);
  const read = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((part) => part.type === type)?.value);
  return { year: read('year'), month: read('month'), day: read('day'), hour: read('hour'), minute: read('minute'), second: read('second') };
}

/** Made once for each zone: making one takes longer than all the rest of a decision. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(zone, made);
  return made;
}

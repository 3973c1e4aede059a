import { Temporal } from 'temporal-polyfill';

/** How many conversions are remembered: a coalition's hand-overs and opening hours of some months. */
const rememberedMost = 20_000;
const remembered = new Map<string, number>();

/**
 * The instant at which clocks in `zone` show `local`. A time that is shown twice means its first occurrence; one that
 * is never shown is taken forward by the gap (Temporal's "compatible", as calendars in RFC 5545 do it).
 *
 * @param zone IANA name
 * @param local "2026-03-29T02:30"
 * @returns milliseconds since 1970
 */
export function instantOf(zone: string, local: string): number {
  const key = `${zone} ${local}`;
  const known = remembered.get(key);
  if (known !== undefined) return known;
  // A conversion costs 30 µs, and the same few hand-overs are asked for again and again.
  if (remembered.size >= rememberedMost) remembered.clear();
  const instant = Temporal.PlainDateTime.from(local).toZonedDateTime(zone, { disambiguation: 'compatible' }).epochMilliseconds;
  remembered.set(key, instant);
  return instant;
}

/** What clocks in `zone` show at an instant. */
export function localTimeAt(zone: string, instant: number): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).toPlainDateTime();
}

/** Local time minus UTC in milliseconds. */
export function offsetAt(zone: string, instant: number): number {
  return Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1_000_000;
}

/** Local dates of `zone` from the day before `from` to the day after `to`, as "2026-03-29". */
export function localDays(zone: string, from: number, to: number): string[] {
  const days: string[] = [];
  const last = localTimeAt(zone, to).toPlainDate().add({ days: 1 });
  for (let day = localTimeAt(zone, from).toPlainDate().subtract({ days: 1 }); Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) {
    days.push(day.toString());
  }
  return days;
}

/** 1 is Monday, 7 Sunday. @param day "2026-03-29" */
export function weekdayOf(day: string): number {
  return Temporal.PlainDate.from(day).dayOfWeek;
}

/** The date after `day`. */
export function dayAfter(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

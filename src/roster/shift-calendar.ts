import { createHash } from 'node:crypto';
import ICAL from 'ical.js';
import type { Rid } from '../domain/alert.js';
import { dutyThrough } from '../domain/on-duty.js';
import type { Rota, Span, TierMember } from '../domain/rota.js';

/** What a person's calendar shows: shifts that are over for a while, and those that can be planned with. */
export const shownBackMs = 14 * 86_400_000;
export const shownAheadMs = 90 * 86_400_000;

/** All times in which a person has duty in a tier, in order. Hours and days off do not count: for an S1 nobody has them. */
export function shiftsOf(rota: Rota, tier: number, members: readonly TierMember[], rid: Rid, span: Span): Span[] {
  const shifts: Span[] = [];
  for (const segment of dutyThrough({ ...rota, hours: [], quiet: [], holidays: [] }, tier, members, span)) {
    if (!segment.critical.has(rid)) continue;
    const last = shifts.at(-1);
    if (last?.end === segment.span.start) shifts[shifts.length - 1] = { start: last.start, end: segment.span.end };
    else shifts.push(segment.span);
  }
  return shifts;
}

/**
 * A person's shifts as a calendar of RFC 5545. It tells nothing but times: calendars are kept by strangers, and are
 * seen over a shoulder.
 *
 * @param shifts with a number that tells shifts of one person at the same time apart (their tier); it is not shown
 * @param now milliseconds since 1970, for DTSTAMP
 */
export function shiftCalendar(shifts: readonly { readonly tier: number; readonly span: Span }[], rid: Rid, now: number): string {
  const calendar = new ICAL.Component('vcalendar');
  calendar.updatePropertyWithValue('version', '2.0');
  calendar.updatePropertyWithValue('prodid', '-//Calendar//EN');
  for (const { tier, span } of shifts) {
    const event = new ICAL.Component('vevent');
    // The same shift keeps its name from one reading to the next, and the name does not tell whose it is.
    event.updatePropertyWithValue('uid', createHash('sha256').update(`${rid} ${tier} ${span.start}`).digest('hex').slice(0, 32));
    event.updatePropertyWithValue('dtstamp', utc(now));
    event.updatePropertyWithValue('dtstart', utc(span.start));
    event.updatePropertyWithValue('dtend', utc(span.end));
    event.updatePropertyWithValue('summary', 'Duty');
    event.updatePropertyWithValue('class', 'PRIVATE');
    calendar.addSubcomponent(event);
  }
  return `${calendar.toString()}\r\n`;
}

function utc(ms: number): ICAL.Time {
  return ICAL.Time.fromJSDate(new Date(ms), true);
}

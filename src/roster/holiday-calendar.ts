import ICAL from 'ical.js';
import type { NamedHoliday } from './rota-store.js';

/** Events that come again every year are taken this far ahead; import again before that. */
export const holidayYearsAhead = 5;
/** A calendar with more days off than this is not one of days off. */
const mostHolidays = 2_000;
const dayMs = 86_400_000;

export interface HolidayFault {
  /** What the calendar calls the event, or 'calendar' when it cannot be read at all. */
  readonly event: string;
  /** What is allowed there. */
  readonly allowed: string;
  readonly found: string;
}

/**
 * Days off from a calendar file (RFC 5545): whole days, single or coming again. Cancelled events are left out.
 *
 * @param owner whose days off they are, and in which zone their days begin
 * @param now milliseconds since 1970: what came again before this year, or comes after the years ahead, is left out
 * @returns the days off, or everything that is wrong
 */
export function readHolidayCalendar(text: string, owner: { readonly org: string | null; readonly zone: string }, now: number): { readonly holidays: readonly NamedHoliday[] } | { readonly faults: readonly HolidayFault[] } {
  let events: ICAL.Component[];
  try {
    events = new ICAL.Component(ICAL.parse(text) as unknown[]).getAllSubcomponents('vevent');
  } catch {
    return { faults: [{ event: 'calendar', allowed: 'one calendar of RFC 5545, beginning with BEGIN:VCALENDAR', found: 'something else' }] };
  }
  if (events.length === 0) return { faults: [{ event: 'calendar', allowed: 'at least one VEVENT', found: 'none' }] };
  const faults: HolidayFault[] = [];
  const holidays: NamedHoliday[] = [];
  for (const component of events.filter((each) => each.getFirstPropertyValue('status') !== 'CANCELLED')) {
    const fault = faultOf(component);
    if (fault) faults.push(fault);
    else holidays.push(...daysOff(new ICAL.Event(component), owner, now));
  }
  if (holidays.length > mostHolidays) faults.push({ event: 'calendar', allowed: `at most ${mostHolidays} days off`, found: String(holidays.length) });
  return faults.length > 0 ? { faults } : { holidays };
}

function faultOf(component: ICAL.Component): HolidayFault | null {
  const event = textOf(component, 'summary') || textOf(component, 'uid') || 'event without a name';
  if (textOf(component, 'uid') === '') return { event, allowed: 'a UID', found: 'none' };
  const start = component.getFirstPropertyValue('dtstart');
  if (!(start instanceof ICAL.Time) || !start.isDate) {
    return { event, allowed: 'DTSTART of a whole day (VALUE=DATE)', found: start instanceof ICAL.Time ? start.toICALString() : 'none' };
  }
  const days = new ICAL.Event(component).duration.toSeconds() / 86_400;
  return days >= 1 && days <= 366 ? null : { event, allowed: 'an end of 1 to 366 days after the start', found: `${days} days` };
}

function daysOff(event: ICAL.Event, owner: { readonly org: string | null; readonly zone: string }, now: number): NamedHoliday[] {
  const days = event.duration.toSeconds() / 86_400;
  const firstYear = new Date(now).getUTCFullYear();
  const holiday = (start: ICAL.Time): NamedHoliday => {
    const first = Date.UTC(start.year, start.month - 1, start.day);
    return { ...owner, uid: event.uid, title: event.summary || event.uid, firstDay: isoDay(first), dayAfter: isoDay(first + days * dayMs) };
  };
  if (!event.isRecurring()) return [holiday(event.startDate)];
  const found: NamedHoliday[] = [];
  const times = event.iterator();
  for (let next = times.next() as ICAL.Time | null; next && next.year <= firstYear + holidayYearsAhead && found.length <= mostHolidays; next = times.next() as ICAL.Time | null) {
    if (next.year >= firstYear) found.push(holiday(next));
  }
  return found;
}

function textOf(component: ICAL.Component, name: string): string {
  const value = component.getFirstPropertyValue(name);
  return typeof value === 'string' ? value.trim() : '';
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

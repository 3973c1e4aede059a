import { dayAfter, instantOf, localDays, weekdayOf } from './local-time.js';
import type { Rota, Span } from './rota.js';

/**
 * Whether an organisation works at an instant. One without opening hours works day and night; on its holidays, and
 * those of everybody, none does.
 */
export function isOpen(rota: Rota, org: string, at: number): boolean {
  if (holidaysOf(rota, org).some(({ start, end }) => at >= start && at < end)) return false;
  const hours = rota.hours.find((each) => each.org === org);
  return hours === undefined || openingsIn(hours, { start: at, end: at }).some(({ start, end }) => at >= start && at < end);
}

/** Instants within the span at which an organisation may open or close. */
export function openingChanges(rota: Rota, org: string, span: Span): number[] {
  const hours = rota.hours.find((each) => each.org === org);
  const spans = [...holidaysOf(rota, org), ...(hours === undefined ? [] : openingsIn(hours, span))];
  return spans.flatMap(({ start, end }) => [start, end]).filter((at) => at > span.start && at < span.end);
}

function openingsIn({ zone, weekly }: Rota['hours'][number], { start, end }: Span): Span[] {
  return localDays(zone, start, end).flatMap((day) =>
    weekly
      .filter(({ weekdays }) => weekdays.includes(weekdayOf(day)))
      .map(({ opens, closes }) => ({
        start: instantOf(zone, `${day}T${opens}`),
        end: closes === '24:00' ? instantOf(zone, `${dayAfter(day)}T00:00`) : instantOf(zone, `${day}T${closes}`),
      })),
  );
}

function holidaysOf(rota: Rota, org: string): Span[] {
  return rota.holidays
    .filter((holiday) => holiday.org === null || holiday.org === org)
    .map((holiday) => ({ start: instantOf(holiday.zone, `${holiday.firstDay}T00:00`), end: instantOf(holiday.zone, `${holiday.dayAfter}T00:00`) }));
}

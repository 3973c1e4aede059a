import type { Rid } from './alert.js';
import { dayAfter, instantOf, localDays } from './local-time.js';
import type { QuietHours, Rota, Span } from './rota.js';

/** Whether somebody is not to be woken at an instant. */
export function isQuiet(rota: Rota, rid: Rid, at: number): boolean {
  return nightsOf(rota, rid, { start: at, end: at }).some(({ start, end }) => at >= start && at < end);
}

/** Instants within the span at which somebody's quiet hours may begin or end. */
export function quietChanges(rota: Rota, rid: Rid, span: Span): number[] {
  return nightsOf(rota, rid, span)
    .flatMap(({ start, end }) => [start, end])
    .filter((at) => at > span.start && at < span.end);
}

function nightsOf(rota: Rota, rid: Rid, span: Span): Span[] {
  return rota.quiet.filter((each) => each.rid === rid).flatMap((each) => nightsIn(each, span));
}

function nightsIn({ zone, from, to }: QuietHours, { start, end }: Span): Span[] {
  return localDays(zone, start, end).map((day) => ({
    start: instantOf(zone, `${day}T${from}`),
    end: instantOf(zone, `${to > from ? day : dayAfter(day)}T${to}`),
  }));
}

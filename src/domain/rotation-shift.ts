import { Temporal } from 'temporal-polyfill';
import { instantOf, localTimeAt, offsetAt } from './local-time.js';
import type { Rotation, Span } from './rota.js';

/** One turn: whose it is follows from its number, beginning with 0. */
export interface Shift {
  readonly turn: number;
  readonly span: Span;
}

/** No zone has ever put its clocks back by more; Samoa and the Philippines skipped or repeated a whole day. */
const longestChangeHours = 25;
const hourMs = 3_600_000;

/**
 * The shift that is running, or null before the first one and after the rotation's end.
 *
 * A shift is every instant for which its hand-over is the last that has come. So there is one at every instant and
 * never two, whatever the clocks do: an hour that is shown twice belongs to the shift that began in its first
 * occurrence, and a shift whose hand-over lies in a skipped day never comes.
 */
export function shiftAt(rotation: Rotation, at: number): Shift | null {
  if (rotation.until !== null && at >= rotation.until) return null;
  const turn = turnAt(rotation, at);
  if (turn < 0) return null;
  const end = nextHandOver(rotation, turn);
  return { turn, span: { start: startOf(rotation, turn), end: rotation.until === null ? end : Math.min(end, rotation.until) } };
}

/** Shifts that touch the span, in order, without gap and overlap from the first hand-over to the rotation's end. */
export function shiftsIn(rotation: Rotation, { start, end }: Span): Shift[] {
  const shifts: Shift[] = [];
  const begin = Math.max(start, instantOf(rotation.zone, rotation.firstHandOver));
  for (let shift = shiftAt(rotation, begin); shift !== null && shift.span.start < end; shift = shiftAt(rotation, shift.span.end)) shifts.push(shift);
  return shifts;
}

/** The people of a turn. */
export function peopleOf(rotation: Rotation, turn: number): Rotation['turns'][number] {
  return rotation.turns[turn % rotation.turns.length] ?? [];
}

/** The last turn whose hand-over has come; −1 before the first. */
function turnAt(rotation: Rotation, at: number): number {
  const shown = localTimeAt(rotation.zone, at).add({ hours: longestChangeHours });
  let turn = turnsUpTo(rotation, shown);
  while (turn >= 0 && startOf(rotation, turn) > at) turn--;
  return turn;
}

/** The hand-over that ends a turn. It is not always the next: those of a skipped hour or day come late, and one wins. */
function nextHandOver(rotation: Rotation, turn: number): number {
  let earliest = startOf(rotation, turn + 1);
  const { zone } = rotation;
  // Only where clocks went forward just before can a later hand-over come sooner; elsewhere there is nothing to look for.
  if (offsetAt(zone, earliest) === offsetAt(zone, earliest - longestChangeHours * hourMs)) return earliest;
  const horizon = localStart(rotation, turn + 1).add({ hours: longestChangeHours });
  for (let later = turn + 2; Temporal.PlainDateTime.compare(localStart(rotation, later), horizon) <= 0; later++) {
    earliest = Math.min(earliest, startOf(rotation, later));
  }
  return earliest;
}

/** How many whole turns lie between the first hand-over and a local time, as a turn number that is never too small. */
function turnsUpTo({ firstHandOver, every }: Rotation, local: Temporal.PlainDateTime): number {
  const first = Temporal.PlainDateTime.from(firstHandOver);
  if (Temporal.PlainDateTime.compare(local, first) < 0) return -1;
  const passed = first.until(local, { largestUnit: every.unit });
  // Months are counted one too many, because the 31st becomes the 30th and then comes sooner than a month is full.
  const whole = passed[every.unit] + (every.unit === 'months' ? 1 : 0);
  return Math.floor(whole / every.count);
}

function localStart({ firstHandOver, every }: Rotation, turn: number): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from(firstHandOver).add({ [every.unit]: every.count * turn });
}

function startOf(rotation: Rotation, turn: number): number {
  return instantOf(rotation.zone, localStart(rotation, turn).toString());
}

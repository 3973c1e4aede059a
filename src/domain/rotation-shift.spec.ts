import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf } from './local-time.js';
import { SHIFT_UNITS, type Rotation } from './rota.js';
import { shiftAt, shiftsIn } from './rotation-shift.js';

const hour = 3_600_000;
const day = 24 * hour;

const rotation = (zone: string, firstHandOver: string, count: number, unit: Rotation['every']['unit'], turns = 3): Rotation => ({
  rotationId: 'r',
  tier: 1,
  zone,
  firstHandOver,
  every: { count, unit },
  turns: Array.from({ length: turns }, (_, at) => [`person-${at}`]),
  until: null,
});
const handOvers = (of: Rotation, from: string, days: number): string[] =>
  shiftsIn(of, { start: Date.parse(from), end: Date.parse(from) + days * day }).map(({ span }) => new Date(span.start).toISOString().slice(0, 16));

/** Zones that change their clocks, that have odd offsets, that skipped a day, and that stand still. */
const zones = [
  'Asia/Bishkek',
  'Europe/Brussels',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
  'Africa/Cairo',
  'Asia/Kathmandu',
  'Pacific/Chatham',
  'America/Santiago',
  'Asia/Gaza',
  'Africa/Casablanca',
  'UTC',
];

/** What clocks show, by Intl: another implementation than the one under test. */
function shown(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit' }).formatToParts(at);
  const read = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  return `${read('year')}-${read('month')}-${read('day')}T${read('hour')}:${read('minute')}`;
}

describe('the shifts of a rotation', () => {
  it('change hands in the morning of Bishkek, every week', () => {
    expect(handOvers(rotation('Asia/Bishkek', '2026-03-02T09:00', 1, 'weeks'), '2026-03-04T00:00Z', 14)).toEqual([
      '2026-03-02T03:00',
      '2026-03-09T03:00',
      '2026-03-16T03:00',
    ]);
  });

  it('keep the time on the wall when Brussels changes its clocks: the night of the change has 11 hours or 13', () => {
    expect(handOvers(rotation('Europe/Brussels', '2026-03-28T08:00', 12, 'hours'), '2026-03-28T07:00Z', 1.9)).toEqual([
      '2026-03-28T07:00',
      '2026-03-28T19:00',
      '2026-03-29T06:00', // eleven hours later
      '2026-03-29T18:00',
    ]);
    expect(handOvers(rotation('Europe/Brussels', '2026-10-24T08:00', 12, 'hours'), '2026-10-24T18:00Z', 1)).toEqual(['2026-10-24T18:00', '2026-10-25T07:00']);
  });

  it('take a hand-over that does not exist forward, and one that comes twice at its first occurrence', () => {
    const nightly = rotation('Europe/Brussels', '2026-01-01T02:30', 1, 'days');
    expect(handOvers(nightly, '2026-03-28T12:00Z', 1)).toEqual(['2026-03-28T01:30', '2026-03-29T01:30']);
    expect(shiftAt(nightly, Date.parse('2026-10-25T01:10Z'))?.span.start).toBe(Date.parse('2026-10-25T00:30Z')); // 02:10, shown for the second time
  });

  it('leave out the day that Samoa left out, whoever would have had it', () => {
    const daily = rotation('Pacific/Apia', '2011-12-28T00:00', 1, 'days');
    const shifts = shiftsIn(daily, { start: Date.parse('2011-12-29T12:00Z'), end: Date.parse('2012-01-01T00:00Z') });
    expect(shifts.map(({ turn }) => turn)).toEqual([1, 3, 4]);
    for (const [at, shift] of shifts.entries()) if (at > 0) expect(shift.span.start).toBe(shifts[at - 1]?.span.end);
  });

  it('of months stay on the day of the month, or on the last that there is', () => {
    expect(handOvers(rotation('Asia/Bishkek', '2026-01-31T09:00', 1, 'months'), '2026-02-01T00:00Z', 100)).toEqual([
      '2026-01-31T03:00',
      '2026-02-28T03:00',
      '2026-03-31T03:00',
      '2026-04-30T03:00',
    ]);
  });

  it('begin with the first hand-over and stop at the end', () => {
    const ended = { ...rotation('UTC', '2026-03-02T09:00', 1, 'days'), until: Date.parse('2026-03-03T12:00Z') };
    expect(shiftAt(ended, Date.parse('2026-03-02T08:59Z'))).toBeNull();
    expect(shiftAt(ended, Date.parse('2026-03-03T11:59Z'))).toEqual({ turn: 1, span: { start: Date.parse('2026-03-03T09:00Z'), end: ended.until } });
    expect(shiftAt(ended, ended.until)).toBeNull();
  });

  it('fill all time without gap or overlap, in any zone and at any change of the clocks', () => {
    const some = fc.record({
      zone: fc.constantFrom(...zones),
      first: fc.date({ min: new Date('2009-01-01'), max: new Date('2030-01-01'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 16)),
      unit: fc.constantFrom(...SHIFT_UNITS),
      count: fc.integer({ min: 1, max: 40 }),
      after: fc.integer({ min: 0, max: 500 * 24 * 60 }).map((minutes) => minutes * 60_000),
    });
    fc.assert(
      fc.property(some, ({ zone, first, unit, count, after }) => {
        const of = rotation(zone, first, count, unit);
        const begin = instantOf(zone, first);
        const at = begin + after;
        const shift = shiftAt(of, at);
        if (shift === null) throw new Error('nobody has duty');
        expect(shift.span.start).toBeLessThanOrEqual(at);
        expect(at).toBeLessThan(shift.span.end);
        // The same shift at its first and last instant, and another one a moment later.
        expect(shiftAt(of, shift.span.start)).toEqual(shift);
        expect(shiftAt(of, shift.span.end - 1)).toEqual(shift);
        const next = shiftAt(of, shift.span.end);
        expect(next?.span.start).toBe(shift.span.end);
        expect(next?.turn).toBeGreaterThan(shift.turn);
        if (at > begin) expect(shiftAt(of, shift.span.start - 1)?.turn ?? -1).toBeLessThan(shift.turn);
      }),
      { numRuns: 300 },
    );
  });

  it('change hands when the wall shows it, for the first time', () => {
    const some = fc.record({
      zone: fc.constantFrom(...zones),
      minute: fc.integer({ min: 0, max: 24 * 60 - 1 }),
      // Every day of years with changes of the clocks in all these zones.
      days: fc.integer({ min: 0, max: 3 * 365 }),
    });
    fc.assert(
      fc.property(some, ({ zone, minute, days }) => {
        const clock = `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        const of = rotation(zone, `2010-06-01T${clock}`, 1, 'days');
        const shift = shiftAt(of, Date.parse('2010-06-10T00:00Z') + days * day);
        if (shift === null) throw new Error('nobody has duty');
        const { start } = shift.span;
        const wall = shown(zone, start);
        if (wall.endsWith(clock)) {
          for (let earlier = start - 3 * hour; earlier < start; earlier += 30 * 60_000) expect(shown(zone, earlier)).not.toBe(wall);
        } else {
          // The wall never shows it on that day: the hand-over came later by as much as was skipped.
          expect(wall > `${shown(zone, start - 60_000).slice(0, 10)}T${clock}`).toBe(true);
        }
      }),
      { numRuns: 80 },
    );
  });
});

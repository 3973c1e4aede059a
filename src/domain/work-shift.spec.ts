import { describe, expect, it } from '@jest/globals';
import { nextShiftStart } from './work-shift.js';

const weekdays = [1, 2, 3, 4, 5];
const bishkek = { zone: 'Asia/Bishkek', shift: { starts: '09:00', ends: '18:00', weekdays } };
const brussels = { zone: 'Europe/Brussels', shift: { starts: '02:30', ends: '18:00', weekdays: [1, 2, 3, 4, 5, 6, 7] } };
const next = (policy: typeof bishkek, at: string): string => new Date(nextShiftStart(policy, Date.parse(at))).toISOString();

describe('the next shift', () => {
  it('is now while one is running', () => {
    expect(next(bishkek, '2026-03-02T04:00:00Z')).toBe('2026-03-02T04:00:00.000Z'); // Monday 10:00 in Bishkek
  });

  it('is this morning before it begins, and tomorrow after it has ended', () => {
    expect(next(bishkek, '2026-03-02T00:00:00Z')).toBe('2026-03-02T03:00:00.000Z');
    expect(next(bishkek, '2026-03-02T12:00:00Z')).toBe('2026-03-03T03:00:00.000Z'); // 18:00 sharp is over
  });

  it('is on Monday from Friday evening on, also when Saturday has begun in Bishkek but not in UTC', () => {
    expect(next(bishkek, '2026-03-06T13:00:00Z')).toBe('2026-03-09T03:00:00.000Z');
    expect(next(bishkek, '2026-03-06T19:00:00Z')).toBe('2026-03-09T03:00:00.000Z');
  });

  it('takes a time that does not exist forward by the gap', () => {
    // 29 March 2026: 02:00 becomes 03:00 in Brussels; 02:30 is skipped and means 03:30 summer time.
    expect(next(brussels, '2026-03-29T00:00:00Z')).toBe('2026-03-29T01:30:00.000Z');
  });

  it('takes a time that exists twice at its first occurrence', () => {
    // 25 October 2026: 03:00 becomes 02:00; the first 02:30 is still summer time.
    expect(next(brussels, '2026-10-24T23:30:00Z')).toBe('2026-10-25T00:30:00.000Z');
  });
});

describe('the next shift of a tier that is closed', () => {
  const span = (start: string, end: string) => ({ start: Date.parse(start), end: Date.parse(end) });
  const nextWith = (at: string, closed: ReturnType<typeof span>[]): string => new Date(nextShiftStart(bishkek, Date.parse(at), closed)).toISOString();

  it('is after the days off: 1 to 9 May 2026 end on a Saturday, so it is Monday morning', () => {
    expect(nextWith('2026-04-30T13:00:00Z', [span('2026-04-30T18:00Z', '2026-05-09T18:00Z')])).toBe('2026-05-11T03:00:00.000Z');
  });

  it('is in the middle of a working day when that is when somebody comes', () => {
    expect(nextWith('2026-03-02T04:00:00Z', [span('2026-03-01T00:00Z', '2026-03-02T06:00Z'), span('2026-03-02T12:00Z', '2026-03-03T03:00Z')])).toBe('2026-03-02T06:00:00.000Z');
  });
});

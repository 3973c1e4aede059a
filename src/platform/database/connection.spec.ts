import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { parseTimestamptz } from './connection.js';

const reference = pg.types.getTypeParser(1184, 'text') as (text: string) => unknown;

describe('times from the database', () => {
  it.each([
    ['2026-11-23 12:08:14+00', '2026-11-23T12:08:14.000Z'],
    ['2026-11-23 12:08:14.1+00', '2026-11-23T12:08:14.100Z'],
    ['2026-11-23 12:08:14.019+00', '2026-11-23T12:08:14.019Z'],
    ['2026-11-23 23:59:59.999999+00', '2026-11-23T23:59:59.999Z'],
    ['2024-02-29 00:00:00.000001+00', '2024-02-29T00:00:00.000Z'],
    ['1969-12-31 23:59:59.5+00', '1969-12-31T23:59:59.500Z'],
  ])('reads %s as pg does, without its microseconds', (text, iso) => {
    expect(parseTimestamptz(text)).toEqual(new Date(iso));
    expect(reference(text)).toEqual(new Date(iso));
  });

  it.each(['infinity', '-infinity', '12026-11-23 12:08:14+00', '0044-03-15 12:00:00+00 BC', '2026-11-23 17:08:14+05', '2026-11-23 17:38:14+05:30'])(
    'leaves %s to pg',
    (text) => {
      expect(parseTimestamptz(text)).toEqual(reference(text));
    },
  );

  it('keeps every millisecond', () => {
    for (let ms = 0; ms < 1_000; ms++) {
      const text = `2026-06-01 01:02:03.${String(ms).padStart(3, '0')}+00`;
      expect(parseTimestamptz(text)).toEqual(new Date(Date.UTC(2026, 5, 1, 1, 2, 3, ms)));
    }
  });
});

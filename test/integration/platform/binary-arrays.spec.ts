import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  boolArray,
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from '../../../src/platform/database/binary-arrays.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';

const same = <Value>(value: Value): Value => value;

describe('arrays in PostgreSQL’s own form', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await testDatabase();
  });
  afterAll(async () => {
    await test.drop();
  });

  /** What the server understood, in its own words. */
  async function understood(type: string, array: Buffer): Promise<(string | null)[]> {
    const { rows } = await test.database.query<{ texts: (string | null)[] }>(`SELECT ARRAY(SELECT v::text FROM unnest($1::${type}[]) WITH ORDINALITY AS u (v, n) ORDER BY n) AS texts`, [array]);
    return rows[0]?.texts ?? [];
  }

  const uuid = '01234567-89ab-4cde-8f01-23456789abcd';
  it.each([
    ['smallint', int2Array([0, 32_767, null, -32_768], same), ['0', '32767', null, '-32768']],
    ['int', int4Array([2_147_483_647, -1, null], same), ['2147483647', '-1', null]],
    ['bigint', int8Array([0, -1, 4_294_967_295, 4_294_967_296, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, null], same),
      ['0', '-1', '4294967295', '4294967296', '9007199254740991', '-9007199254740991', null]],
    ['boolean', boolArray([true, false, null], same), ['true', 'false', null]],
    ['text', textArray(['', 'a', 'Эскертүү «"\\{},NULL', null, 'NULL'], same), ['', 'a', 'Эскертүү «"\\{},NULL', null, 'NULL']],
    ['bytea', byteaArray([new Uint8Array(0), new Uint8Array([0, 255, 92, 39]), null], same), ['\\x', '\\x00ff5c27', null]],
    ['uuid', uuidArray([uuid, uuid.replaceAll('-', ''), null], same), [uuid, uuid, null]],
    ['jsonb', jsonbArray([{ a: 'ә"' }, ['x'], null], same), ['{"a": "ә\\""}', '["x"]', null]],
  ])('sends %s unchanged, nulls too', async (type, array, expected) => {
    expect(await understood(type, array)).toEqual(expected);
  });

  it('sends times to the millisecond, before and after 2000', async () => {
    const times = ['1970-01-01T00:00:00.000Z', '1999-12-31T23:59:59.999Z', '2000-01-01T00:00:00.000Z', '2026-11-23T12:08:14.123Z', '2096-02-29T01:02:03.004Z'];
    const { rows } = await test.database.query<{ at: Date | null }>('SELECT unnest($1::timestamptz[]) AS at', [
      timestamptzArray([...times, null], (text) => (text === null ? null : Date.parse(text))),
    ]);
    expect(rows.map(({ at }) => at?.toISOString() ?? null)).toEqual([...times, null]);
  });

  it('sends no element at all', async () => {
    expect(await understood('int', int4Array([], same))).toEqual([]);
    expect(await understood('bytea', byteaArray([], same))).toEqual([]);
  });

  it('refuses what it would have to change', () => {
    expect(() => int8Array([2 ** 53], same)).toThrow('safe integer');
    expect(() => int2Array([40_000], same)).toThrow('out of range');
    expect(() => timestamptzArray([new Date('no date').getTime()], same)).toThrow('safe integer');
    expect(() => uuidArray(['01234567-89ab'], same)).toThrow('not a uuid');
  });
});

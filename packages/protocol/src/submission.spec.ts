import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled } from '../test/fixtures.js';
import { concatBytes, toBase64url, toHex, u32, utf8 } from './bytes.js';
import { encodeSubmission, maxSubmissionHeaderBytes, parseSubmissionHeader, splitSubmission, type SubmissionHeader } from './submission.js';

const header: SubmissionHeader = {
  v: 1,
  severity: 'S1',
  policy: { id: 'kg-default', sha256: toHex(filled(1)) },
  tiers: [1, 2, 4],
  exclude: ['ministry'],
  mailbox: toBase64url(filled(2)),
  release: { 4: toBase64url(filled(3)) },
  drill: false,
  admission: { challenge: toBase64url(filled(4)), nonce: '123' },
};

describe('a submission', () => {
  it('comes apart as it was put together', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (envelope) => {
        const split = splitSubmission(encodeSubmission(header, envelope));
        if ('refused' in split) throw new Error(split.refused);
        expect(parseSubmissionHeader(split.headerJson)).toEqual(header);
        expect(split.envelope).toEqual(envelope);
      }),
      { numRuns: 30 },
    );
    const { admission: _none, ...without } = header;
    expect(parseSubmissionHeader(utf8(JSON.stringify(without)))).toEqual(without);
  });

  it('that is cut, or whose header claims too much, is refused by shape', () => {
    for (const bytes of [new Uint8Array(0), new Uint8Array(3), concatBytes(u32(5), utf8('{}'))]) {
      expect(splitSubmission(bytes)).toEqual({ refused: 'truncated' });
    }
    expect(splitSubmission(concatBytes(u32(maxSubmissionHeaderBytes + 1), new Uint8Array(10_000)))).toEqual({ refused: 'header-too-long' });
    expect(splitSubmission(concatBytes(u32(0xffff_ffff)))).toEqual({ refused: 'header-too-long' });
    const long = { ...header, exclude: Array<string>(200).fill('x'.repeat(60)) };
    expect(() => encodeSubmission(long, filled(1))).toThrow(RangeError);
  });

  it('has a header whose first wrong field is named', () => {
    for (const [changes, path] of [
      [{ v: 2 }, '$.v'],
      [{ severity: 'S0' }, '$.severity'],
      [{ policy: { id: 'a', sha256: 'x' } }, '$.policy.sha256'],
      [{ tiers: [0] }, '$.tiers.0'],
      [{ tiers: 'all' }, '$.tiers'],
      [{ exclude: [1] }, '$.exclude.0'],
      [{ mailbox: toBase64url(filled(1, 31)) }, '$.mailbox'],
      [{ release: { 0: toBase64url(filled(1)) } }, '$.release'],
      [{ release: { 4: 'x' } }, '$.release.4'],
      [{ release: { '04': toBase64url(filled(1)) } }, '$.release'],
      [{ drill: 'no' }, '$.drill'],
      [{ admission: { challenge: 'x', nonce: '-1' } }, '$.admission.nonce'],
    ] as const) {
      expect(() => parseSubmissionHeader(utf8(JSON.stringify({ ...header, ...changes })))).toThrow(`${path}:`);
    }
  });
});

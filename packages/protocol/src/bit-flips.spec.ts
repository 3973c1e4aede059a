import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { flipBit, reportText, resign, smallReport, sodium, thrownBy } from '../test/fixtures.js';
import { fromUtf8 } from './bytes.js';
import { EnvelopeError } from './envelope-format.js';
import { openEnvelope } from './envelope-open.js';

// 9,061 bytes: 4 slots, 1 gate, the smallest payload. Every bit of it is tried, with the faster provider: the other
// gives the same verdicts (providers.spec.ts), it would only take ten times as long.
const report = smallReport(sodium);
const read = (bytes: Uint8Array): string =>
  fromUtf8(openEnvelope(sodium, bytes, { kemSecretKeys: [report.officer.secretKey] }).data);

/** Bits whose flip is not refused with an EnvelopeError; nothing else may be thrown at a reader. */
function acceptedFlips(bits: Iterable<number>, change: (bit: number) => Uint8Array): number[] {
  const accepted: number[] = [];
  for (const bit of bits) {
    try {
      read(change(bit));
      accepted.push(bit);
    } catch (error) {
      if (!(error instanceof EnvelopeError)) accepted.push(bit);
    }
  }
  return accepted;
}

describe('a small envelope', () => {
  it('opens as it was sealed', () => {
    expect(read(report.bytes)).toBe(reportText);
  });

  it('is refused with any single bit turned over', () => {
    const bits = Array.from({ length: report.bytes.length * 8 }, (_, bit) => bit);
    expect(bits).toHaveLength(72_488);
    expect(acceptedFlips(bits, (bit) => flipBit(report.bytes, bit))).toEqual([]);
  }, 240_000);

  it('is refused with a bit turned over even when the sender signs the change', () => {
    // The mac and the payload's tag stand behind the signature: who lacks the content key cannot change a thing.
    const signedBits = (report.bytes.length - 64) * 8;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: signedBits - 1 }), (bit) => {
        const changed = flipBit(report.bytes, bit);
        const refused = thrownBy(() => resign(sodium, changed, report.input.senderSeed));
        // Where the shape itself is broken there is nothing to sign.
        const bytes = refused === 'nothing thrown' ? resign(sodium, changed, report.input.senderSeed) : changed;
        expect(acceptedFlips([bit], () => bytes)).toEqual([]);
      }),
      { numRuns: 600 },
    );
  }, 60_000);
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, noble, pairs, reportText, smallReport, sodium, thrownBy, withBytes } from '../test/fixtures.js';
import { concatBytes, fromUtf8, toHex, u16, u32, utf8 } from './bytes.js';
import { gateBytes, maxEnvelopeBytes, parseEnvelope, preludeBytes, SLOT_COUNTS } from './envelope-format.js';
import { alertTag, envelopeHash } from './envelope-hashes.js';
import { openEnvelope, type OpenInput } from './envelope-open.js';
import { sealEnvelope } from './envelope-seal.js';
import { padme } from './padme.js';
import type { Primitives } from './primitives.js';

const codeOf = (p: Primitives, bytes: Uint8Array, input: OpenInput): string => thrownBy(() => openEnvelope(p, bytes, input));

describe.each(pairs.map(({ sender, reader }) => [sender.name, reader.name, sender, reader] as const))(
  'sealed by %s, read by %s',
  (_sender, _reader, sender, reader) => {
    it('reaches each recipient, and nobody else', () => {
      const report = smallReport(sender);
      const releaseKeys = new Map([[4, report.rk]]);
      const officer = openEnvelope(reader, report.bytes, { kemSecretKeys: [report.officer.secretKey] });
      const focalPoint = openEnvelope(reader, report.bytes, { kemSecretKeys: [report.focalPoint.secretKey], releaseKeys });
      expect([officer.tier, focalPoint.tier]).toEqual([1, 4]);
      for (const opened of [officer, focalPoint]) {
        expect(fromUtf8(opened.data)).toBe(reportText);
        expect(opened.hh).toEqual(report.hh);
        expect(opened.contentKey).toEqual(report.contentKey);
        expect(opened.envelopeHash).toEqual(report.envelopeHash);
      }
      expect(codeOf(reader, report.bytes, { kemSecretKeys: [filled(1)], releaseKeys })).toBe('not-a-recipient');
      expect(codeOf(reader, report.bytes, { kemSecretKeys: [], releaseKeys })).toBe('not-a-recipient');
    });

    it('carries any bytes', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 9000 }), fc.integer({ min: 1, max: 5 }), (data, recipientCount) => {
          const keys = Array.from({ length: recipientCount }, (_, i) => reader.xwing.keypair(filled(i + 1)));
          const sealed = sealEnvelope(sender, {
            ...smallReport(sodium).input,
            gates: [],
            recipients: keys.map(({ publicKey }, i) => ({ kemPk: publicKey, tier: i })),
            data,
          });
          const last = keys.at(-1);
          const opened = openEnvelope(reader, sealed.bytes, { kemSecretKeys: last === undefined ? [] : [last.secretKey] });
          expect(opened.data).toEqual(data);
        }),
        { numRuns: 6 },
      );
    });
  },
);

describe('sizes', () => {
  it('shows neither the number of recipients nor a short text’s length', () => {
    const recipient = { kemPk: sodium.xwing.keypair(filled(1)).publicKey, tier: 1 };
    const seal = (count: number, dataLength: number): Uint8Array =>
      smallReport(sodium, { recipients: Array.from({ length: count }, () => recipient), gates: [], data: filled(65, dataLength) })
        .bytes;
    expect(seal(1, 0).length).toBe(seal(4, 4092).length);
    expect(seal(1, 4093).length).toBe(seal(4, 4200).length);
    expect(seal(5, 1).length).toBe(seal(8, 1).length);
    for (const [count, slots] of [[1, 4], [5, 8], [9, 16], [17, 32], [33, 64], [64, 64]] as const) {
      expect(parseEnvelope(seal(count, 1)).stanzas).toHaveLength(slots);
    }
  });

  it('are as the protocol says for 12 recipients and 2 gates', () => {
    const recipients = Array.from({ length: 12 }, (_, i) => ({ kemPk: sodium.xwing.keypair(filled(i)).publicKey, tier: 1 + (i >> 2) }));
    const gates = [2, 3].map((tier) => ({ tier, rk: filled(tier) }));
    expect(smallReport(sodium, { recipients, gates }).bytes).toHaveLength(23_122);
  });

  it('give dummies the tiers of real recipients only', () => {
    const report = smallReport(sodium);
    expect(new Set(parseEnvelope(report.bytes).stanzaTiers)).toEqual(new Set([1, 4]));
  });

  it('put the real recipients at places that change', () => {
    const recipients = [1, 2, 3, 4].map((tier) => ({ kemPk: sodium.xwing.keypair(filled(tier)).publicKey, tier }));
    const orders = new Set(
      Array.from({ length: 24 }, () => parseEnvelope(smallReport(sodium, { recipients, gates: [] }).bytes).stanzaTiers.join()),
    );
    expect(orders.size).toBeGreaterThan(4);
  });
});

describe('shape, refused before any cryptography', () => {
  const report = smallReport(sodium);
  const changed = (at: number, value: Uint8Array): string => thrownBy(() => parseEnvelope(withBytes(report.bytes, at, value)));

  it('names what is wrong in the prelude', () => {
    expect(changed(0, utf8('JDM2'))).toBe('bad-magic');
    expect(changed(4, Uint8Array.of(2))).toBe('bad-suite');
    expect(changed(5, Uint8Array.of(0))).toBe('bad-kind');
    expect(changed(5, Uint8Array.of(7))).toBe('bad-kind');
    expect(changed(6, u16(1))).toBe('bad-flags');
    expect(changed(24, filled(255, 8))).toBe('bad-seq');
    expect(changed(136, Uint8Array.of(17))).toBe('bad-gates');
    expect(changed(138, u16(1))).toBe('bad-reserved');
  });

  it('takes only slot counts of the set', () => {
    for (let count = 0; count < 256; count++) {
      const code = changed(137, Uint8Array.of(count));
      const inSet = (SLOT_COUNTS as readonly number[]).includes(count);
      expect(code).toBe(!inSet ? 'bad-slot-count' : count === 4 ? 'nothing thrown' : 'truncated');
    }
  });

  it('takes only payload lengths that padding can give, and that are there', () => {
    for (const length of [0, 15, 4111, 4113, 4096 + 16 + 64, 0xffff_ffff]) {
      expect(changed(140, u32(length))).toBe('bad-payload-length');
    }
    expect(changed(140, u32(padme(5000) + 16))).toBe('truncated');
  });

  it('has exactly its length', () => {
    const { bytes } = report;
    for (const length of [0, 1, preludeBytes - 1, preludeBytes, preludeBytes + gateBytes, bytes.length - 1]) {
      expect(thrownBy(() => parseEnvelope(bytes.subarray(0, length)))).toBe('truncated');
    }
    expect(thrownBy(() => parseEnvelope(concatBytes(bytes, Uint8Array.of(0))))).toBe('trailing-bytes');
    expect(thrownBy(() => parseEnvelope(new Uint8Array(maxEnvelopeBytes + 1)))).toBe('too-large');
    expect(thrownBy(() => parseEnvelope('JDM1' as unknown as Uint8Array))).toBe('TypeError');
  });

  it('never has two gates for one tier', () => {
    const two = smallReport(sodium, { gates: [{ tier: 1, rk: filled(1) }, { tier: 4, rk: filled(2) }] });
    const sameTier = withBytes(two.bytes, preludeBytes + gateBytes, Uint8Array.of(1));
    expect(thrownBy(() => parseEnvelope(sameTier))).toBe('bad-gates');
  });

  it('holds for any bytes: an EnvelopeError or a parsed envelope, nothing else', () => {
    const near = fc.tuple(fc.integer({ min: 0, max: 143 }), fc.uint8Array({ minLength: 1, maxLength: 8 }));
    fc.assert(
      fc.property(fc.array(near, { maxLength: 3 }), fc.integer({ min: 0, max: 60 }), (edits, cut) => {
        let bytes: Uint8Array = report.bytes.slice(0, report.bytes.length - cut);
        for (const [at, value] of edits) bytes = withBytes(bytes, at, value);
        expect(['TypeError', 'RangeError']).not.toContain(thrownBy(() => parseEnvelope(bytes)));
      }),
      { numRuns: 300 },
    );
  });
});

describe('what the reader expects', () => {
  const report = smallReport(sodium, { seq: 3, prevHash: filled(8) });
  const open = (expect: NonNullable<OpenInput['expect']>): string =>
    codeOf(sodium, report.bytes, { kemSecretKeys: [report.officer.secretKey], expect });

  it('is enforced', () => {
    const { alertId, rosterHash } = report.input;
    expect(open({ alertId, seq: 3, prevHash: filled(8), roster: { version: 7, hash: rosterHash } })).toBe('nothing thrown');
    expect(open({ alertId: filled(0, 16) })).toBe('wrong-alert');
    expect(open({ seq: 2 })).toBe('wrong-seq');
    expect(open({ prevHash: filled(7) })).toBe('wrong-prev');
    expect(open({ roster: { version: 8, hash: rosterHash } })).toBe('unknown-roster');
    expect(open({ roster: { version: 7, hash: filled(1) } })).toBe('unknown-roster');
  });
});

describe('sealing refuses', () => {
  const seal = (changes: Parameters<typeof smallReport>[1]): string => thrownBy(() => smallReport(sodium, changes));
  const recipient = { kemPk: sodium.xwing.keypair(filled(1)).publicKey, tier: 1 };

  it('recipients, gates, keys and texts that do not fit the format', () => {
    expect(seal({ recipients: [] })).toBe('bad-recipients');
    expect(seal({ recipients: Array.from({ length: 65 }, () => recipient) })).toBe('bad-recipients');
    expect(seal({ recipients: [{ ...recipient, tier: 256 }] })).toBe('bad-recipients');
    expect(seal({ gates: [{ tier: 1, rk: filled(1) }, { tier: 1, rk: filled(2) }] })).toBe('bad-gates');
    expect(seal({ gates: [{ tier: -1, rk: filled(1) }] })).toBe('bad-gates');
    expect(seal({ gates: Array.from({ length: 17 }, (_, tier) => ({ tier, rk: filled(1) })) })).toBe('bad-gates');
    expect(seal({ data: new Uint8Array(262_141) })).toBe('payload-too-long');
    const lowOrder = { kemPk: withBytes(recipient.kemPk, 1184, new Uint8Array(32)), tier: 1 };
    expect(seal({ recipients: [lowOrder] })).toBe('unusable-key');
  });

  it('text where bytes belong', () => {
    expect(seal({ senderSeed: 'a'.repeat(32) as unknown as Uint8Array })).toBe('TypeError');
    expect(seal({ contentKey: 'a'.repeat(32) as unknown as Uint8Array })).toBe('TypeError');
    expect(seal({ gates: [{ tier: 4, rk: 'a'.repeat(32) as unknown as Uint8Array }] })).toBe('TypeError');
    expect(seal({ data: 'text' as unknown as Uint8Array })).toBe('TypeError');
    expect(seal({ alertId: filled(1, 15) })).toBe('TypeError');
  });
});

describe('names of an alert', () => {
  it('are the same with both providers and do not show the id', () => {
    const id = filled(1, 16);
    expect(alertTag(noble, id)).toEqual(alertTag(sodium, id));
    expect(toHex(alertTag(sodium, id))).not.toContain(toHex(id));
    expect(envelopeHash(noble, id)).toEqual(envelopeHash(sodium, id));
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  filled,
  malleate,
  noble,
  pairs,
  providers,
  reportText,
  reseal,
  resign,
  smallReport,
  sodium,
  thrownBy,
  withBytes,
} from '../test/fixtures.js';
import { concatBytes, fromUtf8, toHex, u16, u32, u64, utf8 } from './bytes.js';
import { gateBytes, maxEnvelopeBytes, parseEnvelope, preludeBytes, SLOT_COUNTS, stanzaBytes } from './envelope-format.js';
import { alertTag, checkGate, envelopeHash, gateKey } from './envelope-hashes.js';
import { openEnvelope, verifyEnvelope, type OpenInput } from './envelope-open.js';
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

describe('what an attacker may try', () => {
  const report = smallReport(sodium);
  const reader: OpenInput = { kemSecretKeys: [report.officer.secretKey] };
  const { senderSeed } = report.input;

  it('swapping the alert id, the sequence, the predecessor or the roster breaks the signature', () => {
    const other = filled(3);
    for (const [at, value] of [[8, filled(1, 16)], [24, u64(1)], [32, other], [64, u64(8)], [72, other], [104, other]] as const) {
      expect(codeOf(sodium, withBytes(report.bytes, at, value), reader)).toBe('bad-signature');
    }
  });

  it('the same, signed by the sender, fails further in: the prelude is bound into every stanza', () => {
    const ungated = smallReport(sodium, { gates: [] });
    for (const [at, value] of [[8, filled(1, 16)], [24, u64(1)], [32, filled(3)], [64, u64(8)], [72, filled(3)]] as const) {
      const forged = resign(sodium, withBytes(ungated.bytes, at, value), ungated.input.senderSeed);
      expect(() => verifyEnvelope(sodium, forged)).not.toThrow();
      expect(codeOf(sodium, forged, { kemSecretKeys: [ungated.officer.secretKey] })).toBe('not-a-recipient');
    }
  });

  it('putting another sender in and signing again does not pass for the first one', () => {
    const thief = sodium.ed25519.keypair(filled(66));
    const swapped = resign(sodium, withBytes(report.bytes, 104, thief.publicKey), thief.seed);
    expect(() => verifyEnvelope(sodium, swapped)).not.toThrow();
    const { publicKey } = sodium.ed25519.keypair(senderSeed);
    expect(codeOf(sodium, swapped, { ...reader, expect: { senderPk: publicKey } })).toBe('wrong-sender');
    // And a reader who does not know the sender yet cannot open it either: the key is bound into the stanzas.
    expect(codeOf(sodium, swapped, reader)).toBe('gate-closed');
  });

  it('changing a tier byte, the order of stanzas, or putting in one of another envelope is refused', () => {
    const first = preludeBytes + gateBytes;
    const stanza = (bytes: Uint8Array, i: number): Uint8Array => bytes.slice(first + i * stanzaBytes, first + (i + 1) * stanzaBytes);
    const mine = parseEnvelope(report.bytes).stanzaTiers.indexOf(1);
    const other = smallReport(sodium, { recipients: report.input.recipients });
    const forgeries = [
      withBytes(report.bytes, first + mine * stanzaBytes, Uint8Array.of(2)),
      withBytes(withBytes(report.bytes, first, stanza(report.bytes, 1)), first + stanzaBytes, stanza(report.bytes, 0)),
      withBytes(report.bytes, first + 3 * stanzaBytes, stanza(other.bytes, 0)),
    ];
    for (const forged of forgeries) {
      expect(codeOf(sodium, forged, reader)).toBe('bad-signature');
      expect(['mac-mismatch', 'gate-closed', 'not-a-recipient']).toContain(codeOf(sodium, resign(sodium, forged, senderSeed), reader));
    }
  });

  it('two stanzas with different content keys cannot show two texts', () => {
    // A dishonest sender gives the focal point a stanza of an otherwise equal envelope with another content key.
    const contentKeys = [filled(1), filled(2)];
    const [one, two] = contentKeys.map((contentKey) => smallReport(sodium, { ...report.input, gates: [], contentKey, alertId: filled(1, 16) }));
    if (one === undefined || two === undefined) throw new Error('two envelopes were sealed');
    const at = (bytes: Uint8Array, tier: number): number =>
      preludeBytes + parseEnvelope(bytes).stanzaTiers.indexOf(tier) * stanzaBytes;
    const foreign = two.bytes.slice(at(two.bytes, 4), at(two.bytes, 4) + stanzaBytes);
    const mixed = resign(sodium, withBytes(one.bytes, at(one.bytes, 4), foreign), senderSeed);
    expect(codeOf(sodium, mixed, { kemSecretKeys: [report.officer.secretKey] })).not.toBe('nothing thrown');
    expect(codeOf(sodium, mixed, { kemSecretKeys: [report.focalPoint.secretKey] })).not.toBe('nothing thrown');
    const resealed = reseal(sodium, mixed, { contentKey: filled(1), senderSeed, plaintext: new Uint8Array(4096) });
    expect(codeOf(sodium, resealed, { kemSecretKeys: [report.focalPoint.secretKey] })).not.toBe('nothing thrown');
  });

  it('a signature in another encoding, or by a key of small order, is no signature', () => {
    const at = report.bytes.length - 64;
    expect(codeOf(sodium, withBytes(report.bytes, at, malleate(report.bytes.slice(at))), reader)).toBe('bad-signature');
    const neutral = withBytes(new Uint8Array(32), 0, Uint8Array.of(1));
    const ownerless = withBytes(withBytes(report.bytes, 104, neutral), at, concatBytes(neutral, new Uint8Array(32)));
    for (const p of providers) expect(codeOf(p, ownerless, reader)).toBe('bad-signature');
  });

  it('a flipped mac, payload or signature is refused, signed again or not', () => {
    const macAt = preludeBytes + gateBytes + 4 * stanzaBytes;
    const payloadAt = macAt + 32;
    const flip = (at: number): Uint8Array => withBytes(report.bytes, at, Uint8Array.of((report.bytes[at] ?? 0) ^ 1));
    for (const at of [macAt, payloadAt, report.bytes.length - 1]) expect(codeOf(sodium, flip(at), reader)).toBe('bad-signature');
    expect(codeOf(sodium, resign(sodium, flip(macAt), senderSeed), reader)).toBe('mac-mismatch');
    expect(codeOf(sodium, resign(sodium, flip(payloadAt), senderSeed), reader)).toBe('payload-corrupt');
  });

  it('padding that is not zero, or a length that runs past the end, is refused', () => {
    const { contentKey } = report;
    const open = (plaintext: Uint8Array): string =>
      codeOf(sodium, reseal(sodium, report.bytes, { contentKey, senderSeed, plaintext }), reader);
    const padded = (length: number): Uint8Array => concatBytes(u32(length), new Uint8Array(4092));
    expect(open(padded(0))).toBe('nothing thrown');
    expect(open(padded(4092))).toBe('nothing thrown');
    expect(open(padded(4093))).toBe('bad-padding');
    expect(open(padded(0xffff_ffff))).toBe('bad-padding');
    for (const at of [5, 100, 4095]) expect(open(withBytes(padded(1), at, Uint8Array.of(1)))).toBe('bad-padding');
  });

  it('one poisoned stanza does not keep the others from reading', () => {
    // An all-zero X25519 part makes libsodium throw. The officer must still find their own stanza.
    const first = preludeBytes + gateBytes;
    const { stanzaTiers } = parseEnvelope(report.bytes);
    const victim = stanzaTiers.indexOf(4);
    const poisoned = withBytes(report.bytes, first + victim * stanzaBytes + 1 + 1088, new Uint8Array(32));
    const resealed = reseal(sodium, poisoned, {
      contentKey: report.contentKey,
      senderSeed,
      plaintext: concatBytes(u32(2), utf8('ok'), new Uint8Array(4090)),
    });
    const releaseKeys = new Map([[4, report.rk]]);
    for (const p of providers) {
      expect(fromUtf8(openEnvelope(p, resealed, { ...reader, releaseKeys }).data)).toBe('ok');
    }
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

describe('gates', () => {
  const report = smallReport(sodium);
  const focalPoint = (releaseKeys: Map<number, Uint8Array>): string =>
    codeOf(sodium, report.bytes, { kemSecretKeys: [report.focalPoint.secretKey], releaseKeys });

  it('stay shut without the release key, with a wrong one, and with that of another tier', () => {
    expect(focalPoint(new Map([[4, report.rk]]))).toBe('nothing thrown');
    expect(focalPoint(new Map())).toBe('gate-closed');
    expect(focalPoint(new Map([[4, filled(1)]]))).toBe('gate-mismatch');
    expect(focalPoint(new Map([[1, report.rk]]))).toBe('gate-mismatch');
    expect(focalPoint(new Map([[4, report.rk], [5, filled(1)]]))).toBe('gate-mismatch');
  });

  it('cannot be opened by cutting the gate out of the envelope', () => {
    const removed = concatBytes(
      withBytes(report.bytes.slice(0, preludeBytes), 136, Uint8Array.of(0)),
      report.bytes.slice(preludeBytes + gateBytes),
    );
    expect(thrownBy(() => verifyEnvelope(sodium, removed))).toBe('bad-signature');
    const signed = resign(sodium, removed, report.input.senderSeed);
    expect(codeOf(sodium, signed, { kemSecretKeys: [report.focalPoint.secretKey] })).toBe('not-a-recipient');
  });

  it('let the gatekeeper check the key it was given', () => {
    const parsed = parseEnvelope(report.bytes);
    for (const p of providers) {
      expect(checkGate(p, parsed, 4, report.rk)).toBe(true);
      expect(checkGate(p, parsed, 4, filled(1))).toBe(false);
      expect(checkGate(p, parsed, 1, report.rk)).toBe(false);
    }
  });

  it('of an armed packet all hang on one release secret', () => {
    const alertId = filled(1, 16);
    const gates = [1, 4].map((tier) => ({ tier, rk: gateKey(sodium, filled(9), alertId, tier) }));
    const packet = smallReport(sodium, { kind: 2, alertId, gates });
    const kemSecretKeys = [packet.officer.secretKey];
    expect(codeOf(sodium, packet.bytes, { kemSecretKeys })).toBe('gate-closed');
    const releaseKeys = new Map([1, 4].map((tier) => [tier, gateKey(noble, filled(9), alertId, tier)]));
    expect(codeOf(noble, packet.bytes, { kemSecretKeys, releaseKeys })).toBe('nothing thrown');
    expect(toHex(gateKey(sodium, filled(9), alertId, 1))).not.toBe(toHex(gateKey(sodium, filled(9), filled(2, 16), 1)));
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

import { describe, expect, it } from '@jest/globals';
import { filled, malleate, noble, providers, reseal, resign, smallReport, sodium, thrownBy, withBytes } from '../test/fixtures.js';
import { concatBytes, fromUtf8, toHex, u32, u64, utf8 } from './bytes.js';
import { gateBytes, parseEnvelope, preludeBytes, stanzaBytes } from './envelope-format.js';
import { checkGate, gateKey } from './envelope-hashes.js';
import { openEnvelope, verifyEnvelope, type OpenInput } from './envelope-open.js';
import type { Primitives } from './primitives.js';

const codeOf = (p: Primitives, bytes: Uint8Array, input: OpenInput): string => thrownBy(() => openEnvelope(p, bytes, input));

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

  it('a sender cannot show two recipients two texts', () => {
    // A dishonest sender wraps another content key for the second recipient; everything else is as it should be.
    const contentKey = filled(1);
    let wrapped = 0;
    const dishonest: Primitives = {
      ...sodium,
      aead: {
        ...sodium.aead,
        seal: (key, body, aad) => {
          const second = toHex(body) === toHex(contentKey) && ++wrapped === 2;
          return sodium.aead.seal(key, second ? filled(2) : body, aad);
        },
      },
    };
    const twoFaced = smallReport(dishonest, { gates: [], contentKey });
    const seen = [twoFaced.officer, twoFaced.focalPoint].map(({ secretKey }) => codeOf(sodium, twoFaced.bytes, { kemSecretKeys: [secretKey] }));
    expect(wrapped).toBe(2);
    expect(seen.sort()).toEqual(['mac-mismatch', 'nothing thrown']);
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

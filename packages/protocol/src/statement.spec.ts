import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, flipBit, noble, providers, sodium } from '../test/fixtures.js';
import { concatBytes } from './bytes.js';
import { deriveResponder, keyFingerprint } from './keys.js';
import { signInMessage } from './signin.js';
import {
  ackProof,
  decodeStatement,
  encodeStatement,
  maxDetailBytes,
  signStatement,
  STATEMENT_TYPES,
  verifyStatement,
  type Statement,
  type StatementType,
} from './statement.js';

const keys = deriveResponder(sodium, filled(1));
const rid = filled(2, 16);
const ack: Statement = {
  type: 'ack',
  tag: filled(3),
  hh: filled(4),
  tier: 1,
  gen: 7,
  time: Date.parse('2026-03-01T12:00:00Z'),
  prevEventHash: filled(5),
  rid,
  detail: '{"proof":"…"}',
};
const bytes = encodeStatement(ack);
const signature = signStatement(sodium, bytes, keys.signSeed);
const expected = { rid, signPk: keys.signPk, tag: ack.tag, hh: ack.hh };

describe('an acknowledgement', () => {
  it('signed by the responder is accepted by either provider', () => {
    for (const p of providers) {
      expect(signStatement(p, bytes, keys.signSeed)).toEqual(signature);
      expect(verifyStatement(p, { bytes, signature }, expected)).toEqual({ statement: ack });
    }
  });

  it('for another envelope, another alert, or by another person is refused', () => {
    const verify = (changes: Partial<typeof expected>): unknown => verifyStatement(sodium, { bytes, signature }, { ...expected, ...changes });
    expect(verify({ hh: filled(9) })).toEqual({ refused: 'wrong-envelope' });
    expect(verify({ tag: filled(9) })).toEqual({ refused: 'wrong-alert' });
    expect(verify({ rid: filled(9, 16) })).toEqual({ refused: 'wrong-responder' });
    expect(verify({ signPk: deriveResponder(sodium, filled(9)).signPk })).toEqual({ refused: 'bad-signature' });
  });

  it('with any bit changed is refused', () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      expect(verifyStatement(sodium, { bytes: flipBit(bytes, bit), signature }, expected)).toHaveProperty('refused');
    }
  });

  it('cannot be made from a sign-in or by a witness key', () => {
    const message = signInMessage(sodium, filled(1), filled(2), rid);
    const signInSignature = sodium.ed25519.sign(message, keys.signSeed);
    expect(verifyStatement(sodium, { bytes, signature: signInSignature }, expected)).toEqual({ refused: 'bad-signature' });
    const witness = signStatement(sodium, bytes, keys.witnessSeed);
    expect(verifyStatement(sodium, { bytes, signature: witness }, expected)).toEqual({ refused: 'bad-signature' });
  });

  it('carries a proof that only a reader of the alert can make', () => {
    const proof = ackProof(sodium, filled(1), rid, ack.time);
    expect(ackProof(noble, filled(1), rid, ack.time)).toEqual(proof);
    expect(ackProof(sodium, filled(2), rid, ack.time)).not.toEqual(proof);
    expect(ackProof(sodium, filled(1), filled(9, 16), ack.time)).not.toEqual(proof);
    expect(ackProof(sodium, filled(1), rid, ack.time + 1)).not.toEqual(proof);
  });
});

describe('statement bytes', () => {
  it('read back for every type and value', () => {
    const types = fc.constantFrom(...(Object.keys(STATEMENT_TYPES) as StatementType[]));
    fc.assert(
      fc.property(types, fc.nat(255), fc.nat(0xffff_ffff), fc.maxSafeNat(), fc.string({ maxLength: 200, unit: 'grapheme' }), (type, tier, gen, time, detail) => {
        const statement = { ...ack, type, tier, gen, time, detail };
        expect(decodeStatement(encodeStatement(statement))).toEqual(statement);
      }),
    );
  });

  it('are refused when cut, extended, of an unknown type, or with a lying length', () => {
    for (let length = 0; length < bytes.length; length++) expect(decodeStatement(bytes.subarray(0, length))).toBeNull();
    expect(decodeStatement(concatBytes(bytes, Uint8Array.of(0)))).toBeNull();
    for (const type of [0, 13, 255]) expect(decodeStatement(concatBytes(Uint8Array.of(type), bytes.subarray(1)))).toBeNull();
    expect(verifyStatement(sodium, { bytes: new Uint8Array(3), signature }, expected)).toEqual({ refused: 'malformed' });
  });

  it('cannot carry a long text', () => {
    expect(() => encodeStatement({ ...ack, detail: 'ж'.repeat(maxDetailBytes) })).toThrow(RangeError);
  });
});

describe('a responder’s keys', () => {
  it('are the same with both providers and differ by use', () => {
    expect(deriveResponder(noble, filled(1))).toEqual(keys);
    expect(keys.witnessSeed).not.toEqual(keys.signSeed);
    expect(keys.kem.secretKey).not.toEqual(keys.signSeed);
  });

  it('have a fingerprint that changes with either key', () => {
    const fingerprint = keyFingerprint(sodium, { signPk: keys.signPk, kemPk: keys.kem.publicKey });
    const other = deriveResponder(sodium, filled(2));
    expect(keyFingerprint(sodium, { signPk: other.signPk, kemPk: keys.kem.publicKey })).not.toEqual(fingerprint);
    expect(keyFingerprint(sodium, { signPk: keys.signPk, kemPk: other.kem.publicKey })).not.toEqual(fingerprint);
  });
});

describe('a sign-in message', () => {
  it('is bound to the instance, the challenge and the person', () => {
    const message = signInMessage(sodium, filled(1), filled(2), rid);
    expect(signInMessage(noble, filled(1), filled(2), rid)).toEqual(message);
    for (const other of [
      signInMessage(sodium, filled(9), filled(2), rid),
      signInMessage(sodium, filled(1), filled(9), rid),
      signInMessage(sodium, filled(1), filled(2), filled(9, 16)),
    ]) {
      expect(other).not.toEqual(message);
    }
    expect(() => signInMessage(sodium, filled(1), filled(2, 31), rid)).toThrow(TypeError);
  });
});

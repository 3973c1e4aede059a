import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { filled, malleate, noble, pairs, providers, sodium } from '../../test/fixtures.js';
import { concatBytes, fromHex, toHex, utf8 } from '../bytes.js';
import { isUsableKemKey } from '../kem-key.js';
import type { Primitives } from '../primitives.js';
import { nobleArgon2 } from './noble-argon2.js';
import { loadSodiumArgon2 } from './sodium.js';

const hex = (text: string): Uint8Array => {
  const bytes = fromHex(text);
  if (bytes === null) throw new Error('test data is not hexadecimal');
  return bytes;
};

interface XwingVector {
  seed: string;
  eseed: string;
  pk: string;
  ct: string;
  ss: string;
}
const xwingVectors = (
  JSON.parse(readFileSync(new URL('../../vectors/xwing-draft-vectors.json', import.meta.url), 'utf8')) as {
    vectors: XwingVector[];
  }
).vectors;

describe.each(providers.map((p) => [p.name, p] as const))('%s', (_name, p: Primitives) => {
  it('reproduces the X-Wing draft vectors', () => {
    expect(xwingVectors).toHaveLength(2);
    for (const vector of xwingVectors) {
      const { publicKey, secretKey } = p.xwing.keypair(hex(vector.seed));
      expect(toHex(publicKey)).toBe(vector.pk);
      const { ciphertext, sharedSecret } = p.xwing.encapsulate(publicKey, hex(vector.eseed));
      expect(toHex(ciphertext)).toBe(vector.ct);
      expect(toHex(sharedSecret)).toBe(vector.ss);
      expect(toHex(p.xwing.decapsulate(hex(vector.ct), secretKey))).toBe(vector.ss);
    }
  });

  it('knows RFC 8032 test 2 and the BLAKE2b of "abc"', () => {
    const seed = hex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    expect(toHex(p.ed25519.keypair(seed).publicKey)).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(toHex(p.ed25519.sign(hex('72'), seed))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
    expect(toHex(p.blake2b256(utf8('abc')))).toBe('bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319');
  });

  it('draws different random bytes of any length', () => {
    expect(p.randomBytes(0)).toHaveLength(0);
    expect(toHex(p.randomBytes(32))).not.toBe(toHex(p.randomBytes(32)));
    // More than one call of getRandomValues can give.
    const many = p.randomBytes(200_000);
    expect(many.subarray(199_000).some((byte) => byte !== 0)).toBe(true);
  });

  it('leaves the seed and the message it was given unchanged', () => {
    const seed = filled(5);
    const { secretKey } = p.xwing.keypair(seed);
    secretKey.fill(0);
    p.ed25519.keypair(seed);
    p.ed25519.sign(filled(1), seed);
    p.xwing.encapsulate(p.xwing.keypair(seed).publicKey, filled(7, 64));
    expect(toHex(seed)).toBe(toHex(filled(5)));
  });

  it('refuses a signature whose S has the group order added', () => {
    const seed = filled(1);
    const { publicKey } = p.ed25519.keypair(seed);
    const signature = p.ed25519.sign(utf8('message'), seed);
    expect(p.ed25519.verify(signature, utf8('message'), publicKey)).toBe(true);
    expect(p.ed25519.verify(malleate(signature), utf8('message'), publicKey)).toBe(false);
  });

  it('refuses keys and commitments of small order, and keys not in canonical form', () => {
    // With the neutral element as key and R, S = 0 fits every message when order is not checked.
    const neutral = hex('0100000000000000000000000000000000000000000000000000000000000000');
    const orderEight = hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
    const nonCanonicalNeutral = hex('eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f');
    const { publicKey } = p.ed25519.keypair(filled(1));
    for (const key of [neutral, orderEight, nonCanonicalNeutral]) {
      expect(p.ed25519.verify(concatBytes(neutral, new Uint8Array(32)), utf8('any'), key)).toBe(false);
      expect(p.ed25519.verify(concatBytes(key, new Uint8Array(32)), utf8('any'), publicKey)).toBe(false);
    }
  });

  it('says no, and does not throw, to signatures and keys that are not even points', () => {
    for (const length of [0, 31, 63, 65]) {
      expect(p.ed25519.verify(new Uint8Array(length), utf8('m'), filled(1))).toBe(false);
      expect(p.ed25519.verify(filled(255, 64), utf8('m'), new Uint8Array(length))).toBe(false);
    }
    expect(p.ed25519.verify(filled(255, 64), utf8('m'), filled(255))).toBe(false);
  });

  it('throws on an all-zero X25519 part, in ciphertexts and in public keys', () => {
    const { publicKey, secretKey } = p.xwing.keypair(filled(3));
    const { ciphertext } = p.xwing.encapsulate(publicKey);
    ciphertext.fill(0, 1088);
    expect(() => p.xwing.decapsulate(ciphertext, secretKey)).toThrow();
    publicKey.fill(0, 1184);
    expect(() => p.xwing.encapsulate(publicKey)).toThrow();
    expect(isUsableKemKey(p, publicKey)).toBe(false);
  });

  it('finds an unreduced ML-KEM key before anybody seals to it', () => {
    const { publicKey } = p.xwing.keypair(filled(3));
    expect(isUsableKemKey(p, publicKey)).toBe(true);
    // First coefficient 3329, the modulus itself; then the last one 4095.
    const first = publicKey.slice();
    first.set([0x01, (first[1] ?? 0) & 0xf0 | 0x0d]);
    expect(isUsableKemKey(p, first)).toBe(false);
    const last = publicKey.slice();
    last.set([(last[1150] ?? 0) | 0xf0, 0xff], 1150);
    expect(isUsableKemKey(p, last)).toBe(false);
    for (const key of [first, last]) expect(() => p.xwing.encapsulate(key)).toThrow('not reduced');
    expect(isUsableKemKey(p, publicKey.subarray(1))).toBe(false);
  });

  it('gives another secret, not an error, for a wrong X-Wing key', () => {
    const { ciphertext, sharedSecret } = p.xwing.encapsulate(p.xwing.keypair(filled(3)).publicKey);
    expect(toHex(p.xwing.decapsulate(ciphertext, filled(4)))).not.toBe(toHex(sharedSecret));
  });

  it('takes no string where bytes belong, and no missing key for "no key"', () => {
    const text = 'a'.repeat(32) as unknown as Uint8Array;
    const missing = undefined as unknown as Uint8Array;
    expect(() => p.blake2b256(text)).toThrow(TypeError);
    expect(() => p.blake2b256(filled(1), text)).toThrow(TypeError);
    expect(() => p.blake2b256(filled(1), missing)).toThrow(TypeError);
    expect(() => p.blake2b256(filled(1), new Uint8Array(0))).toThrow(TypeError);
    expect(() => p.aead.seal(text, filled(1), filled(1))).toThrow(TypeError);
    expect(() => p.aead.seal(filled(1, 31), filled(1), filled(1))).toThrow(TypeError);
    expect(() => p.aead.open(text, filled(1), filled(1))).toThrow(TypeError);
    expect(() => p.ed25519.sign(text, filled(1))).toThrow(TypeError);
    expect(() => p.ed25519.sign(filled(1), text)).toThrow(TypeError);
    expect(() => p.xwing.keypair(text)).toThrow(TypeError);
    expect(() => p.xwing.encapsulate(text)).toThrow(TypeError);
    expect(() => p.xwing.decapsulate(filled(1, 1120), text)).toThrow(TypeError);
    expect(() => p.secretstream.push(text)).toThrow(TypeError);
    expect(() => p.secretstream.pull(filled(1), text)).toThrow(TypeError);
  });

  it('does not open a box under another key, other data, or with anything changed', () => {
    const box = p.aead.seal(filled(1), utf8('text'), utf8('aad'));
    expect(p.aead.open(filled(1), box, utf8('aad'))).toEqual(utf8('text'));
    expect(p.aead.open(filled(2), box, utf8('aad'))).toBeNull();
    expect(p.aead.open(filled(1), box, utf8('aaD'))).toBeNull();
    expect(p.aead.open(filled(1), box.subarray(1), utf8('aad'))).toBeNull();
    expect(p.aead.open(filled(1), new Uint8Array(15), utf8('aad'))).toBeNull();
  });

  it('ends a secretstream with its final chunk', () => {
    const push = p.secretstream.push(filled(1));
    const [first, last] = [push.next(utf8('one'), false), push.next(utf8('two'), true)];
    expect(() => push.next(utf8('three'), false)).toThrow('final');
    const pull = p.secretstream.pull(filled(1), push.header);
    expect(pull.next(first)).toEqual({ message: utf8('one'), final: false });
    expect(pull.next(last)).toEqual({ message: utf8('two'), final: true });
    expect(pull.next(last)).toBeNull();
  });
});

describe('the two providers agree', () => {
  const bytes = (max: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: max });
  const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

  it('on BLAKE2b, Ed25519 and the AEAD, for any input', () => {
    fc.assert(
      fc.property(bytes(300), bytes(40), key, (message, aad, k) => {
        expect(noble.blake2b256(message)).toEqual(sodium.blake2b256(message));
        expect(noble.blake2b256(message, k)).toEqual(sodium.blake2b256(message, k));
        expect(noble.ed25519.keypair(k)).toEqual(sodium.ed25519.keypair(k));
        expect(noble.ed25519.sign(message, k)).toEqual(sodium.ed25519.sign(message, k));
        expect(noble.aead.seal(k, message, aad)).toEqual(sodium.aead.seal(k, message, aad));
      }),
      { numRuns: 60 },
    );
  });

  it('on X-Wing, for any seeds', () => {
    fc.assert(
      fc.property(key, fc.uint8Array({ minLength: 64, maxLength: 64 }), (seed, eseed) => {
        const pair = sodium.xwing.keypair(seed);
        expect(noble.xwing.keypair(seed)).toEqual(pair);
        const sealed = sodium.xwing.encapsulate(pair.publicKey, eseed);
        expect(noble.xwing.encapsulate(pair.publicKey, eseed)).toEqual(sealed);
        expect(noble.xwing.decapsulate(sealed.ciphertext, seed)).toEqual(sealed.sharedSecret);
        expect(sodium.xwing.decapsulate(sealed.ciphertext, seed)).toEqual(sealed.sharedSecret);
      }),
      { numRuns: 15 },
    );
  });

  it('on every byte of a secretstream, whatever the chunk lengths', () => {
    const header = fc.uint8Array({ minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(key, header, fc.array(bytes(200), { minLength: 1, maxLength: 6 }), (k, h, chunks) => {
        const streams = [sodium.secretstream.push(k, h), noble.secretstream.push(k, h)];
        const sealed = streams.map((stream) => chunks.map((chunk, i) => stream.next(chunk, i === chunks.length - 1)));
        expect(sealed[1]).toEqual(sealed[0]);
        for (const { reader } of pairs) {
          const pull = reader.secretstream.pull(k, h);
          for (const [i, chunk] of (sealed[0] ?? []).entries()) {
            expect(pull.next(chunk)).toEqual({ message: chunks[i], final: i === chunks.length - 1 });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('on Argon2id', async () => {
    const sumo = await loadSodiumArgon2();
    const cost = { iterations: 3, memoryBytes: 1024 * 1024 };
    for (const password of ['', 'пароль', 'x'.repeat(200)]) {
      const expected = await sumo.argon2id(utf8(password), filled(2, 16), cost);
      expect(expected).toHaveLength(32);
      expect(await nobleArgon2.argon2id(utf8(password), filled(2, 16), cost)).toEqual(expected);
    }
  });

  it('on what Argon2id refuses', async () => {
    for (const hash of [await loadSodiumArgon2(), nobleArgon2]) {
      const cost = { iterations: 3, memoryBytes: 1024 * 1024 };
      await expect(hash.argon2id('text' as unknown as Uint8Array, filled(2, 16), cost)).rejects.toThrow(TypeError);
      await expect(hash.argon2id(utf8('x'), filled(2, 15), cost)).rejects.toThrow(TypeError);
      await expect(hash.argon2id(utf8('x'), filled(2, 16), { ...cost, memoryBytes: 1_000_000 })).rejects.toThrow(RangeError);
      await expect(hash.argon2id(utf8('x'), filled(2, 16), { ...cost, iterations: 0 })).rejects.toThrow(RangeError);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, sodium } from '../test/fixtures.js';
import {
  ByteReader,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  isAllZero,
  toBase64url,
  toHex,
  u16,
  u32,
  u64,
  u8,
  utf8,
  wipe,
} from './bytes.js';
import { H, K, lab } from './hash.js';
import { padme } from './padme.js';

describe('integers', () => {
  it('are big-endian and read back', () => {
    expect([...u16(0x0102), ...u32(0x01020304)]).toEqual([1, 2, 1, 2, 3, 4]);
    expect([...u64(2 ** 53 - 1)]).toEqual([0, 0x1f, 255, 255, 255, 255, 255, 255]);
    fc.assert(fc.property(fc.maxSafeNat(), (n) => expect(new ByteReader(u64(n)).u64()).toBe(n)));
    fc.assert(fc.property(fc.nat(0xffff_ffff), (n) => expect(new ByteReader(u32(n)).u32()).toBe(n)));
  });

  it('are refused, not wrapped, when they do not fit', () => {
    for (const run of [() => u8(256), () => u16(65_536), () => u32(2 ** 32), () => u64(2 ** 53), () => u8(-1), () => u8(0.5)]) {
      expect(run).toThrow(RangeError);
    }
    // 2^53 and above has no safe integer to be read into.
    expect(new ByteReader(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0)).u64()).toBeNull();
    expect(() => new ByteReader(new Uint8Array(3)).u32()).toThrow(RangeError);
  });
});

describe('text forms', () => {
  it('read back what they wrote, as Node’s own do', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  it('have one spelling for one value', () => {
    expect(fromBase64url('AA')).toEqual(new Uint8Array(1));
    for (const other of ['AB', 'A', 'AA==', 'A+', 'A/', 'AAAAA', ' AA', 'AA\n']) expect(fromBase64url(other)).toBeNull();
    for (const other of ['AB', 'a', '0x00', 'zz', '00 ']) expect(fromHex(other)).toBeNull();
    expect(fromHex('0000', 3)).toBeNull();
    expect(fromBase64url('AAAA', 2)).toBeNull();
  });

  it('refuse broken UTF-8 and keep a byte order mark', () => {
    expect(() => fromUtf8(Uint8Array.of(0xc3))).toThrow();
    expect(fromUtf8(utf8('\ufeffжардам'))).toBe('\ufeffжардам');
  });
});

describe('comparing and clearing', () => {
  it('looks at lengths and at every byte', () => {
    expect(equalBytes(filled(1), filled(1))).toBe(true);
    expect(equalBytes(filled(1), filled(1, 31))).toBe(false);
    for (let i = 0; i < 32; i++) {
      const other = filled(1);
      other[i] = 2;
      expect(equalBytes(filled(1), other)).toBe(false);
      const one = new Uint8Array(32);
      expect(isAllZero(one)).toBe(true);
      one[i] = 128;
      expect(isAllZero(one)).toBe(false);
    }
    const secret = filled(7);
    wipe(secret);
    expect(isAllZero(secret)).toBe(true);
  });
});

describe('labels', () => {
  it('keep uses apart', () => {
    expect([...lab('ab')]).toEqual([2, 97, 98]);
    expect(H(sodium, 'a', utf8('bc'))).not.toEqual(H(sodium, 'ab', utf8('c')));
    expect(K(sodium, filled(1), 'a')).not.toEqual(H(sodium, 'a'));
    expect(K(sodium, filled(1), 'a')).not.toEqual(K(sodium, filled(2), 'a'));
    for (const bad of ['', 'ё', 'a b', 'x'.repeat(256)]) expect(() => lab(bad)).toThrow(TypeError);
  });

  it('want a key of 32 bytes, never a string, never nothing', () => {
    for (const key of ['a'.repeat(32), '', undefined, new Uint8Array(0), filled(1, 31), filled(1, 33)]) {
      expect(() => K(sodium, key as Uint8Array, 'a')).toThrow(TypeError);
    }
  });
});

describe('PADMÉ', () => {
  it('gives the lengths of the paper’s formula', () => {
    for (const [length, padded] of [[0, 0], [1, 1], [9, 10], [100, 104], [1000, 1024], [4097, 4352], [1_000_000, 1_015_808]] as const) {
      expect(padme(length)).toBe(padded);
    }
  });

  it('never shortens, adds 12 % at most, is stable and grows with the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (length) => {
        const padded = padme(length);
        expect(padded).toBeGreaterThanOrEqual(length);
        expect(padded).toBeLessThanOrEqual(Math.ceil(length * 1.12) + 1);
        expect(padme(padded)).toBe(padded);
        if (length > 0) expect(padme(length - 1)).toBeLessThanOrEqual(padded);
      }),
    );
    for (const bad of [-1, 0.5, Number.NaN, 2 ** 41]) expect(() => padme(bad)).toThrow(RangeError);
  });
});

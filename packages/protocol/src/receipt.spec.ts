import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { filled, noble, providers, sodium } from '../test/fixtures.js';
import { isAllZero, toHex } from './bytes.js';
import { loadSodiumArgon2 } from './providers/sodium.js';
import { drawReceiptWords, receiptKeys, receiptWordBytes, unwrapSecret, wrapSecret } from './receipt.js';
import { deriveSender, drawSenderSecret, mailboxTokenHash } from './sender.js';
import { EFF_LONG_WORDS, parseReceiptWords, wordsFromBytes, wordsFromIndices } from './words.js';

const argon2 = await loadSodiumArgon2();

describe('the word list', () => {
  it('is the EFF long list, unchanged', () => {
    expect(EFF_LONG_WORDS).toHaveLength(7776);
    expect(new Set(EFF_LONG_WORDS).size).toBe(7776);
    const digest = createHash('sha256').update(`${EFF_LONG_WORDS.join('\n')}\n`).digest('hex');
    expect(digest).toBe('6d557f0693958fb5e650b68b5bee585eb82cf4da32965505c789e924743bc522');
    expect([EFF_LONG_WORDS[0], EFF_LONG_WORDS[7775]]).toEqual(['abacus', 'zoom']);
  });
});

describe('receipt words', () => {
  it('are drawn evenly, without the values that would favour the first words', () => {
    const values = [7776 * 8, 65_535, 7775, 7776, 0, 62_207, 1, 2, 3];
    const scripted = { ...sodium, randomBytes: () => { const v = values.shift() ?? 0; return Uint8Array.of(v >> 8, v & 255); } };
    expect(drawReceiptWords(scripted)).toEqual([7775, 0, 0, 7775, 1, 2, 3]);
  });

  it('are read as people type them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7775), { minLength: 7, maxLength: 7 }), (indices) => {
        const words = wordsFromIndices(indices);
        const typed = `  1. ${words.map((word) => word.toUpperCase()).join(',\n')} .`;
        expect(parseReceiptWords(typed)).toEqual({ indices });
        expect(parseReceiptWords(words.join(' ').replaceAll('-', '–'))).toEqual({ indices });
      }),
      { numRuns: 100 },
    );
  });

  it('that are not in the list are named, with their place', () => {
    expect(parseReceiptWords('abacus zoom жардам abide')).toEqual({ refused: 'unknown-word', word: 'жардам', position: 3 });
    expect(parseReceiptWords('abacus zoom')).toEqual({ refused: 'wrong-count', count: 2 });
    expect(parseReceiptWords('')).toEqual({ refused: 'wrong-count', count: 0 });
    expect(parseReceiptWords(Array(8).fill('zoom').join(' '))).toEqual({ refused: 'wrong-count', count: 8 });
    expect(parseReceiptWords('constructor')).toMatchObject({ refused: 'unknown-word' });
  });

  it('have one canonical byte form', () => {
    expect(toHex(receiptWordBytes([0, 1, 2, 3, 4, 5, 7775]))).toBe('0000000100020003000400051e5f');
    expect(() => receiptWordBytes([1, 2, 3])).toThrow(RangeError);
    expect(() => receiptWordBytes([1, 2, 3, 4, 5, 6, 7776])).toThrow(RangeError);
  });
});

describe('a receipt', () => {
  it('brings the sender secret back on another device', async () => {
    const secret = drawSenderSecret(sodium);
    const words = drawReceiptWords(sodium);
    const keys = await receiptKeys(sodium, argon2, words, filled(1));
    const wrapped = wrapSecret(sodium, keys.wrapKey, secret);
    expect(wrapped).toHaveLength(48);

    const typed = parseReceiptWords(wordsFromIndices(words).join(' '));
    if ('refused' in typed) throw new Error('the words were just drawn');
    const again = await receiptKeys(noble, argon2, typed.indices, filled(1));
    expect(again.locator).toEqual(keys.locator);
    expect(unwrapSecret(noble, again.wrapKey, wrapped)).toEqual(secret);
  }, 60_000);

  it('with one other word, at another instance, or with wrapped bytes changed, gives nothing', async () => {
    const words = [1, 2, 3, 4, 5, 6, 7];
    const keys = await receiptKeys(sodium, argon2, words, filled(1));
    const wrapped = wrapSecret(sodium, keys.wrapKey, filled(9));
    for (const other of [
      await receiptKeys(sodium, argon2, [1, 2, 3, 4, 5, 6, 8], filled(1)),
      await receiptKeys(sodium, argon2, [2, 1, 3, 4, 5, 6, 7], filled(1)),
      await receiptKeys(sodium, argon2, words, filled(2)),
    ]) {
      expect(other.locator).not.toEqual(keys.locator);
      expect(unwrapSecret(sodium, other.wrapKey, wrapped)).toBeNull();
    }
    expect(unwrapSecret(sodium, keys.wrapKey, wrapped.subarray(1))).toBeNull();
    wrapped[0] = (wrapped[0] ?? 0) ^ 1;
    expect(unwrapSecret(sodium, keys.wrapKey, wrapped)).toBeNull();
  }, 60_000);
});

describe('the sender secret', () => {
  it('leads to the same keys with both providers, each for its own use', () => {
    const [one, two] = providers.map((p) => deriveSender(p, filled(4)));
    expect(two).toEqual(one);
    if (one === undefined) throw new Error('two providers');
    const secrets = [one.signSeed, one.replyKem.secretKey, one.mailboxToken, mailboxTokenHash(sodium, one.mailboxToken)];
    expect(new Set(secrets.map(toHex)).size).toBe(4);
    expect(secrets.some(isAllZero)).toBe(false);
  });

  it('is never a string', () => {
    expect(() => deriveSender(sodium, 'a'.repeat(32) as unknown as Uint8Array)).toThrow(TypeError);
  });
});

describe('eight words of a hash', () => {
  it('are the same for the same hash and differ early for another', () => {
    expect(wordsFromBytes(new Uint8Array(32))).toEqual(Array(8).fill('abacus'));
    expect(wordsFromBytes(filled(255))).toHaveLength(8);
    const changed = filled(3);
    changed[15] = 4;
    expect(wordsFromBytes(changed)).not.toEqual(wordsFromBytes(filled(3)));
    expect(() => wordsFromBytes(filled(1, 16))).toThrow(TypeError);
  });

  it('are base-7776 digits of the first 16 bytes', () => {
    const one = new Uint8Array(32);
    one[15] = 1;
    expect(wordsFromBytes(one)).toEqual([...Array<string>(7).fill('abacus'), EFF_LONG_WORDS[1]]);
    one[14] = 0x1e;
    one[15] = 0x60;
    expect(wordsFromBytes(one)).toEqual([...Array<string>(6).fill('abacus'), EFF_LONG_WORDS[1], 'abacus']);
  });
});

// Words that people write down or read aloud. Not exported by index.ts: the list is 60 kB, and a page needs it only
// once something has to be shown or typed.
import { requireBytes } from './bytes.js';
import { receiptWordCount, wordListLength } from './receipt.js';
import { effLongWordsText } from './words-eff-long.js';

/** The EFF long list, 7776 words in dice order; a word's index is its number in every format. */
export const EFF_LONG_WORDS: readonly string[] = effLongWordsText.trim().split(/\s+/);

const indexOfWord: ReadonlyMap<string, number> = new Map(EFF_LONG_WORDS.map((word, index) => [word, index]));

/** Words of a 32-byte fingerprint or instance id that two people compare aloud: 103 bits. */
export const fingerprintWordCount = 8;

/** The words of given numbers (0 to 7775). */
export function wordsFromIndices(indices: readonly number[]): string[] {
  return indices.map((index) => {
    const word = EFF_LONG_WORDS[index];
    if (word === undefined) throw new RangeError('no such word');
    return word;
  });
}

/** Eight words of a 32-byte hash: its first 16 bytes as a number, modulo 7776^8, as base-7776 digits, the most
 *  significant first. */
export function wordsFromBytes(hash: Uint8Array): string[] {
  requireBytes('hash', hash, 32);
  let number = hash.subarray(0, 16).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  const indices: number[] = [];
  for (let i = 0; i < fingerprintWordCount; i++) {
    indices.unshift(Number(number % BigInt(wordListLength)));
    number /= BigInt(wordListLength);
  }
  return wordsFromIndices(indices);
}

export type ReceiptWords =
  | { readonly indices: number[] }
  | { readonly refused: 'unknown-word'; readonly word: string; readonly position: number }
  | { readonly refused: 'wrong-count'; readonly count: number };

/** Reads receipt words as people type them: any case, any spaces, commas, full stops, line breaks or numbering.
 *  `position` counts from 1. An unknown word is named before a wrong count, so that it can be put right first. */
export function parseReceiptWords(text: string): ReceiptWords {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    // Phones turn hyphens into dashes; four words of the list carry one.
    .replace(/[\u2010-\u2015\u2212]/gu, '-')
    .split(/[^\p{L}\p{M}'-]+/u)
    .filter((word) => word !== '' && word !== '-');
  const indices: number[] = [];
  for (const [i, word] of words.entries()) {
    const index = indexOfWord.get(word);
    if (index === undefined) return { refused: 'unknown-word', word, position: i + 1 };
    indices.push(index);
  }
  return indices.length === receiptWordCount ? { indices } : { refused: 'wrong-count', count: indices.length };
}

// The receipt: 7 words with which the defender gets the sender secret back on any phone.
import { concatBytes, requireBytes, u16, ByteReader, wipe } from './bytes.js';
import { H, K } from './hash.js';
import { aeadTagBytes, keyBytes, type PasswordHash, type Primitives } from './primitives.js';

/** 7 words of 7776: 90.5 bits. */
export const receiptWordCount = 7;
export const wordListLength = 7776;
/** Fixed by the protocol: the words alone must lead to the same keys on every device, for ever. */
export const receiptArgon2 = { iterations: 3, memoryBytes: 64 * 1024 * 1024 } as const;
export const wrappedSecretBytes = keyBytes + aeadTagBytes;

// The largest multiple of the list length in 16 bits; draws at or above it are thrown away, so every word is equally
// likely.
const unbiasedLimit = Math.floor(0x1_0000 / wordListLength) * wordListLength;

export interface ReceiptKeys {
  /** Names the wrapped secret on the server; 32 bytes. */
  readonly locator: Uint8Array;
  /** Seals one secret only: the words, and so this key, are drawn anew for every alert. */
  readonly wrapKey: Uint8Array;
}

/** Draws 7 word numbers (0 to 7775), uniformly. */
export function drawReceiptWords(p: Primitives): number[] {
  const indices: number[] = [];
  while (indices.length < receiptWordCount) {
    const value = new ByteReader(p.randomBytes(2)).u16();
    if (value < unbiasedLimit) indices.push(value % wordListLength);
  }
  return indices;
}

/** The canonical bytes of the words: each number as u16. Independent of the language the words are shown in. */
export function receiptWordBytes(indices: readonly number[]): Uint8Array {
  if (indices.length !== receiptWordCount) throw new RangeError(`${receiptWordCount} words expected`);
  if (indices.some((index) => index >= wordListLength)) throw new RangeError('no such word');
  return concatBytes(...indices.map(u16));
}

/** KEK = Argon2id(words, first 16 bytes of H("JDM1/receipt", instance_id), 64 MiB, t=3); locator and wrap key of it.
 *  Takes about half a second with libsodium, several seconds without WebAssembly. */
export async function receiptKeys(
  p: Primitives,
  passwordHash: PasswordHash,
  indices: readonly number[],
  instanceId: Uint8Array,
): Promise<ReceiptKeys> {
  requireBytes('instanceId', instanceId, 32);
  const password = receiptWordBytes(indices);
  const salt = H(p, 'JDM1/receipt', instanceId).slice(0, 16);
  const kek = await passwordHash.argon2id(password, salt, receiptArgon2);
  const keys = { locator: K(p, kek, 'JDM1/receipt-locator'), wrapKey: K(p, kek, 'JDM1/receipt-wrap') };
  wipe(kek, password);
  return keys;
}

/** Wraps the 32-byte sender secret: 48 bytes that the server stores under the locator. */
export function wrapSecret(p: Primitives, wrapKey: Uint8Array, senderSecret: Uint8Array): Uint8Array {
  requireBytes('senderSecret', senderSecret, keyBytes);
  return p.aead.seal(wrapKey, senderSecret, new Uint8Array(0));
}

/** The sender secret again, or null when these are not the bytes that were wrapped. */
export function unwrapSecret(p: Primitives, wrapKey: Uint8Array, wrapped: Uint8Array): Uint8Array | null {
  return wrapped.length === wrappedSecretBytes ? p.aead.open(wrapKey, wrapped, new Uint8Array(0)) : null;
}

import { randomBytes } from 'node:crypto';
import { concatBytes, K, u32, wipe, type Primitives } from '@jardam/protocol';

const saltBytes = 32;

/** What a key of the server's own seals, and where it may be opened. */
export interface SealingPlace {
  /** Label of K: keeps uses of one key apart. */
  readonly label: string;
  /** Bytes that name the row: a box copied to another row does not open there. */
  readonly context: Uint8Array;
}

/**
 * Seals `plaintext` under a 32-byte server key: salt 32 ‖ XChaCha20-Poly1305 box (plaintext + 16).
 *
 * The salt gives every box a key of its own, K(key, label, salt ‖ u32 length ‖ context), which is what the AEAD's
 * zero nonce needs; random salts of 32 bytes do not repeat.
 */
export function sealUnder(p: Primitives, key: Uint8Array, place: SealingPlace, plaintext: Uint8Array): Uint8Array {
  // Not p.randomBytes: libsodium.js asks the runtime for four bytes at a time, which took a tenth of the intake's time.
  const salt = randomBytes(saltBytes);
  const boxKey = boxKeyOf(p, key, place, salt);
  const box = p.aead.seal(boxKey, plaintext, place.context);
  wipe(boxKey);
  return concatBytes(salt, box);
}

/** The plaintext again, or null when the box was altered, belongs elsewhere, or was sealed under another key. */
export function openUnder(p: Primitives, key: Uint8Array, place: SealingPlace, sealed: Uint8Array): Uint8Array | null {
  const boxKey = boxKeyOf(p, key, place, sealed.subarray(0, saltBytes));
  const plaintext = p.aead.open(boxKey, sealed.subarray(saltBytes), place.context);
  wipe(boxKey);
  return plaintext;
}

function boxKeyOf(p: Primitives, key: Uint8Array, { label, context }: SealingPlace, salt: Uint8Array): Uint8Array {
  return K(p, key, label, salt, u32(context.length), context);
}

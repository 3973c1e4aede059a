// The two labelled hashes from which every key, identifier and commitment of JDM1 is made.
import { concatBytes, requireBytes, u8, utf8 } from './bytes.js';
import { keyBytes, type Primitives } from './primitives.js';

/** Length-prefixed ASCII label: u8 length ‖ label. The prefix keeps "a"+"bc" apart from "ab"+"c". */
export function lab(label: string): Uint8Array {
  if (!/^[\x21-\x7e]{1,255}$/.test(label)) throw new TypeError('a label is 1 to 255 printable ASCII characters');
  return concatBytes(u8(label.length), utf8(label));
}

/** H(label, x…) = BLAKE2b-256(lab(label) ‖ x…). Parts must be of fixed length or delimit themselves. */
export function H(p: Primitives, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return p.blake2b256(concatBytes(lab(label), ...parts));
}

/** K(k, label, x…): the same hash keyed with k, exactly 32 bytes. All key derivation goes through here. */
export function K(p: Primitives, key: Uint8Array, label: string, ...parts: readonly Uint8Array[]): Uint8Array {
  requireBytes('key', key, keyBytes);
  return p.blake2b256(concatBytes(lab(label), ...parts), key);
}

/** Signs lab(label) ‖ hash. Everything that is signed in JDM1 is signed in this shape. */
export function signLabelled(p: Primitives, label: string, hash: Uint8Array, seed: Uint8Array): Uint8Array {
  return p.ed25519.sign(concatBytes(lab(label), hash), seed);
}

/** Verifies a signature over lab(label) ‖ hash. */
export function verifyLabelled(
  p: Primitives,
  label: string,
  hash: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
): boolean {
  return p.ed25519.verify(signature, concatBytes(lab(label), hash), publicKey);
}

// Proof of work for anonymous submissions when somebody floods the server. Bounded to what an old phone does in 5 s:
// people behind one Tor exit must still get through.
import { concatBytes, requireBytes, u64 } from './bytes.js';
import { alertIdBytes } from './envelope-format.js';
import { lab } from './hash.js';
import type { Primitives } from './primitives.js';
import { yieldToEventLoop } from './runtime.js';

/** No server may ask for more, and no client does more: 2^16 hashes on average. */
export const MAX_ADMISSION_BITS = 16;

/** Hashes between two turns of the event loop; a few milliseconds on a slow phone. */
const hashesPerSlice = 256;

/** Finds a nonce for which H("JDM1/admission", challenge ‖ alert_id ‖ u64 nonce) starts with `bits` zero bits.
 *  Gives the event loop a turn after every slice, and tells `onSlice` how many hashes were tried. */
export async function solveAdmission(
  p: Primitives,
  challenge: Uint8Array,
  alertId: Uint8Array,
  bits: number,
  onSlice?: (tried: number) => void,
): Promise<number> {
  requireBits(bits);
  const message = admissionMessage(challenge, alertId);
  for (let nonce = 0; ; nonce++) {
    if (isSolved(p, message, bits, nonce)) return nonce;
    if (nonce % hashesPerSlice === hashesPerSlice - 1) {
      onSlice?.(nonce + 1);
      await yieldToEventLoop();
    }
  }
}

/** Whether `nonce` solves the challenge for this alert. */
export function verifyAdmission(
  p: Primitives,
  challenge: Uint8Array,
  alertId: Uint8Array,
  bits: number,
  nonce: number,
): boolean {
  requireBits(bits);
  const message = admissionMessage(challenge, alertId);
  return Number.isSafeInteger(nonce) && nonce >= 0 && isSolved(p, message, bits, nonce);
}

const nonceBytes = 8;

/** The hashed message with room for the nonce at its end: made once, because the loop's time is what a phone pays. */
function admissionMessage(challenge: Uint8Array, alertId: Uint8Array): Uint8Array {
  requireBytes('challenge', challenge, 32);
  requireBytes('alertId', alertId, alertIdBytes);
  return concatBytes(lab('JDM1/admission'), challenge, alertId, new Uint8Array(nonceBytes));
}

function isSolved(p: Primitives, message: Uint8Array, bits: number, nonce: number): boolean {
  message.set(u64(nonce), message.length - nonceBytes);
  return leadingZeroBits(p.blake2b256(message)) >= bits;
}

function leadingZeroBits(hash: Uint8Array): number {
  const at = hash.findIndex((byte) => byte !== 0);
  return at === -1 ? hash.length * 8 : at * 8 + Math.clz32(hash[at] ?? 0) - 24;
}

function requireBits(bits: number): void {
  if (!Number.isInteger(bits) || bits < 0 || bits > MAX_ADMISSION_BITS) {
    throw new RangeError(`admission asks for 0 to ${MAX_ADMISSION_BITS} bits`);
  }
}

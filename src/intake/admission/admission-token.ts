import { concatBytes, equalBytes, ByteReader, fromBase64url, K, toBase64url, u64, u8, verifyAdmission, type Primitives } from '@jardam/protocol';

const saltBytes = 16;
const macBytes = 32;

/** What a client has to solve. The server keeps nothing: the token says it all and cannot be forged. */
export interface AdmissionChallenge {
  /** Opaque to the client, sent back with the solution: u8 bits ‖ u64 expiry in ms ‖ salt 16 ‖ mac 32, base64url. */
  readonly token: string;
  /** 32 bytes, base64url. The mac itself: random to everybody but the server, and different for every token. */
  readonly challenge: string;
  /** Leading zero bits asked for; 0 means that there is nothing to do. */
  readonly bits: number;
  readonly expiresAtMs: number;
}

/** What the client sends in the header of its submission. */
export interface AdmissionProof {
  readonly challenge: string;
  readonly nonce: string;
}

/** Makes a challenge. Two instances with the same 32-byte key understand each other's. */
export function issueChallenge(p: Primitives, key: Uint8Array, bits: number, expiresAtMs: number): AdmissionChallenge {
  const body = concatBytes(u8(bits), u64(expiresAtMs), p.randomBytes(saltBytes));
  const mac = macOf(p, key, body);
  return { token: toBase64url(concatBytes(body, mac)), challenge: toBase64url(mac), bits, expiresAtMs };
}

/**
 * How many bits of work a proof shows for this alert; null when the token is not ours, has expired, or the nonce does
 * not solve it for this alert. The work is bound to the alert id: one solution admits one alert.
 */
export function provenBits(p: Primitives, key: Uint8Array, proof: AdmissionProof, alertId: Uint8Array, nowMs: number): number | null {
  const bytes = fromBase64url(proof.challenge, 1 + 8 + saltBytes + macBytes);
  if (bytes === null) return null;
  const body = bytes.subarray(0, bytes.length - macBytes);
  const mac = bytes.subarray(bytes.length - macBytes);
  if (!equalBytes(mac, macOf(p, key, body))) return null;
  const reader = new ByteReader(body);
  const bits = reader.u8();
  const expiresAtMs = reader.u64();
  if (expiresAtMs === null || expiresAtMs < nowMs) return null;
  return verifyAdmission(p, mac, alertId, bits, Number(proof.nonce)) ? bits : null;
}

function macOf(p: Primitives, key: Uint8Array, body: Uint8Array): Uint8Array {
  return K(p, key, 'jardam/admission', body);
}

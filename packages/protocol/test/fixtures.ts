// What most specs of this package start from: the two providers, and one small sealed report.
import {
  alertIdBytes,
  concatBytes,
  fromHex,
  K,
  headerHash,
  sealEnvelope,
  signLabelled,
  H,
  utf8,
  parseEnvelope,
  type Primitives,
  type SealedEnvelope,
  type SealInput,
} from '../src/index.js';
import { noble } from '../src/providers/noble.js';
import { loadSodium } from '../src/providers/sodium.js';

export const sodium = await loadSodium();
export { noble };
export const providers: readonly Primitives[] = [sodium, noble];
/** Each provider as sender with each as reader. */
export const pairs = providers.flatMap((sender) => providers.map((reader) => ({ sender, reader })));

/** 32 bytes that are easy to tell apart in a failure. */
export const filled = (value: number, length = 32): Uint8Array => new Uint8Array(length).fill(value);

/** The bytes with one bit turned over; bit 0 is the most significant of byte 0. */
export function flipBit(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = bytes.slice();
  const at = bit >>> 3;
  flipped[at] = (flipped[at] ?? 0) ^ (0x80 >>> (bit & 7));
  return flipped;
}

/** The bytes with `value` written over position `at`. */
export function withBytes(bytes: Uint8Array, at: number, value: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed.set(value, at);
  return changed;
}

// Order of the Ed25519 base point, little-endian (RFC 8032, 5.1).
const groupOrder = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/** The signature with S + L: another encoding of the same signature equation, which RFC 8032 forbids. */
export function malleate(signature: Uint8Array): Uint8Array {
  const changed = signature.slice();
  let carry = 0;
  for (let i = 0; i < 32; i++) {
    const sum = (changed[32 + i] ?? 0) + (groupOrder?.[i] ?? 0) + carry;
    changed[32 + i] = sum & 0xff;
    carry = sum >>> 8;
  }
  return changed;
}

/** A report to a local officer (tier 1) and the EU focal point (tier 4, behind a gate), with everything needed to
 *  open it, to change it and to sign it again. */
export interface SmallReport extends SealedEnvelope {
  readonly input: SealInput;
  readonly officer: { publicKey: Uint8Array; secretKey: Uint8Array };
  readonly focalPoint: { publicKey: Uint8Array; secretKey: Uint8Array };
  readonly rk: Uint8Array;
}

export const reportText = 'Соседи видели, как его увели в 14:02';

export function smallReport(p: Primitives, changes: Partial<SealInput> = {}): SmallReport {
  const officer = p.xwing.keypair(p.randomBytes(32));
  const focalPoint = p.xwing.keypair(p.randomBytes(32));
  const rk = p.randomBytes(32);
  const input: SealInput = {
    kind: 1,
    alertId: p.randomBytes(alertIdBytes),
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: 7,
    rosterHash: filled(9),
    senderSeed: p.randomBytes(32),
    recipients: [
      { kemPk: officer.publicKey, tier: 1 },
      { kemPk: focalPoint.publicKey, tier: 4 },
    ],
    gates: [{ tier: 4, rk }],
    data: utf8(reportText),
    ...changes,
  };
  return { ...sealEnvelope(p, input), input, officer, focalPoint, rk };
}

/** Signs changed envelope bytes again with the true sender's key: what an attacker who has that key could do, and the
 *  way to reach the checks behind the signature. */
export function resign(p: Primitives, bytes: Uint8Array, senderSeed: Uint8Array): Uint8Array {
  const { head, mac, payload } = parseEnvelope(bytes);
  const hh = headerHash(p, head, mac);
  const signature = signLabelled(p, 'JDM1/sig', concatBytes(hh, H(p, 'JDM1/body', payload)), senderSeed);
  return withBytes(bytes, bytes.length - 64, signature);
}

/** The envelope with its head's mac, payload and signature made anew: what only a holder of the content key can do. */
export function reseal(
  p: Primitives,
  bytes: Uint8Array,
  input: { contentKey: Uint8Array; senderSeed: Uint8Array; plaintext: Uint8Array },
): Uint8Array {
  const { head, payload } = parseEnvelope(bytes);
  const mac = K(p, K(p, input.contentKey, 'JDM1/mac-key'), 'JDM1/mac', head);
  const hh = headerHash(p, head, mac);
  const sealed = p.aead.seal(K(p, input.contentKey, 'JDM1/payload', hh), input.plaintext, hh);
  if (sealed.length !== payload.length) throw new Error('the plaintext must keep the payload length');
  return resign(p, concatBytes(head, mac, sealed, new Uint8Array(64)), input.senderSeed);
}

/** The code or name of what `run` throws, or 'nothing thrown'. */
export function thrownBy(run: () => unknown): string {
  try {
    run();
    return 'nothing thrown';
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
    return error instanceof Error ? error.name : 'something else thrown';
  }
}

// JDM1 envelope, layer 1: shape. Everything a reader can refuse without a single cryptographic operation is refused
// here, so that hostile bytes reach the cryptography only in a known form.
import { ByteReader, equalBytes, utf8 } from './bytes.js';
import { aeadTagBytes, keyBytes, signatureBytes, xwingCiphertextBytes } from './primitives.js';
import { padme } from './padme.js';

export const envelopeMagic = utf8('JDM1');
export const envelopeSuite = 1;

/** 1 report, 2 armed packet, 3 follow-up by the defender, 4 reply to the defender, 5 team note, 6 stand-down request. */
export const ENVELOPE_KINDS = { report: 1, armed: 2, followup: 3, reply: 4, note: 5, standDown: 6 } as const;
export type EnvelopeKind = (typeof ENVELOPE_KINDS)[keyof typeof ENVELOPE_KINDS];

/** Slot counts an envelope may have: the true number of recipients is hidden among them. */
export const SLOT_COUNTS = [4, 8, 16, 32, 64] as const;

export const preludeBytes = 144;
export const gateBytes = 1 + keyBytes;
export const stanzaBoxBytes = keyBytes + aeadTagBytes;
export const stanzaBytes = 1 + xwingCiphertextBytes + stanzaBoxBytes;
export const macBytes = 32;
export const alertIdBytes = 16;
export const hashBytes = 32;

/** The smallest padded payload; a short message and a long one look alike up to here. */
export const minPayloadBytes = 4096;
/** The largest padded payload. Text only; files travel as attachments. */
export const maxPayloadBytes = 262_144;
export const maxGates = 16;
export const maxRecipients = 64;
/** The largest envelope there can be; what a server's body limit is set from. */
export const maxEnvelopeBytes =
  preludeBytes + gateBytes * maxGates + stanzaBytes * maxRecipients + macBytes + maxPayloadBytes + aeadTagBytes + signatureBytes;

export type EnvelopeErrorCode =
  // shape
  | 'truncated'
  | 'trailing-bytes'
  | 'too-large'
  | 'bad-magic'
  | 'bad-suite'
  | 'bad-kind'
  | 'bad-flags'
  | 'bad-reserved'
  | 'bad-seq'
  | 'bad-slot-count'
  | 'bad-gates'
  | 'bad-payload-length'
  // what the reader expected
  | 'unknown-roster'
  | 'wrong-alert'
  | 'wrong-sender'
  | 'wrong-seq'
  | 'wrong-prev'
  // cryptography, in the order in which it is checked
  | 'bad-signature'
  | 'gate-mismatch'
  | 'gate-closed'
  | 'not-a-recipient'
  | 'mac-mismatch'
  | 'payload-corrupt'
  | 'bad-padding'
  // sealing
  | 'bad-recipients'
  | 'unusable-key'
  | 'payload-too-long';

/** An envelope that must not be opened, accepted or made. The code says why; the message never quotes content. */
export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';

  constructor(readonly code: EnvelopeErrorCode) {
    super(`envelope refused: ${code}`);
  }
}

export interface Gate {
  readonly tier: number;
  /** 32-byte commitment to the tier's release key. */
  readonly commit: Uint8Array;
}

export interface Stanza {
  readonly tier: number;
  readonly ciphertext: Uint8Array;
  readonly box: Uint8Array;
}

/** An envelope of correct shape; nothing in it has been verified. All arrays are views into `bytes`. */
export interface ParsedEnvelope {
  readonly bytes: Uint8Array;
  readonly kind: EnvelopeKind;
  readonly alertId: Uint8Array;
  readonly seq: number;
  readonly prevHash: Uint8Array;
  readonly rosterVersion: number;
  readonly rosterHash: Uint8Array;
  readonly senderPk: Uint8Array;
  readonly gates: readonly Gate[];
  readonly stanzas: readonly Stanza[];
  /** The tier byte of every slot, dummies included: what a server may know about who can read. */
  readonly stanzaTiers: readonly number[];
  readonly prelude: Uint8Array;
  readonly gateSection: Uint8Array;
  /** prelude ‖ gates ‖ stanzas. */
  readonly head: Uint8Array;
  readonly mac: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

/** The padded plaintext length of `dataLength` bytes of data: u32 length ‖ data ‖ zeros. */
export function paddedPayloadBytes(dataLength: number): number {
  return Math.max(minPayloadBytes, padme(dataLength + 4));
}

/** Reads the shape of an envelope. Throws EnvelopeError; decides nothing about its truth. */
export function parseEnvelope(bytes: Uint8Array): ParsedEnvelope {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('envelope must be bytes');
  if (bytes.length < preludeBytes) throw new EnvelopeError('truncated');
  if (bytes.length > maxEnvelopeBytes) throw new EnvelopeError('too-large');

  const reader = new ByteReader(bytes);
  if (!equalBytes(reader.take(4), envelopeMagic)) throw new EnvelopeError('bad-magic');
  if (reader.u8() !== envelopeSuite) throw new EnvelopeError('bad-suite');
  const kind = reader.u8();
  if (!isKind(kind)) throw new EnvelopeError('bad-kind');
  if (reader.u16() !== 0) throw new EnvelopeError('bad-flags');
  const alertId = reader.take(alertIdBytes);
  const seq = reader.u64();
  if (seq === null) throw new EnvelopeError('bad-seq');
  const prevHash = reader.take(hashBytes);
  const rosterVersion = reader.u64();
  if (rosterVersion === null) throw new EnvelopeError('unknown-roster');
  const rosterHash = reader.take(hashBytes);
  const senderPk = reader.take(keyBytes);
  const gateCount = reader.u8();
  const slotCount = reader.u8();
  if (reader.u16() !== 0) throw new EnvelopeError('bad-reserved');
  const payloadLength = reader.u32();

  if (gateCount > maxGates) throw new EnvelopeError('bad-gates');
  if (!(SLOT_COUNTS as readonly number[]).includes(slotCount)) throw new EnvelopeError('bad-slot-count');
  checkPayloadLength(payloadLength - aeadTagBytes);
  const headLength = preludeBytes + gateBytes * gateCount + stanzaBytes * slotCount;
  const total = headLength + macBytes + payloadLength + signatureBytes;
  if (bytes.length < total) throw new EnvelopeError('truncated');
  if (bytes.length > total) throw new EnvelopeError('trailing-bytes');

  const gates: Gate[] = [];
  for (let i = 0; i < gateCount; i++) {
    const tier = reader.u8();
    // Two gates for one tier would leave it to each reader which commitment counts.
    if (gates.some((gate) => gate.tier === tier)) throw new EnvelopeError('bad-gates');
    gates.push({ tier, commit: reader.take(keyBytes) });
  }
  const stanzas: Stanza[] = [];
  for (let i = 0; i < slotCount; i++) {
    stanzas.push({ tier: reader.u8(), ciphertext: reader.take(xwingCiphertextBytes), box: reader.take(stanzaBoxBytes) });
  }
  return {
    bytes,
    kind,
    alertId,
    seq,
    prevHash,
    rosterVersion,
    rosterHash,
    senderPk,
    gates,
    stanzas,
    stanzaTiers: stanzas.map((stanza) => stanza.tier),
    prelude: bytes.subarray(0, preludeBytes),
    gateSection: bytes.subarray(preludeBytes, preludeBytes + gateBytes * gateCount),
    head: bytes.subarray(0, headLength),
    mac: reader.take(macBytes),
    payload: reader.take(payloadLength),
    signature: reader.take(signatureBytes),
  };
}

function isKind(kind: number): kind is EnvelopeKind {
  return kind >= ENVELOPE_KINDS.report && kind <= ENVELOPE_KINDS.standDown;
}

function checkPayloadLength(padded: number): void {
  // Only lengths that padding can produce: any other would be a covert mark on the message.
  const possible = padded >= minPayloadBytes && padded <= maxPayloadBytes && padme(padded) === padded;
  if (!possible) throw new EnvelopeError('bad-payload-length');
}

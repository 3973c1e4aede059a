// Replies to the defender (kind 4) and team notes (kind 5). The envelope's sender key is used once and thrown away, so
// that outside nobody sees who of the team wrote; the responder's own signature is inside the payload.
import { fromBase64url, fromHex, requireBytes, toBase64url, toHex, u32, u64, utf8 } from './bytes.js';
import type { Recipient, SealedEnvelope } from './envelope-seal.js';
import { sealEnvelope } from './envelope-seal.js';
import { openEnvelope, type OpenedEnvelope, type OpenInput } from './envelope-open.js';
import { ENVELOPE_KINDS, EnvelopeError } from './envelope-format.js';
import { H, signLabelled, verifyLabelled } from './hash.js';
import { ridBytes } from './keys.js';
import { encodePayload, parsePayload } from './payloads.js';
import type { Primitives } from './primitives.js';

export type ReplyKind = typeof ENVELOPE_KINDS.reply | typeof ENVELOPE_KINDS.note;

// A label for each kind: a note for colleagues must never pass for a reply to the defender.
const labels: Readonly<Record<ReplyKind, string>> = { 4: 'JDM1/reply', 5: 'JDM1/note' };

/** The tier byte of the defender's own stanza in a reply. */
export const replyTier = 0;

/** H(label, alert_id ‖ sender_pk ‖ rid ‖ u64 time ‖ u32 length ‖ text). The envelope's sender key is inside, so the
 *  signature cannot be lifted into another envelope. */
function replyHash(
  p: Primitives,
  kind: ReplyKind,
  input: { alertId: Uint8Array; senderPk: Uint8Array; rid: Uint8Array; time: number; text: string },
): Uint8Array {
  const text = utf8(input.text);
  requireBytes('rid', input.rid, ridBytes);
  return H(p, labels[kind], input.alertId, input.senderPk, input.rid, u64(input.time), u32(text.length), text);
}

export interface ReplyInput {
  readonly kind: ReplyKind;
  readonly alertId: Uint8Array;
  readonly rosterVersion: number;
  readonly rosterHash: Uint8Array;
  /** The defender's reply key under tier 0 (not for a note), and the team. */
  readonly recipients: readonly Recipient[];
  readonly rid: Uint8Array;
  readonly signSeed: Uint8Array;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
}

/** Signs and seals a reply or a note. Throws ShapeError when the text does not fit 4096 bytes. */
export function sealReply(p: Primitives, input: ReplyInput): SealedEnvelope {
  const senderSeed = p.randomBytes(32);
  const senderPk = p.ed25519.keypair(senderSeed).publicKey;
  const sig = signLabelled(p, labels[input.kind], replyHash(p, input.kind, { ...input, senderPk }), input.signSeed);
  const data = encodePayload(input.kind, {
    v: 1,
    t: input.kind === ENVELOPE_KINDS.reply ? 'reply' : 'note',
    rid: toHex(input.rid),
    time: input.time,
    text: input.text,
    sig: toBase64url(sig),
  });
  return sealEnvelope(p, {
    kind: input.kind,
    alertId: input.alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: input.rosterVersion,
    rosterHash: input.rosterHash,
    senderSeed,
    recipients: input.recipients,
    gates: [],
    data,
  });
}

export type OpenedReply =
  | { readonly rid: string; readonly time: number; readonly text: string; readonly opened: OpenedEnvelope }
  | { readonly refused: 'unknown-responder' | 'bad-responder-signature' };

/** Opens a reply or note and verifies the responder's signature. `signPkOf` gives the Ed25519 key (32 bytes) that the
 *  verified roster names for a responder id at that time, or null. Throws EnvelopeError and ShapeError like the
 *  layers below. */
export function openReply(
  p: Primitives,
  bytes: Uint8Array,
  input: OpenInput & {
    readonly kind: ReplyKind;
    readonly signPkOf: (rid: string, time: number) => Uint8Array | null;
  },
): OpenedReply {
  const opened = openEnvelope(p, bytes, input);
  if (opened.parsed.kind !== input.kind) throw new EnvelopeError('bad-kind');
  const payload = parsePayload(input.kind, opened.data);
  const signPk = input.signPkOf(payload.rid, payload.time);
  if (signPk === null) return { refused: 'unknown-responder' };
  const [rid, signature] = [fromHex(payload.rid), fromBase64url(payload.sig)];
  if (rid === null || signature === null) throw new Error('payload shape was checked before');
  const { alertId, senderPk } = opened.parsed;
  const hash = replyHash(p, input.kind, { alertId, senderPk, rid, time: payload.time, text: payload.text });
  if (!verifyLabelled(p, labels[input.kind], hash, signature, signPk)) return { refused: 'bad-responder-signature' };
  return { rid: payload.rid, time: payload.time, text: payload.text, opened };
}

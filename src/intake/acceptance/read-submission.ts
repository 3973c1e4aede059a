import {
  checkGate,
  ENVELOPE_KINDS,
  EnvelopeError,
  fromBase64url,
  isAllZero,
  parseEnvelope,
  parseSubmissionHeader,
  ShapeError,
  splitSubmission,
  verifyEnvelope,
  type EnvelopeErrorCode,
  type ParsedEnvelope,
  type Primitives,
  type SubmissionHeader,
  type VerifiedEnvelope,
} from '@jardam/protocol';

/** Why posted bytes are not a report. `field` names what is wrong in the header, never its value. */
export type SubmissionRefusal =
  | { readonly refused: 'truncated' | 'header-too-long' | 'not-a-report' | 'not-armed' | 'not-a-first-message' | 'bad-gate' | 'bad-tiers' }
  | { readonly refused: 'bad-header'; readonly field: string }
  | { readonly refused: EnvelopeErrorCode };

/** A submission of correct shape; nothing in it has been verified. */
export interface Submission {
  readonly header: SubmissionHeader;
  readonly envelope: ParsedEnvelope;
}

/** A submission whose sender signed it and whose gates have their keys. */
export interface VerifiedSubmission {
  readonly header: SubmissionHeader;
  readonly envelope: VerifiedEnvelope;
  /** Tiers the sender allows, each once, ascending. */
  readonly tiers: readonly number[];
  readonly mailboxHash: Uint8Array;
  /** Release key (32 bytes) by tier: exactly the gates of the envelope. */
  readonly releaseKeys: ReadonlyMap<number, Uint8Array>;
}

/** Reads the shape of a report (kind 1) or an armed packet (kind 2): lengths, header, envelope. No cryptography has run
 *  when this refuses. */
export function readSubmission(bytes: Uint8Array, kind: 1 | 2 = ENVELOPE_KINDS.report): Submission | SubmissionRefusal {
  const split = splitSubmission(bytes);
  if ('refused' in split) return split;
  try {
    const header = parseSubmissionHeader(split.headerJson);
    const envelope = parseEnvelope(split.envelope);
    if (envelope.kind !== kind) return { refused: kind === ENVELOPE_KINDS.report ? 'not-a-report' : 'not-armed' };
    if (envelope.seq !== 0 || !isAllZero(envelope.prevHash)) return { refused: 'not-a-first-message' };
    const tiers = new Set(header.tiers);
    const sealedTo = new Set(envelope.stanzaTiers);
    if (envelope.gates.some(({ tier }) => !sealedTo.has(tier))) return { refused: 'bad-gate' };
    // A stanza of a tier that the header leaves out is a consent that the sender did not give, or a broken client.
    // Tier 0 is the sender's own copy. The other way round is fine: a tier of which nobody could be sealed to stays in
    // the header, and the ladder says truthfully that nobody was reached there.
    if (envelope.stanzaTiers.some((tier) => tier !== 0 && !tiers.has(tier))) return { refused: 'bad-tiers' };
    return { header, envelope };
  } catch (error) {
    if (error instanceof ShapeError) return { refused: 'bad-header', field: error.path };
    if (error instanceof EnvelopeError) return { refused: error.code };
    throw error;
  }
}

/** Verifies the signature, and that the release keys beside the envelope are those its gates commit to, no more. */
export function verifySubmission(p: Primitives, { header, envelope: parsed }: Submission): VerifiedSubmission | SubmissionRefusal {
  let envelope: VerifiedEnvelope;
  try {
    envelope = verifyEnvelope(p, parsed.bytes);
  } catch (error) {
    if (error instanceof EnvelopeError) return { refused: error.code };
    throw error;
  }
  const releaseKeys = new Map<number, Uint8Array>();
  for (const [name, text] of Object.entries(header.release)) {
    const rk = fromBase64url(text, 32);
    // A key without a gate opens nothing; a gate without its key would stay closed for ever.
    if (rk === null || !checkGate(p, envelope, Number(name), rk)) return { refused: 'bad-gate' };
    releaseKeys.set(Number(name), rk);
  }
  if (envelope.gates.some(({ tier }) => !releaseKeys.has(tier))) return { refused: 'bad-gate' };
  const mailboxHash = fromBase64url(header.mailbox, 32);
  if (mailboxHash === null) return { refused: 'bad-header', field: '$.mailbox' };
  return { header, envelope, tiers: [...new Set(header.tiers)].sort((a, b) => a - b), mailboxHash, releaseKeys };
}

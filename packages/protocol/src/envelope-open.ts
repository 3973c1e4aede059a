// JDM1 envelope, layer 3b: verifying and opening, in the order the protocol fixes. Each step may assume that all
// earlier ones held; the order is part of the format, because it decides which error an attacker can provoke.
import { ByteReader, equalBytes, isAllZero, requireBytes, wipe } from './bytes.js';
import { EnvelopeError, parseEnvelope, type ParsedEnvelope } from './envelope-format.js';
import {
  envelopeHash,
  gateCommitment,
  gatesHash,
  headerHash,
  headMac,
  payloadKey,
  preludeHash,
  signedPart,
  wrapKey,
} from './envelope-hashes.js';
import { verifyLabelled } from './hash.js';
import { keyBytes, type Primitives } from './primitives.js';

export interface VerifiedEnvelope extends ParsedEnvelope {
  readonly hh: Uint8Array;
  readonly envelopeHash: Uint8Array;
}

/** Shape and sender's signature: all that a server can check at intake. Throws EnvelopeError. */
export function verifyEnvelope(p: Primitives, bytes: Uint8Array): VerifiedEnvelope {
  return verifyParsed(p, parseEnvelope(bytes));
}

function verifyParsed(p: Primitives, parsed: ParsedEnvelope): VerifiedEnvelope {
  const hh = headerHash(p, parsed.head, parsed.mac);
  const signed = signedPart(p, hh, parsed.payload);
  if (!verifyLabelled(p, 'JDM1/sig', signed, parsed.signature, parsed.senderPk)) throw new EnvelopeError('bad-signature');
  return { ...parsed, hh, envelopeHash: envelopeHash(p, parsed.bytes) };
}

export interface OpenInput {
  /** The reader's X-Wing secret keys (32 bytes each), the likeliest first. */
  readonly kemSecretKeys: readonly Uint8Array[];
  /** Release keys by tier, as far as the gatekeeper has given them out. */
  readonly releaseKeys?: ReadonlyMap<number, Uint8Array>;
  /** What the reader already knows. Anything given is enforced. */
  readonly expect?: {
    readonly alertId?: Uint8Array;
    readonly senderPk?: Uint8Array;
    readonly seq?: number;
    readonly prevHash?: Uint8Array;
    readonly roster?: { readonly version: number; readonly hash: Uint8Array };
  };
}

export interface OpenedEnvelope {
  readonly data: Uint8Array;
  readonly contentKey: Uint8Array;
  readonly hh: Uint8Array;
  readonly envelopeHash: Uint8Array;
  /** The tier of the stanza that opened. */
  readonly tier: number;
  readonly parsed: VerifiedEnvelope;
}

/** Opens an envelope, or throws EnvelopeError. Whether the reader is on the list inside and whether the message is
 *  new is asked afterwards, of the payload (see opening.ts). */
export function openEnvelope(p: Primitives, bytes: Uint8Array, input: OpenInput): OpenedEnvelope {
  const shape = parseEnvelope(bytes);
  checkExpected(shape, input.expect ?? {});
  const parsed = verifyParsed(p, shape);
  const ph = preludeHash(p, parsed.prelude);
  const releaseKeys = input.releaseKeys ?? new Map<number, Uint8Array>();
  checkGates(p, parsed, ph, releaseKeys);

  const { contentKey, tier } = unwrap(p, parsed, gatesHash(p, ph, parsed.gateSection), input.kemSecretKeys, releaseKeys);
  // The mac commits to the content key: two stanzas with different keys cannot both lead to an accepted text.
  if (!equalBytes(parsed.mac, headMac(p, contentKey, parsed.head))) throw new EnvelopeError('mac-mismatch');

  const key = payloadKey(p, contentKey, parsed.hh);
  const plaintext = p.aead.open(key, parsed.payload, parsed.hh);
  wipe(key);
  if (plaintext === null) throw new EnvelopeError('payload-corrupt');
  const data = unpad(plaintext);
  wipe(plaintext);
  return { data, contentKey, hh: parsed.hh, envelopeHash: parsed.envelopeHash, tier, parsed };
}

function checkExpected(parsed: ParsedEnvelope, expect: NonNullable<OpenInput['expect']>): void {
  const { alertId, senderPk, seq, prevHash, roster } = expect;
  const rosterKnown =
    roster === undefined || (roster.version === parsed.rosterVersion && equalBytes(roster.hash, parsed.rosterHash));
  if (!rosterKnown) throw new EnvelopeError('unknown-roster');
  if (alertId !== undefined && !equalBytes(alertId, parsed.alertId)) throw new EnvelopeError('wrong-alert');
  if (senderPk !== undefined && !equalBytes(senderPk, parsed.senderPk)) throw new EnvelopeError('wrong-sender');
  if (seq !== undefined && seq !== parsed.seq) throw new EnvelopeError('wrong-seq');
  if (prevHash !== undefined && !equalBytes(prevHash, parsed.prevHash)) throw new EnvelopeError('wrong-prev');
}

function checkGates(
  p: Primitives,
  parsed: ParsedEnvelope,
  ph: Uint8Array,
  releaseKeys: ReadonlyMap<number, Uint8Array>,
): void {
  for (const [tier, rk] of releaseKeys) {
    requireBytes('release key', rk, keyBytes);
    const gate = parsed.gates.find((each) => each.tier === tier);
    // A release key for a tier without a gate means that key and envelope do not belong together: refused as well.
    if (gate === undefined || !equalBytes(gate.commit, gateCommitment(p, rk, ph, tier))) {
      throw new EnvelopeError('gate-mismatch');
    }
  }
}

function unwrap(
  p: Primitives,
  parsed: ParsedEnvelope,
  gh: Uint8Array,
  secretKeys: readonly Uint8Array[],
  releaseKeys: ReadonlyMap<number, Uint8Array>,
): { contentKey: Uint8Array; tier: number } {
  const closed = new Set(parsed.gates.map((gate) => gate.tier).filter((tier) => !releaseKeys.has(tier)));
  for (const secretKey of secretKeys) {
    requireBytes('secret key', secretKey, keyBytes);
    const { publicKey } = p.xwing.keypair(secretKey);
    for (const { tier, ciphertext, box } of parsed.stanzas) {
      if (closed.has(tier)) continue;
      const ss = decapsulate(p, ciphertext, secretKey);
      if (ss === null) continue;
      const key = wrapKey(p, { ss, gh, tier, ct: ciphertext, pk: publicKey, rk: releaseKeys.get(tier) });
      const contentKey = p.aead.open(key, box, gh);
      wipe(ss, key);
      if (contentKey !== null) return { contentKey, tier };
    }
  }
  // Behind a closed gate nobody can tell whether a stanza is theirs; "not a recipient" would be a guess.
  throw new EnvelopeError(parsed.stanzas.some(({ tier }) => closed.has(tier)) ? 'gate-closed' : 'not-a-recipient');
}

/** A stanza made to fail for one reader must not stop the trial of the others. */
function decapsulate(p: Primitives, ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array | null {
  try {
    return p.xwing.decapsulate(ciphertext, secretKey);
  } catch {
    return null;
  }
}

function unpad(plaintext: Uint8Array): Uint8Array {
  const length = new ByteReader(plaintext).u32();
  if (length > plaintext.length - 4) throw new EnvelopeError('bad-padding');
  if (!isAllZero(plaintext.subarray(4 + length))) throw new EnvelopeError('bad-padding');
  return plaintext.slice(4, 4 + length);
}

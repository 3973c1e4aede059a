// Sealing beforehand: the packet that one tap, or silence, sends later. Every tier is behind a gate of one release
// secret, so that nobody can read it before it is released, responders included.
import {
  armedGates,
  deriveSender,
  drawReceiptWords,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  EnvelopeError,
  mailboxTokenHash,
  minPhraseLength,
  releaseSecretOf,
  sealEnvelope,
  toBase64url,
  uniformPhrase,
  wrapSecret,
  type Consents,
  type Language,
} from '@jardam/protocol';
import { audienceOf } from '../defender/compose.js';
import type { Directory } from '../defender/directory.js';
import { slowly } from '../defender/slow.js';

/** Most characters of the text: with a long list of recipients more would not fit into the 4096 bytes that every
 *  packet has. */
export const maxTextLength = 300;

export interface PacketDraft {
  readonly t: 'panic' | 'check-in';
  readonly lang: Language;
  /** What responders read first: who this is, what to do. May be empty. */
  readonly text: string;
  readonly consents: Pick<Consents, 'abroad' | 'eu'>;
  /** Organisations that get no key. */
  readonly excluded: readonly string[];
  /** Empty: none, and then a stand-down is checked by asking alone. */
  readonly phrase: string;
}

export interface SealedPacket {
  /** What the server keeps: header ‖ envelope. */
  readonly packet: Uint8Array;
  /** What goes into the button; for a check-in the server keeps it under the gatekeeper's key. */
  readonly releaseSecret: Uint8Array;
  /** What the seven words lead to, once the packet was sent. */
  readonly receipt: { readonly locator: Uint8Array; readonly wrapped: Uint8Array };
  /** Numbers of the seven words. */
  readonly words: readonly number[];
}

/** Whether a phrase may be used; the empty one means "none". */
export function isPhraseLongEnough(phrase: string): boolean {
  const length = uniformPhrase(phrase).length;
  return length === 0 || length >= minPhraseLength;
}

/**
 * Seals a packet to everybody whom the draft allows. Takes about a second, without WebAssembly up to a minute (Argon2id
 * for the words and the phrase). Throws EnvelopeError 'bad-recipients' when it may go to nobody, and whatever
 * encodePayload throws when it is too long.
 */
export async function sealPacket(directory: Directory, draft: PacketDraft): Promise<SealedPacket> {
  const { p, pin, policy, roster } = directory;
  const consents: Consents = { responders: true, un: false, publication: false, family: false, ...draft.consents };
  const audience = audienceOf(policy, roster.current.body, { severity: 'S1', consents, excluded: draft.excluded, gated: false }, Date.now());
  if (audience.recipients.length === 0) throw new EnvelopeError('bad-recipients');
  const alertId = p.randomBytes(16);
  const secret = drawSenderSecret(p);
  const keys = deriveSender(p, secret);
  const releaseSecret = releaseSecretOf(p, secret);
  const verifier = uniformPhrase(draft.phrase) === '' ? null : await slowly('phrase-verifier', { phrase: draft.phrase, alertId });
  const words = drawReceiptWords(p);
  const { locator, wrapKey } = await slowly('receipt-keys', { indices: words, instanceId: pin.instanceId });
  const wrapped = wrapSecret(p, wrapKey, secret);
  wrapKey.fill(0);
  const { bytes } = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.armed,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.current.body.version,
    rosterHash: roster.current.hash,
    senderSeed: keys.signSeed,
    recipients: audience.recipients,
    gates: armedGates(p, releaseSecret, alertId, audience.listed.map(({ tier }) => tier)),
    data: encodePayload(ENVELOPE_KINDS.armed, {
      v: 1,
      t: draft.t,
      lang: draft.lang,
      at: new Date().toISOString(),
      severity: 'S1',
      answers: draft.text.trim() === '' ? {} : { what: draft.text.trim() },
      consents,
      recipients: audience.listed,
      reply: { kem: toBase64url(keys.replyKem.publicKey) },
      attachments: [],
      instance: toBase64url(pin.instanceId),
      ...(verifier === null
        ? {}
        : {
            standDown: {
              salt: toBase64url(verifier.salt),
              iterations: verifier.iterations,
              memoryKiB: verifier.memoryBytes / 1024,
              verifier: toBase64url(verifier.verifier),
            },
          }),
    }),
  });
  const packet = encodeSubmission(
    {
      v: 1,
      severity: 'S1',
      policy: { id: policy.id, sha256: policy.sha256 },
      tiers: audience.tiers,
      exclude: draft.excluded,
      mailbox: toBase64url(mailboxTokenHash(p, keys.mailboxToken)),
      release: {},
      drill: false,
    },
    bytes,
  );
  secret.fill(0);
  keys.signSeed.fill(0);
  keys.replyKem.secretKey.fill(0);
  keys.mailboxToken.fill(0);
  return { packet, releaseSecret, receipt: { locator, wrapped }, words };
}

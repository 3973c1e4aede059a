import {
  armedGates,
  armedLocator,
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  mailboxTokenHash,
  releaseSecretOf,
  sealEnvelope,
  toBase64url,
  type ArmedPayload,
  type Recipient,
  type SealedEnvelope,
  type SenderKeys,
  type StandDownVerifier,
  type SubmissionHeader,
} from '@jardam/protocol';
import type { Coalition } from './coalition.js';

export interface PacketOptions {
  readonly t?: ArmedPayload['t'];
  readonly what?: string;
  readonly severity?: SubmissionHeader['severity'];
  /** Gates for these tiers only; by default for all, as the protocol asks. */
  readonly gated?: readonly number[];
  readonly header?: Partial<SubmissionHeader>;
  readonly roster?: Coalition['roster'];
  /** Of the alert id that is drawn when none is given; see makePhraseVerifier. */
  readonly standDown?: { readonly alertId: Uint8Array; readonly verifier: StandDownVerifier };
}

/** A packet as the Mini App holds it after sealing. */
export interface SealedPacket {
  readonly alertId: Uint8Array;
  readonly locator: Uint8Array;
  readonly recipients: readonly Recipient[];
  readonly sender: SenderKeys;
  readonly releaseSecret: Uint8Array;
  readonly envelope: SealedEnvelope;
  readonly payload: ArmedPayload;
  /** What is posted when arming. */
  readonly packet: Uint8Array;
}

/** Seals a packet to every active responder, each tier behind a gate of the one release secret. */
export function sealPacket(coalition: Coalition, options: PacketOptions = {}): SealedPacket {
  const { p, policy, instanceId } = coalition;
  const roster = options.roster ?? coalition.roster;
  const tiers = policy.body.tiers.filter((tier) => tier.consent !== 'publication').map(({ tier }) => tier);
  const listed = roster.body.responders
    .filter(({ status }) => status === 'active')
    .flatMap((each) => each.tiers.filter((tier) => tiers.includes(tier)).map((tier) => ({ each, tier })));
  const alertId = options.standDown?.alertId ?? p.randomBytes(16);
  const senderSecret = drawSenderSecret(p);
  const sender = deriveSender(p, senderSecret);
  const releaseSecret = releaseSecretOf(p, senderSecret);
  const severity = options.severity ?? 'S1';
  const payload: ArmedPayload = {
    v: 1,
    t: options.t ?? 'panic',
    lang: 'ru',
    at: new Date().toISOString(),
    severity,
    answers: { what: options.what ?? 'detained' },
    consents: { responders: true, abroad: true, eu: true, un: false, publication: false, family: false },
    recipients: listed.map(({ each, tier }) => ({ rid: each.rid, org: each.org, tier })),
    reply: { kem: toBase64url(sender.replyKem.publicKey) },
    attachments: [],
    instance: toBase64url(instanceId),
    ...(options.standDown === undefined ? {} : { standDown: options.standDown.verifier }),
  };
  const recipients = listed.map(({ each, tier }) => ({ kemPk: new Uint8Array(Buffer.from(each.kem_pk, 'base64url')), tier }));
  const envelope = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.armed,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.body.version,
    rosterHash: roster.hash,
    senderSeed: sender.signSeed,
    recipients,
    gates: armedGates(p, releaseSecret, alertId, options.gated ?? listed.map(({ tier }) => tier)),
    data: encodePayload(ENVELOPE_KINDS.armed, payload),
  });
  const header: SubmissionHeader = {
    v: 1,
    severity,
    policy: { id: policy.body.id, sha256: policy.sha256.toString('hex') },
    tiers,
    exclude: [],
    mailbox: toBase64url(mailboxTokenHash(p, sender.mailboxToken)),
    release: {},
    drill: false,
    ...options.header,
  };
  return {
    alertId,
    recipients,
    locator: armedLocator(p, alertId),
    sender,
    releaseSecret,
    envelope,
    payload,
    packet: encodeSubmission(header, envelope.bytes),
  };
}

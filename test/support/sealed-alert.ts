import {
  ackProof,
  alertTag,
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeStatement,
  encodeSubmission,
  ENVELOPE_KINDS,
  mailboxTokenHash,
  openEnvelope,
  parsePayload,
  sealEnvelope,
  sealReply,
  signStatement,
  toBase64url,
  toHex,
  type AttachmentEntry,
  type Answers,
  type FollowupPayload,
  type PayloadByKind,
  type Recipient,
  type ReplyKind,
  type ReportPayload,
  type SealedEnvelope,
  type SenderKeys,
  type Severity,
  type StandDownPayload,
  type Statement,
  type SubmissionHeader,
} from '@jardam/protocol';
import { TIER, type Coalition, type Person } from './coalition.js';

export interface AlertOptions {
  readonly severity?: Severity;
  readonly t?: 'report' | 'panic';
  readonly answers?: Answers;
  /** Consents beyond the coalition's own responders; without one that tier has no stanza. */
  readonly consents?: { readonly abroad?: boolean; readonly eu?: boolean; readonly un?: boolean };
  /** Organisations that the sender leaves out. */
  readonly exclude?: readonly string[];
  /** Tiers that wait for the gatekeeper; by default those the policy gates of a report and none of a panic. */
  readonly gated?: readonly number[];
  readonly drill?: boolean;
  readonly lang?: ReportPayload['lang'];
  readonly attachments?: readonly AttachmentEntry[];
  /** Drawn when not given; attachments need it beforehand. */
  readonly contentKey?: Uint8Array;
  readonly admission?: SubmissionHeader['admission'];
}

/** An alert as the defender's device holds it after sealing. */
export interface SealedAlert {
  readonly alertId: Uint8Array;
  /** 32 hexadecimal characters, as in URLs. */
  readonly alertIdHex: string;
  readonly tag: Uint8Array;
  readonly senderSecret: Uint8Array;
  readonly sender: SenderKeys;
  readonly payload: ReportPayload;
  readonly envelope: SealedEnvelope;
  readonly header: SubmissionHeader;
  /** The body of POST /alerts. */
  readonly submission: Uint8Array;
  readonly recipients: readonly Recipient[];
  readonly releaseKeys: ReadonlyMap<number, Uint8Array>;
}

/** Seals a report the way the defender's page does: to every active responder of the allowed tiers. */
export function sealAlert(coalition: Coalition, options: AlertOptions = {}): SealedAlert {
  const { p, roster, policy, instanceId } = coalition;
  const severity = options.severity ?? 'S1';
  const t = options.t ?? 'report';
  const consents = { abroad: true, eu: true, un: false, ...options.consents };
  const exclude = options.exclude ?? [];
  const tiers = policy.body.tiers
    .filter((tier) => tier.consent === null || (tier.consent !== 'publication' && consents[tier.consent]))
    .map((tier) => tier.tier);

  const listed = roster.body.responders
    .filter((each) => each.status === 'active' && !exclude.includes(each.org))
    .flatMap((each) => each.tiers.filter((tier) => tiers.includes(tier)).map((tier) => ({ each, tier })));
  const recipients = listed.map(({ each, tier }) => ({ kemPk: bytesOf(each.kem_pk), tier }));
  const alertId = p.randomBytes(16);
  const senderSecret = drawSenderSecret(p);
  const sender = deriveSender(p, senderSecret);
  const gatedByPolicy = policy.body.tiers.filter((tier) => tier.gated).map((tier) => tier.tier);
  const gated = (options.gated ?? (t === 'panic' ? [] : gatedByPolicy)).filter((tier) => recipients.some((r) => r.tier === tier));
  const releaseKeys = new Map(gated.map((tier) => [tier, p.randomBytes(32)]));

  const payload: ReportPayload = {
    v: 1,
    t,
    lang: options.lang ?? 'ru',
    at: new Date().toISOString(),
    severity,
    answers: options.answers ?? { what: 'detained' },
    consents: { responders: true, publication: false, family: false, ...consents },
    recipients: listed.map(({ each, tier }) => ({ rid: each.rid, org: each.org, tier })),
    reply: { kem: toBase64url(sender.replyKem.publicKey) },
    attachments: options.attachments ?? [],
    instance: toBase64url(instanceId),
  };
  const envelope = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.report,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.body.version,
    rosterHash: roster.hash,
    senderSeed: sender.signSeed,
    recipients,
    gates: [...releaseKeys].map(([tier, rk]) => ({ tier, rk })),
    data: encodePayload(ENVELOPE_KINDS.report, payload),
    ...(options.contentKey === undefined ? {} : { contentKey: options.contentKey }),
  });
  const header: SubmissionHeader = {
    v: 1,
    severity,
    policy: { id: policy.body.id, sha256: policy.sha256.toString('hex') },
    tiers,
    exclude,
    mailbox: toBase64url(mailboxTokenHash(p, sender.mailboxToken)),
    release: Object.fromEntries([...releaseKeys].map(([tier, rk]) => [String(tier), toBase64url(rk)])),
    drill: options.drill ?? false,
    ...(options.admission === undefined ? {} : { admission: options.admission }),
  };
  return {
    alertId,
    alertIdHex: toHex(alertId),
    tag: alertTag(p, alertId),
    senderSecret,
    sender,
    payload,
    envelope,
    header,
    submission: encodeSubmission(header, envelope.bytes),
    recipients,
    releaseKeys,
  };
}

/** The defender's next message (kind 3 or 6), chained to `previous`. */
export function sealNext<K extends 3 | 6>(
  coalition: Coalition,
  alert: Pick<SealedAlert, 'alertId' | 'sender' | 'recipients' | 'envelope'>,
  kind: K,
  payload: K extends 3 ? Omit<FollowupPayload, 'v' | 't' | 'at'> : Omit<StandDownPayload, 'v' | 't' | 'at'>,
  previous: { readonly seq: number; readonly envelopeHash: Uint8Array } = { seq: 0, envelopeHash: alert.envelope.envelopeHash },
): SealedEnvelope & { readonly seq: number } {
  const { p, roster } = coalition;
  const t = kind === ENVELOPE_KINDS.followup ? 'followup' : 'stand-down';
  const data = encodePayload(kind, { v: 1, t, at: new Date().toISOString(), ...payload } as unknown as PayloadByKind[K]);
  const seq = previous.seq + 1;
  const sealed = sealEnvelope(p, {
    kind,
    alertId: alert.alertId,
    seq,
    prevHash: previous.envelopeHash,
    rosterVersion: roster.body.version,
    rosterHash: roster.hash,
    senderSeed: alert.sender.signSeed,
    recipients: alert.recipients,
    gates: [],
    data,
  });
  return { ...sealed, seq };
}

/** Opens a report as `person`, or throws EnvelopeError. */
export function openReportAs(
  coalition: Coalition,
  person: Person,
  bytes: Uint8Array,
  releaseKeys: ReadonlyMap<number, Uint8Array> = new Map(),
): { payload: ReportPayload; contentKey: Uint8Array; hh: Uint8Array; tier: number } {
  const opened = openEnvelope(coalition.p, bytes, { kemSecretKeys: [person.keys.kem.secretKey], releaseKeys });
  return { ...opened, payload: parsePayload(ENVELOPE_KINDS.report, opened.data) };
}

/** A reply to the defender (kind 4) or a note for the team (kind 5), as the desk seals it. */
export function sealMessageAs(coalition: Coalition, person: Person, alert: SealedAlert, kind: ReplyKind, text: string): SealedEnvelope {
  const defender: Recipient = { kemPk: alert.sender.replyKem.publicKey, tier: 0 };
  return sealReply(coalition.p, {
    kind,
    alertId: alert.alertId,
    rosterVersion: coalition.roster.body.version,
    rosterHash: coalition.roster.hash,
    recipients: kind === ENVELOPE_KINDS.reply ? [defender, ...alert.recipients] : alert.recipients,
    rid: person.rid,
    signSeed: person.keys.signSeed,
    time: Date.now(),
    text,
  });
}

export interface SignedAct {
  /** The body of POST /desk/alerts/:id/statements. */
  readonly body: { readonly statement: string; readonly signature: string; readonly proof?: string };
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly statement: Statement;
}

/** A person's signed act on an alert. An acknowledgement carries its proof when a content key is known. */
export function signAct(
  coalition: Coalition,
  person: Person,
  alert: Pick<SealedAlert, 'tag' | 'envelope'>,
  act: Pick<Statement, 'type' | 'prevEventHash'> & Partial<Pick<Statement, 'tier' | 'gen' | 'time' | 'hh' | 'tag'>> & { readonly detail?: object },
): SignedAct {
  const { p } = coalition;
  const statement: Statement = {
    type: act.type,
    tag: act.tag ?? alert.tag,
    hh: act.hh ?? alert.envelope.hh,
    tier: act.tier ?? person.tiers[0] ?? TIER.T1,
    gen: act.gen ?? 1,
    time: act.time ?? Date.now(),
    prevEventHash: act.prevEventHash,
    rid: person.rid,
    detail: JSON.stringify(act.detail ?? {}),
  };
  const bytes = encodeStatement(statement);
  const signature = signStatement(p, bytes, person.keys.signSeed);
  const proof = act.type === 'ack' ? ackProof(p, alert.envelope.contentKey, person.rid, statement.time) : undefined;
  return {
    statement,
    bytes,
    signature,
    body: {
      statement: toBase64url(bytes),
      signature: toBase64url(signature),
      ...(proof === undefined ? {} : { proof: toBase64url(proof) }),
    },
  };
}

function bytesOf(base64url: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64url, 'base64url'));
}

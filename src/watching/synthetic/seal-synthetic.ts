import {
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  mailboxTokenHash,
  sealEnvelope,
  toBase64url,
  toHex,
  type Primitives,
  type ReportPayload,
  type SubmissionHeader,
} from '@jardam/protocol';
import { WATCH_POLICY_ID } from '../../domain/policy.js';
import { WATCH_TIER, type Robot } from './robot.js';

/** What of the coalition a sealed report names. */
export interface SealedTo {
  readonly instanceId: Uint8Array;
  readonly rosterVersion: number;
  readonly rosterHash: Uint8Array;
  readonly policySha256: Uint8Array;
  /** The robot's organisation in the roster. */
  readonly org: string;
}

export interface SyntheticReport {
  readonly alertId: Uint8Array;
  /** The bytes to post; with a solved challenge when the door asks for one. */
  submission(admission?: SubmissionHeader['admission']): Uint8Array;
}

/**
 * A report as a defender's device seals it, to the robot alone. S2: it takes the same way as every report, and one
 * person may close it; a critical one needs two.
 */
export function sealSynthetic(p: Primitives, robot: Robot, to: SealedTo): SyntheticReport {
  const severity = 'S2';
  const alertId = p.randomBytes(16);
  const sender = deriveSender(p, drawSenderSecret(p));
  const payload: ReportPayload = {
    v: 1,
    t: 'report',
    lang: 'en',
    at: new Date().toISOString(),
    severity,
    answers: { what: 'synthetic' },
    consents: { responders: true, abroad: false, eu: false, un: false, publication: false, family: false },
    recipients: [{ rid: toHex(robot.rid), org: to.org, tier: WATCH_TIER }],
    reply: { kem: toBase64url(sender.replyKem.publicKey) },
    attachments: [],
    instance: toBase64url(to.instanceId),
  };
  const envelope = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.report,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: to.rosterVersion,
    rosterHash: to.rosterHash,
    senderSeed: sender.signSeed,
    recipients: [{ kemPk: robot.keys.kem.publicKey, tier: WATCH_TIER }],
    gates: [],
    data: encodePayload(ENVELOPE_KINDS.report, payload),
  });
  const header: SubmissionHeader = {
    v: 1,
    severity,
    policy: { id: WATCH_POLICY_ID, sha256: toHex(to.policySha256) },
    tiers: [WATCH_TIER],
    exclude: [],
    mailbox: toBase64url(mailboxTokenHash(p, sender.mailboxToken)),
    release: {},
    drill: true,
  };
  return { alertId, submission: (admission) => encodeSubmission({ ...header, ...(admission === undefined ? {} : { admission }) }, envelope.bytes) };
}

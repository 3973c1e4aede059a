import {
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  fromBase64url,
  gateKey,
  isUsable,
  mailboxTokenHash,
  releaseSecretOf,
  sealEnvelope,
  solveAdmission,
  toBase64url,
  toHex,
  type Primitives,
  type Severity,
  type SubmissionHeader,
} from '@jardam/protocol';
import type { Policy } from '../domain/policy.js';
import { policySha256 } from '../escalation/policy-schema.js';
import type { PublishedRoster } from '../roster/roster-store.js';
import { SUBMISSION_TYPE } from '../platform/http/body-parsers.js';
import { CliFailure, EXIT } from './failure.js';

const postTimeoutMs = 15_000;

export interface DrillOptions {
  readonly severity: Severity;
  /** Audiences beyond the coalition's own responders that take part. */
  readonly consents: { readonly abroad: boolean; readonly eu: boolean; readonly un: boolean };
}

interface Sealed {
  readonly alertId: Uint8Array;
  readonly header: SubmissionHeader;
  readonly envelope: Uint8Array;
}

/**
 * Seals a drill as a defender's page seals a report. Its secret is thrown away: nobody reads replies to a drill, and
 * responders end it.
 */
export function sealDrill(p: Primitives, known: { readonly instanceId: Uint8Array; readonly roster: PublishedRoster; readonly policy: Policy }, options: DrillOptions, now: Date): Sealed {
  const { roster, policy } = known;
  const steps = policy.tiers.filter(({ afterMs, consent }) => afterMs[options.severity] !== null && (consent === null || (consent !== 'publication' && options.consents[consent])));
  const readers = steps.flatMap(({ tier }) =>
    roster.body.responders
      .filter((each) => each.tiers.includes(tier) && isUsable(each, now.getTime()))
      .map(({ rid, org, kem_pk }) => ({ rid, org, tier, kemPk: keyOf(kem_pk) })),
  );
  if (readers.length === 0) throw new CliFailure('nobody in these tiers has a valid key, so there is nobody to try it with');
  const secret = drawSenderSecret(p);
  const sender = deriveSender(p, secret);
  const alertId = p.randomBytes(16);
  const gates = steps
    .filter(({ gated, tier }) => gated && readers.some((reader) => reader.tier === tier))
    .map(({ tier }) => ({ tier, rk: gateKey(p, releaseSecretOf(p, secret), alertId, tier) }));
  const { bytes } = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.report,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.version,
    rosterHash: roster.hash,
    senderSeed: sender.signSeed,
    recipients: readers.map(({ kemPk, tier }) => ({ kemPk, tier })),
    gates,
    data: encodePayload(ENVELOPE_KINDS.report, {
      v: 1,
      t: 'report',
      lang: 'en',
      at: now.toISOString(),
      severity: options.severity,
      answers: { what: 'This is a drill. Nobody is in danger. Please take it, and close it.' },
      consents: { responders: true, ...options.consents, publication: false, family: false },
      recipients: readers.map(({ rid, org, tier }) => ({ rid, org, tier })),
      reply: { kem: toBase64url(sender.replyKem.publicKey) },
      attachments: [],
      instance: toBase64url(known.instanceId),
    }),
  });
  const header: SubmissionHeader = {
    v: 1,
    severity: options.severity,
    policy: { id: policy.id, sha256: policySha256(policy).toString('hex') },
    tiers: steps.map(({ tier }) => tier),
    exclude: [],
    mailbox: toBase64url(mailboxTokenHash(p, sender.mailboxToken)),
    release: Object.fromEntries(gates.map(({ tier, rk }) => [String(tier), toBase64url(rk)])),
    drill: true,
  };
  return { alertId, header, envelope: bytes };
}

/**
 * Sends a drill through the same door as every alert, with a proof of work when the door asks for one.
 *
 * @param origin of the service
 * @returns the alert's id, 32 hexadecimal digits
 */
export async function sendDrill(p: Primitives, origin: string, { alertId, header, envelope }: Sealed): Promise<string> {
  const first = await post(origin, encodeSubmission(header, envelope));
  const { admission, code } = first.body;
  const answer = code === 'admission-required' && admission ? await post(origin, encodeSubmission({ ...header, admission: await solved(p, alertId, admission) }, envelope)) : first;
  if (answer.status !== 201) throw new CliFailure(`the service did not take the drill: ${answer.status} ${answer.body.code ?? ''}`.trimEnd());
  return toHex(alertId);
}

interface DoorAnswer {
  readonly code?: string;
  readonly admission?: { readonly token: string; readonly challenge: string; readonly bits: number };
}

async function post(origin: string, bytes: Uint8Array): Promise<{ status: number; body: DoorAnswer }> {
  try {
    const response = await fetch(new URL('/api/v1/alerts', origin), {
      method: 'POST',
      headers: { 'content-type': SUBMISSION_TYPE },
      body: new Uint8Array(bytes),
      signal: AbortSignal.timeout(postTimeoutMs),
    });
    return { status: response.status, body: (await response.json()) as DoorAnswer };
  } catch {
    throw new CliFailure(`the service at ${origin} does not answer: is it running, and is instance.publicUrl right?`, EXIT.unreachable);
  }
}

async function solved(p: Primitives, alertId: Uint8Array, { token, challenge, bits }: NonNullable<DoorAnswer['admission']>): Promise<{ challenge: string; nonce: string }> {
  const bytes = fromBase64url(challenge, 32);
  if (bytes === null) throw new CliFailure('the service asked for a proof of work that cannot be read');
  return { challenge: token, nonce: String(await solveAdmission(p, bytes, alertId, bits)) };
}

function keyOf(base64url: string): Uint8Array {
  const key = fromBase64url(base64url);
  if (key === null) throw new Error('a verified roster has a key that is not base64url');
  return key;
}

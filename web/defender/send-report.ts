// From what a person wrote to "Received at 14:02". The bytes are sealed once and sent again unchanged until the server's
// receipt names their hash; only then is anything called received.
import {
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  EnvelopeError,
  fromBase64url,
  fromHex,
  mailboxTokenHash,
  MAX_ADMISSION_BITS,
  sealEnvelope,
  toBase64url,
  toHex,
  type Answers,
  type AttachmentEntry,
  type Location,
  type SubmissionHeader,
} from '@jardam/protocol';
import { requestJson, type Answer, type Problem } from '../common/api.js';
import { audienceOf, releaseKeys, type Choices } from './compose.js';
import { refreshDirectory, waitForDirectory, type Directory } from './directory.js';
import { dropPacket, keepPacket } from './queue.js';
import type { AlertSession } from './session.js';

export interface Draft {
  readonly t: 'panic' | 'report';
  readonly choices: Choices;
  readonly answers: Answers;
  readonly location?: Location;
  /** Encrypted before sealing under this content key, so that the report can carry their manifest. */
  readonly files?: { readonly contentKey: Uint8Array; readonly entries: readonly AttachmentEntry[] };
  /** Milliseconds since 1970, when the person decided to send. */
  readonly at: number;
}

interface Receipt {
  readonly alertId: string;
  readonly envelopeHash: string;
  readonly receivedAt: string;
  readonly next: { readonly tier: number; readonly at: string } | null;
}

interface Sealed {
  readonly header: SubmissionHeader;
  readonly envelope: Uint8Array;
  readonly envelopeHash: Uint8Array;
}

/** Refusals after which sealing again, to the newest list and policy, mends it. */
const mendable: readonly string[] = ['unknown-roster', 'stale-roster', 'unknown-policy', 'policy-replaced'];
const maxMends = 3;

/** Seals and sends a draft; the session tells how far it is. Resolves when it was received, refused or given up. */
export async function sendReport(session: AlertSession, draft: Draft): Promise<void> {
  for (let mends = 0; mends <= maxMends; mends++) {
    session.send.set({ at: 'preparing', again: mends > 0 });
    const known = await waitForDirectory();
    if ('refused' in known) return session.send.set({ at: 'refused', code: known.refused });
    await paint();
    let sealed: Sealed;
    try {
      sealed = seal(session, known.directory, draft);
    } catch (error) {
      const code = error instanceof EnvelopeError ? error.code : 'payload-too-long';
      return session.send.set({ at: 'refused', code });
    }
    const ended = await submit(session, sealed);
    if (ended === null) return;
    if (!mendable.includes(ended.code)) return session.send.set({ at: 'refused', code: ended.code });
    await refreshDirectory();
  }
  session.send.set({ at: 'refused', code: 'unknown-roster' });
}

/** Sealing takes the main thread for a moment; what stands on the screen before it should be the truth. */
function paint(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function seal(session: AlertSession, directory: Directory, draft: Draft): Sealed {
  const { p, pin, policy, roster } = directory;
  const { choices } = draft;
  const audience = audienceOf(policy, roster.current.body, choices, Date.now());
  if (audience.recipients.length === 0) throw new EnvelopeError('bad-recipients');
  const secret = drawSenderSecret(p);
  const keys = deriveSender(p, secret);
  const alertId = p.randomBytes(16);
  const gates = releaseKeys(p, secret, alertId, audience.gatedTiers);
  const sealed = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.report,
    alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.current.body.version,
    rosterHash: roster.current.hash,
    senderSeed: keys.signSeed,
    recipients: audience.recipients,
    gates,
    ...(draft.files ? { contentKey: draft.files.contentKey } : {}),
    data: encodePayload(ENVELOPE_KINDS.report, {
      v: 1,
      t: draft.t,
      lang: session.lang,
      at: new Date(draft.at).toISOString(),
      severity: choices.severity,
      answers: draft.answers,
      consents: choices.consents,
      recipients: audience.listed,
      reply: { kem: toBase64url(keys.replyKem.publicKey) },
      ...(draft.location ? { location: draft.location } : {}),
      attachments: draft.files?.entries ?? [],
      instance: toBase64url(pin.instanceId),
    }),
  });
  session.sender = { p, secret, keys, alertId };
  session.chain = { seq: 0, hash: sealed.envelopeHash };
  session.choices = choices;
  session.sent.set({ tiers: audience.tiers, exclude: choices.excluded, gated: audience.gatedTiers });
  return {
    header: {
      v: 1,
      severity: choices.severity,
      policy: { id: policy.id, sha256: policy.sha256 },
      tiers: audience.tiers,
      exclude: choices.excluded,
      mailbox: toBase64url(mailboxTokenHash(p, keys.mailboxToken)),
      release: Object.fromEntries(gates.map(({ tier, rk }) => [String(tier), toBase64url(rk)])),
      drill: false,
    },
    envelope: sealed.bytes,
    envelopeHash: sealed.envelopeHash,
  };
}

/** Posts until there is a receipt (null) or a refusal. */
async function submit(session: AlertSession, sealed: Sealed): Promise<Problem | null> {
  const { sender } = session;
  if (sender === null) return null;
  const id = toHex(sender.alertId);
  let { header } = sealed;
  let bytes = encodeSubmission(header, sealed.envelope);
  session.kept.set(await keepPacket({ id, bytes, at: session.startedAt }));
  for (;;) {
    const result = await session.retrier.run(
      (signal) => post(bytes, sealed, signal),
      (problem) => session.send.set({ at: 'waiting', problem }),
      () => session.send.set({ at: 'sending' }),
    );
    if (result === null) return null;
    if (result.ok) {
      session.send.set({ at: 'received', receivedAt: Date.parse(result.body.receivedAt), next: result.body.next });
      await dropPacket(id);
      return null;
    }
    if (result.code !== 'admission-required') {
      await dropPacket(id);
      return result;
    }
    session.send.set({ at: 'admission' });
    const admission = await solve(session, sender.alertId, result);
    if (admission === null) return null;
    header = { ...header, admission };
    bytes = encodeSubmission(header, sealed.envelope);
    await keepPacket({ id, bytes, at: session.startedAt });
  }
}

async function post(bytes: Uint8Array, sealed: Sealed, signal: AbortSignal): Promise<Answer<Receipt> | Problem> {
  const result = await requestJson<Receipt>('POST', '/alerts', {
    body: bytes,
    contentType: 'application/vnd.jardam.submission',
    signal,
  });
  return result.ok ? checkReceipt(result, sealed.envelopeHash) : result;
}

/** An answer counts as a receipt only when it names the hash of exactly these bytes. */
export function checkReceipt<R extends { readonly envelopeHash: string; readonly receivedAt: string }>(
  answer: Answer<R>,
  envelopeHash: Uint8Array,
): Answer<R> | Problem {
  const { envelopeHash: named, receivedAt } = answer.body;
  const ours = named === toBase64url(envelopeHash) || named === toHex(envelopeHash);
  if (ours && !Number.isNaN(Date.parse(receivedAt))) return answer;
  return { ok: false, status: 0, code: 'wrong-receipt', extra: {} };
}

interface Admission {
  readonly token: string;
  readonly challenge: string;
  readonly bits: number;
}

/** Solves the challenge that came with the refusal, or fetches one. */
async function solve(
  session: AlertSession,
  alertId: Uint8Array,
  refusal: Problem,
): Promise<{ challenge: string; nonce: string } | null> {
  const { slowly } = await import('./slow.js');
  for (;;) {
    const served = (refusal.extra['admission'] ?? refusal.extra) as Partial<Admission>;
    const fresh = isAdmission(served)
      ? served
      : await session.retrier
          .run<Admission>((signal) => requestJson('GET', '/admission', { signal }), () => undefined)
          .then((result) => (result?.ok ? result.body : null));
    if (fresh === null) return null;
    const challenge = fromBase64url(fresh.challenge, 32) ?? fromHex(fresh.challenge, 32);
    // A server that asks for more than the protocol allows is not obeyed; it is asked again.
    if (challenge === null || fresh.bits > MAX_ADMISSION_BITS) {
      refusal = { ...refusal, extra: {} };
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      continue;
    }
    const nonce = await slowly('admission', { challenge, alertId, bits: fresh.bits });
    return { challenge: fresh.token, nonce: String(nonce) };
  }
}

function isAdmission(served: Partial<Admission>): served is Admission {
  return typeof served.token === 'string' && typeof served.challenge === 'string' && Number.isInteger(served.bits);
}

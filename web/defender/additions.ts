// Follow-ups and the request to stop: the sender's further messages, each chained to the one before.
import {
  encodePayload,
  ENVELOPE_KINDS,
  sealEnvelope,
  toHex,
  type Answers,
  type AttachmentEntry,
  type Consents,
  type PayloadByKind,
  type SealedEnvelope,
} from '@jardam/protocol';
import { requestJson } from '../common/api.js';
import { audienceOf, releaseKeys, type Audience, type Choices } from './compose.js';
import { waitForDirectory, type Directory } from './directory.js';
import { askMailbox, readId } from './mailbox.js';
import { checkReceipt } from './send-report.js';
import type { Addition, AlertSession, Sender, SendState, SentChoices } from './session.js';

export type AdditionContent =
  | {
      readonly kind: 'followup';
      readonly text: string;
      readonly answers?: Answers;
      readonly consents?: Consents;
      readonly files?: { readonly contentKey: Uint8Array; readonly entries: readonly AttachmentEntry[] };
    }
  | { readonly kind: 'stand-down'; readonly reason: 'safe' | 'mistake'; readonly text: string; readonly phrase: string };

/** Each session sends its messages one after the other: the next one carries the hash of the one before. */
const tails = new WeakMap<AlertSession, Promise<unknown>>();

/** Seals and sends an addition to the people that `readers` names; resolves once it was received or refused. */
export function sendAddition(session: AlertSession, content: AdditionContent, readers: Choices): Promise<SendState> {
  const id = session.additions.get().length;
  const report = (send: SendState): SendState => {
    const others = session.additions.get().filter((each) => each.id !== id);
    const addition: Addition = { id, kind: content.kind, send };
    session.additions.set([...others, addition].sort((a, b) => a.id - b.id));
    return send;
  };
  report({ at: 'preparing' });
  const before = tails.get(session) ?? Promise.resolve();
  const run = before.then(() => deliver(session, content, readers, report));
  tails.set(session, run.catch(() => undefined));
  return run;
}

async function deliver(
  session: AlertSession,
  content: AdditionContent,
  readers: Choices,
  report: (send: SendState) => SendState,
): Promise<SendState> {
  // A second try seals anew on the chain's true end; further ones would mean that somebody else has the words.
  for (let tries = 0; tries < 2; tries++) {
    const known = await waitForDirectory();
    const { sender, chain } = session;
    if ('refused' in known) return report({ at: 'refused', code: known.refused });
    if (sender === null || chain === null) return report({ at: 'refused', code: 'out-of-order' });
    let sealed: SealedEnvelope;
    try {
      sealed = seal(known.directory, sender, chain, content, readers, session.sent.get());
    } catch {
      return report({ at: 'refused', code: 'payload-too-long' });
    }
    const result = await session.retrier.run(
      async (signal) => {
        const answer = await requestJson<{ envelopeHash: string; receivedAt: string }>(
          'POST',
          `/alerts/${toHex(sender.alertId)}/messages`,
          { body: sealed.bytes, signal },
        );
        return answer.ok ? checkReceipt(answer, sealed.envelopeHash) : answer;
      },
      (problem) => report({ at: 'waiting', problem }),
      () => report({ at: 'sending' }),
    );
    if (result === null) return report({ at: 'refused', code: 'line-cancelled' });
    if (result.ok) {
      session.chain = { seq: chain.seq + 1, hash: sealed.envelopeHash };
      return report({ at: 'received', receivedAt: Date.parse(result.body.receivedAt), next: null });
    }
    if (result.code !== 'out-of-order' && result.code !== 'replayed') return report({ at: 'refused', code: result.code });
    const mailbox = await askMailbox(sender.keys.mailboxToken);
    const hash = mailbox.ok ? readId(mailbox.body.lastHash, 32) : null;
    if (!mailbox.ok || hash === null) return report({ at: 'refused', code: result.code });
    session.chain = { seq: mailbox.body.lastSeq, hash };
  }
  return report({ at: 'refused', code: 'out-of-order' });
}

function seal(
  directory: Directory,
  sender: Sender,
  chain: { readonly seq: number; readonly hash: Uint8Array },
  content: AdditionContent,
  readers: Choices,
  sent: SentChoices | null,
): SealedEnvelope {
  const { p, policy, roster } = directory;
  const audience = withSameGates(audienceOf(policy, roster.current.body, readers, Date.now()), sent);
  return sealEnvelope(p, {
    kind: content.kind === 'followup' ? ENVELOPE_KINDS.followup : ENVELOPE_KINDS.standDown,
    alertId: sender.alertId,
    seq: chain.seq + 1,
    prevHash: chain.hash,
    rosterVersion: roster.current.body.version,
    rosterHash: roster.current.hash,
    senderSeed: sender.keys.signSeed,
    recipients: audience.recipients,
    gates: releaseKeys(p, sender.secret, sender.alertId, audience.gatedTiers),
    ...(content.kind === 'followup' && content.files ? { contentKey: content.files.contentKey } : {}),
    data: payloadOf(content),
  });
}

/** The gatekeeper holds release keys for the gates of the report and no others: a new gate would never open. */
function withSameGates(audience: Audience, sent: SentChoices | null): Audience {
  const sealed = new Set(audience.listed.map(({ tier }) => tier));
  return { ...audience, gatedTiers: (sent?.gated ?? []).filter((tier) => sealed.has(tier)) };
}

function payloadOf(content: AdditionContent): Uint8Array {
  const at = new Date().toISOString();
  if (content.kind === 'stand-down') {
    const payload: PayloadByKind[6] = {
      v: 1,
      t: 'stand-down',
      at,
      reason: content.reason,
      ...(content.text === '' ? {} : { text: content.text }),
      ...(content.phrase === '' ? {} : { phrase: content.phrase }),
    };
    return encodePayload(ENVELOPE_KINDS.standDown, payload);
  }
  return encodePayload(ENVELOPE_KINDS.followup, {
    v: 1,
    t: 'followup',
    at,
    text: content.text,
    ...(content.answers ? { answers: content.answers } : {}),
    ...(content.consents ? { consents: content.consents } : {}),
    ...(content.files ? { attachments: content.files.entries } : {}),
  });
}

// The true state of an alert and the replies to it, asked for with the sender's own token.
import {
  fromBase64url,
  fromHex,
  openReply,
  signPkOf,
  toBase64url,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import type { AlertView } from '../common/alert-view.js';
import { requestBytes, requestDone, requestJson } from '../common/api.js';
import { localText } from '../common/i18n.js';
import { directory, refreshDirectory, waitForDirectory } from './directory.js';
import type { AlertSession, Reply, Sender, SentChoices } from './session.js';

export interface MailboxAnswer {
  /** base64url or hexadecimal of 16 bytes. */
  readonly alertId: string;
  readonly view: AlertView;
  readonly lastSeq: number;
  readonly lastHash: string;
  readonly sent?: SentChoices;
  readonly messages: readonly { readonly id: string; readonly kind: number; readonly receivedAt: string }[];
}

/** Seen by the eye as "at once", and light enough for 2G: an answer is about 3 kB. */
const pollMs = 8_000;

/** Bytes that the service may write either way. */
export function readId(text: string, length: number): Uint8Array | null {
  return fromHex(text, length) ?? fromBase64url(text, length);
}

/** Asks once. */
export function askMailbox(token: Uint8Array, signal?: AbortSignal) {
  return requestJson<MailboxAnswer>('GET', '/mailbox', {
    token: toBase64url(token),
    timeoutMs: 20_000,
    ...(signal ? { signal } : {}),
  });
}

/** Keeps the session's view and replies up to date while the page is looked at, until the session ends. */
export function followMailbox(session: AlertSession): void {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = (): void => {
    clearTimeout(timer);
    if (!abort.signal.aborted) timer = setTimeout(() => void look(), pollMs);
  };
  const look = async (): Promise<void> => {
    clearTimeout(timer);
    if (document.visibilityState === 'visible' && session.sender !== null) await update(session, session.sender, abort.signal);
    again();
  };
  const onVisible = (): void => void look();
  document.addEventListener('visibilitychange', onVisible);
  addEventListener('online', onVisible);
  session.onEnd(() => {
    abort.abort();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
    removeEventListener('online', onVisible);
  });
  void look();
}

async function update(session: AlertSession, sender: Sender, signal: AbortSignal): Promise<void> {
  const answer = await askMailbox(sender.keys.mailboxToken, signal);
  if (signal.aborted) return;
  if (!answer.ok) {
    const shown = session.view.get();
    if (shown !== null) session.view.set({ ...shown, stale: true });
    return;
  }
  acceptMailbox(session, answer.body);
  for (const { id, kind } of answer.body.messages) {
    if (kind === 4 && !session.replies.get().some((reply) => reply.id === id)) await fetchReply(session, sender, id);
  }
}

/** Takes over what the mailbox says. */
export function acceptMailbox(session: AlertSession, body: MailboxAnswer): void {
  session.view.set({ view: body.view, fetchedAt: Date.now(), stale: false });
  if (body.sent) session.sent.set(body.sent);
  const hash = readId(body.lastHash, 32);
  // Our own memory of the chain is better than the server's word; it is asked only when we have none.
  if (session.chain === null && hash !== null) session.chain = { seq: body.lastSeq, hash };
}

async function fetchReply(session: AlertSession, sender: Sender, id: string): Promise<void> {
  const answer = await requestBytes('GET', `/mailbox/messages/${encodeURIComponent(id)}`, {
    token: toBase64url(sender.keys.mailboxToken),
  });
  if (!answer.ok) return;
  const known = await waitForDirectory();
  if ('refused' in known) return;
  let reply = open(sender, answer.body, id, known.directory.roster, session);
  if (reply.state === 'refused') {
    // The responder may be newer than our copy of the roster.
    await refreshDirectory();
    const state = directory.get();
    if (state.at === 'ready') reply = open(sender, answer.body, id, state.directory.roster, session);
  }
  session.replies.set([...session.replies.get().filter((each) => each.id !== id), reply]);
}

function open(sender: Sender, bytes: Uint8Array, id: string, roster: VerifiedRosterChain, session: AlertSession): Reply {
  try {
    const reply = openReply(sender.p, bytes, {
      kind: 4,
      kemSecretKeys: [sender.keys.replyKem.secretKey],
      expect: { alertId: sender.alertId },
      signPkOf: (rid, time) => signPkOf(roster.current.body, rid, time),
    });
    if ('refused' in reply) return refusedReply(id);
    const responder = roster.current.body.responders.find(({ rid }) => rid === reply.rid);
    const org = roster.current.body.organisations.find((each) => each.id === responder?.org);
    return { id, state: 'shown', org: localText(org?.name ?? {}, session.lang), time: reply.time, text: reply.text };
  } catch {
    return refusedReply(id);
  }
}

function refusedReply(id: string): Reply {
  return { id, state: 'refused', org: '', time: 0, text: '' };
}

/** Deletes a reply from the server, once the person says that they have read it. */
export async function deleteReply(session: AlertSession, id: string): Promise<void> {
  const { sender } = session;
  if (sender === null) return;
  const mark = (state: Reply['state']): void =>
    session.replies.set(session.replies.get().map((reply) => (reply.id === id ? { ...reply, state } : reply)));
  mark('deleting');
  const answer = await requestDone('DELETE', `/mailbox/messages/${encodeURIComponent(id)}`, {
    token: toBase64url(sender.keys.mailboxToken),
  });
  mark(answer.ok ? 'deleted' : 'shown');
}

// The seven words: made after the alert is out, valid once the server has their wrapped secret, and the way back from
// any browser.
import {
  deriveSender,
  drawReceiptWords,
  toBase64url,
  unwrapSecret,
  wrapSecret,
} from '@jardam/protocol';
import { requestBytes, requestDone, type Problem } from '../common/api.js';
import type { Language } from '../common/i18n.js';
import { waitForDirectory, type RefusedDirectory } from './directory.js';
import { acceptMailbox, askMailbox, readId } from './mailbox.js';
import { AlertSession } from './session.js';
import { slowly } from './slow.js';

/** Draws the words and has the server keep the wrapped secret, trying until it does. */
export async function prepareWords(session: AlertSession): Promise<void> {
  const { sender } = session;
  if (sender === null || session.words.get().at !== 'none') return;
  session.words.set({ at: 'preparing' });
  const known = await waitForDirectory();
  if ('refused' in known) return;
  const indices = drawReceiptWords(sender.p);
  const { locator, wrapKey } = await slowly('receipt-keys', { indices, instanceId: known.directory.pin.instanceId });
  const wrapped = wrapSecret(sender.p, wrapKey, sender.secret);
  wrapKey.fill(0);
  const result = await session.retrier.run(
    (signal) =>
      requestDone('PUT', `/receipts/${toBase64url(locator)}`, {
        body: wrapped,
        token: toBase64url(sender.keys.mailboxToken),
        signal,
      }),
    () => session.words.set({ at: 'unconfirmed' }),
  );
  if (result?.ok) session.words.set({ at: 'valid', indices });
  else if (result !== null) session.words.set({ at: 'unconfirmed' });
}

export type Return =
  | { readonly session: AlertSession }
  | { readonly refused: 'wrong-words' }
  | { readonly refused: 'list'; readonly code: RefusedDirectory }
  | { readonly problem: Problem };

/** Comes back to an alert with its words. Wrong words and words that nobody ever had end alike. */
export async function returnWithWords(indices: readonly number[], lang: Language): Promise<Return> {
  const known = await waitForDirectory();
  if ('refused' in known) return { refused: 'list', code: known.refused };
  const { p, pin } = known.directory;
  const { locator, wrapKey } = await slowly('receipt-keys', { indices, instanceId: pin.instanceId });
  const answer = await requestBytes('GET', `/receipts/${toBase64url(locator)}`);
  if (!answer.ok) return { problem: answer };
  const secret = unwrapSecret(p, wrapKey, answer.body);
  wrapKey.fill(0);
  if (secret === null) return { refused: 'wrong-words' };
  const keys = deriveSender(p, secret);
  const mailbox = await askMailbox(keys.mailboxToken);
  if (!mailbox.ok) return mailbox.status === 401 || mailbox.status === 404 ? { refused: 'wrong-words' } : { problem: mailbox };
  const alertId = readId(mailbox.body.alertId, 16);
  if (alertId === null) return { problem: { ok: false, status: 200, code: 'line-foreign', extra: {} } };
  const receivedAt = Date.parse(mailbox.body.view.receivedAt);
  const session = new AlertSession('returned', lang, { at: 'received', receivedAt, next: mailbox.body.view.next });
  session.sender = { p, secret, keys, alertId };
  session.words.set({ at: 'written' });
  acceptMailbox(session, mailbox.body);
  return { session };
}

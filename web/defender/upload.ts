// Sends encrypted files in parts. The server says how far it has come, so a line that breaks costs one part, not the
// file; nothing is called sent before the server has checked the hash of the whole.
import { attachmentCiphertextBytes, toBase64url, toHex, type AttachmentEntry } from '@jardam/protocol';
import { requestDone, requestJson, type Problem, type Result } from '../shared/api.js';
import { sentName, type ReadyFile } from './files.js';
import type { AlertSession, Sender, Upload } from './session.js';
import { slowly } from './slow.js';

export interface EncryptedFile {
  readonly entry: AttachmentEntry;
  readonly ciphertext: Uint8Array;
  /** As the person knows it; never sent. */
  readonly shownName: string;
}

/** Parts are small at first so that 2G shows progress, and never larger than the service takes. */
const partBytes = 262_144;
/** How often a file may arrive damaged before it is given up. */
const maxRestarts = 3;

/** Encrypts files under one content key, one after the other: memory of small phones. */
export async function encryptFiles(files: readonly ReadyFile[], contentKey: Uint8Array): Promise<EncryptedFile[]> {
  const encrypted: EncryptedFile[] = [];
  for (const [i, file] of files.entries()) {
    const { bytes, type } = file;
    const objectId = crypto.getRandomValues(new Uint8Array(16));
    const { ciphertext, entry } = await slowly('attachment', { contentKey, objectId, bytes, name: sentName(file, i + 1), type });
    if (ciphertext.length !== attachmentCiphertextBytes(bytes.length)) throw new Error('encrypted length is wrong');
    encrypted.push({ entry, ciphertext, shownName: file.name });
  }
  return encrypted;
}

/** Uploads files of a message that was received. */
export async function uploadFiles(session: AlertSession, files: readonly EncryptedFile[], limits: { chunkBytes: number }): Promise<void> {
  const { sender } = session;
  if (sender === null) return;
  const start = files.map(({ entry, shownName }): Upload => ({
    objectId: entry.objectId,
    name: shownName,
    state: 'waiting',
    sentBytes: 0,
    totalBytes: entry.length,
  }));
  session.uploads.set([...session.uploads.get(), ...start]);
  for (const file of files) {
    const show = (change: Partial<Upload>): void =>
      session.uploads.set(
        session.uploads.get().map((each) => (each.objectId === file.entry.objectId ? { ...each, ...change } : each)),
      );
    const done = await uploadFile(objectRequests(sender, file.entry), file.ciphertext, {
      partBytes: Math.min(partBytes, limits.chunkBytes),
      attempt: (send) =>
        session.retrier.run(send, () => show({ state: 'waiting' }), () => show({ state: 'sending' })),
      onProgress: (sentBytes) => show({ sentBytes }),
    });
    show(done ? { state: 'done', sentBytes: file.entry.length } : { state: 'failed' });
  }
}

/** The three requests of one object, as the service offers them. */
export interface ObjectRequests {
  /** Announces the file; the answer says how far an earlier try came. */
  announce(signal: AbortSignal): Promise<Result<{ readonly receivedBytes: number }>>;
  append(offset: number, part: Uint8Array, signal: AbortSignal): Promise<Result<null>>;
}

export interface UploadOptions {
  readonly partBytes: number;
  readonly attempt: <T>(send: (signal: AbortSignal) => Promise<Result<T>>) => Promise<Result<T> | null>;
  readonly onProgress: (sentBytes: number) => void;
}

/** Sends one file from wherever the server stands to its end. False when the server will not take it, or when the
 *  page is being left. */
export async function uploadFile(requests: ObjectRequests, bytes: Uint8Array, options: UploadOptions): Promise<boolean> {
  const announced = await options.attempt((signal) => requests.announce(signal));
  if (!announced?.ok) return false;
  let offset = announced.body.receivedBytes;
  for (let restarts = 0; offset < bytes.length; ) {
    options.onProgress(offset);
    const part = bytes.subarray(offset, offset + options.partBytes);
    const sent = await options.attempt((signal) => requests.append(offset, part, signal));
    if (sent === null) return false;
    if (sent.ok) {
      offset = nextOffset(sent.headers, offset + part.length);
      continue;
    }
    const restart = offsetAfter(sent);
    if (restart === null || restart > bytes.length || ++restarts > maxRestarts) return false;
    offset = restart;
  }
  options.onProgress(bytes.length);
  return true;
}

function nextOffset(headers: Headers, expected: number): number {
  const told = headers.get('upload-offset');
  return told !== null && /^\d+$/.test(told) ? Number(told) : expected;
}

/** Where to go on after a refusal: the offset that the server names, 0 after damage, null when it will not go on. */
function offsetAfter(problem: Problem): number | null {
  if (problem.code === 'attachment-damaged') return 0;
  const offset = problem.extra['offset'];
  return problem.status === 409 && typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? offset : null;
}

function objectRequests(sender: Sender, entry: AttachmentEntry): ObjectRequests {
  const path = `/alerts/${toHex(sender.alertId)}/objects/${entry.objectId}`;
  const token = toBase64url(sender.keys.mailboxToken);
  return {
    announce: (signal) => requestJson('PUT', path, { body: { totalBytes: entry.length, hash: entry.hash }, token, signal }),
    append: (offset, part, signal) =>
      requestDone('PATCH', path, { body: part.slice(), token, signal, headers: { 'upload-offset': String(offset) } }),
  };
}

// Sends encrypted files in parts. The server says how far it has come, so a line that breaks costs one part, not the
// file; nothing is called sent before the server has checked the hash of the whole.
import { attachmentCiphertextBytes, toBase64url, toHex, type AttachmentEntry } from '@jardam/protocol';
import { requestDone, requestJson } from '../common/api.js';
import { sentName, type ReadyFile } from './files.js';
import type { AlertSession, Sender, Upload } from './session.js';
import { slowly } from './slow.js';
import { uploadFile, type ObjectRequests } from './upload-file.js';

export interface EncryptedFile {
  readonly entry: AttachmentEntry;
  readonly ciphertext: Uint8Array;
  /** As the person knows it; never sent. */
  readonly shownName: string;
}

/** Parts are small at first so that 2G shows progress, and never larger than the service takes. */
const partBytes = 262_144;

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

function objectRequests(sender: Sender, entry: AttachmentEntry): ObjectRequests {
  const path = `/alerts/${toHex(sender.alertId)}/objects/${entry.objectId}`;
  const token = toBase64url(sender.keys.mailboxToken);
  return {
    announce: (signal) => requestJson('PUT', path, { body: { totalBytes: entry.length, hash: entry.hash }, token, signal }),
    append: (offset, part, signal) =>
      requestDone('PATCH', path, { body: part.slice(), token, signal, headers: { 'upload-offset': String(offset) } }),
  };
}

// Attachments: encrypted in chunks under a key of their own, described only inside the sealed payload.
import {
  concatBytes,
  equalBytes,
  fromBase64url,
  fromHex,
  isAllZero,
  requireBytes,
  toBase64url,
  toHex,
  wipe,
} from './bytes.js';
import { K } from './hash.js';
import { padme } from './padme.js';
import type { AttachmentEntry } from './payloads.js';
import { secretstreamHeaderBytes, secretstreamOverheadBytes, type Primitives } from './primitives.js';

export const attachmentIdBytes = 16;
/** Plaintext bytes per secretstream chunk; only the last may be shorter. */
export const attachmentChunkBytes = 65_536;
/** Largest file. Evidence videos are longer: they are split, or handed over another way. */
export const maxAttachmentBytes = 64 * 1024 * 1024;

const sealedChunkBytes = attachmentChunkBytes + secretstreamOverheadBytes;

/** Ciphertext length of a file of `size` bytes: header, then PADMÉ(size) bytes in chunks. */
export function attachmentCiphertextBytes(size: number): number {
  const padded = padme(size);
  const chunks = Math.max(1, Math.ceil(padded / attachmentChunkBytes));
  return secretstreamHeaderBytes + padded + chunks * secretstreamOverheadBytes;
}

export interface AttachmentKeyInput {
  /** The content key of the envelope whose payload carries the manifest. */
  readonly contentKey: Uint8Array;
  /** 16 random bytes, drawn for this file. */
  readonly objectId: Uint8Array;
}

function attachmentKey(p: Primitives, { contentKey, objectId }: AttachmentKeyInput): Uint8Array {
  requireBytes('objectId', objectId, attachmentIdBytes);
  return K(p, contentKey, 'JDM1/att', objectId);
}

/** Encrypts a file and describes it for the payload's manifest. The key belongs to this content key and object id
 *  alone, so no other alert's key opens it. */
export function encryptAttachment(
  p: Primitives,
  input: AttachmentKeyInput & { readonly bytes: Uint8Array; readonly name: string; readonly type: string },
): { readonly ciphertext: Uint8Array; readonly entry: AttachmentEntry } {
  requireBytes('bytes', input.bytes);
  if (input.bytes.length > maxAttachmentBytes) throw new RangeError(`a file may have ${maxAttachmentBytes} bytes`);
  const padded = new Uint8Array(padme(input.bytes.length));
  padded.set(input.bytes);
  const key = attachmentKey(p, input);
  const stream = p.secretstream.push(key);
  wipe(key);

  const parts = [stream.header];
  // At least one chunk even for an empty file: the final tag is what proves that nothing was cut off.
  for (let at = 0; at < padded.length || at === 0; at += attachmentChunkBytes) {
    const end = Math.min(at + attachmentChunkBytes, padded.length);
    parts.push(stream.next(padded.subarray(at, end), end === padded.length));
  }
  wipe(padded);
  const ciphertext = concatBytes(...parts);
  return {
    ciphertext,
    entry: {
      objectId: toHex(input.objectId),
      name: input.name,
      type: input.type,
      length: ciphertext.length,
      hash: toBase64url(p.blake2b256(ciphertext)),
      size: input.bytes.length,
    },
  };
}

export type DecryptedAttachment =
  | { readonly bytes: Uint8Array }
  | { readonly refused: 'bad-entry' | 'wrong-length' | 'wrong-hash' | 'corrupt' | 'cut-short' | 'bad-padding' };

/** Opens a file against its manifest entry. */
export function decryptAttachment(
  p: Primitives,
  input: { readonly contentKey: Uint8Array; readonly entry: AttachmentEntry; readonly ciphertext: Uint8Array },
): DecryptedAttachment {
  const { ciphertext, entry, contentKey } = input;
  const objectId = fromHex(entry.objectId, attachmentIdBytes);
  const hash = fromBase64url(entry.hash, 32);
  if (objectId === null || hash === null || entry.size > maxAttachmentBytes) return { refused: 'bad-entry' };
  const expectedLength = attachmentCiphertextBytes(entry.size);
  if (entry.length !== expectedLength || ciphertext.length !== expectedLength) return { refused: 'wrong-length' };
  if (!equalBytes(p.blake2b256(ciphertext), hash)) return { refused: 'wrong-hash' };
  return decryptStream(p, { contentKey, objectId, ciphertext, size: entry.size });
}

/** The stream alone, before any hash is asked: chunks out of order, doubled, dropped or of another file are 'corrupt',
 *  a missing last chunk is 'cut-short'. A manifest that lies about the hash gains nothing. */
export function decryptStream(
  p: Primitives,
  input: AttachmentKeyInput & { readonly ciphertext: Uint8Array; readonly size: number },
): DecryptedAttachment {
  const { ciphertext, size } = input;
  if (ciphertext.length < secretstreamHeaderBytes) return { refused: 'cut-short' };
  const key = attachmentKey(p, input);
  const stream = p.secretstream.pull(key, ciphertext.subarray(0, secretstreamHeaderBytes));
  wipe(key);
  const parts: Uint8Array[] = [];
  let final = false;
  for (let at = secretstreamHeaderBytes; at < ciphertext.length; at += sealedChunkBytes) {
    if (final) return { refused: 'corrupt' };
    const chunk = stream.next(ciphertext.subarray(at, at + sealedChunkBytes));
    if (chunk === null) return { refused: 'corrupt' };
    parts.push(chunk.message);
    final = chunk.final;
  }
  if (!final) return { refused: 'cut-short' };
  const padded = concatBytes(...parts);
  if (padded.length !== padme(size) || !isAllZero(padded.subarray(size))) return { refused: 'bad-padding' };
  return { bytes: padded.slice(0, size) };
}

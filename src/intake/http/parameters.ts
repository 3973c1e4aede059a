import { fromBase64url, fromHex } from '@jardam/protocol';
import { problem } from '../../platform/http/problem.js';

/** 16 bytes out of 32 hexadecimal characters of an address. */
export function idOf(text: string): Uint8Array {
  const id = fromHex(text, 16);
  if (id === null) throw problem(404, 'not-found', 'There is nothing at this address');
  return id;
}

/** 32 bytes out of 43 base64url characters of an address. */
export function hashOf(text: string): Uint8Array {
  const hash = fromBase64url(text, 32);
  if (hash === null) throw problem(404, 'not-found', 'There is nothing at this address');
  return hash;
}

/** A body that the parser for binary types has read. */
export function bytesOf(body: unknown): Buffer {
  if (!Buffer.isBuffer(body)) throw problem(415, 'unsupported-media-type', 'This address takes bytes', 'Taken is application/octet-stream.');
  return body;
}

// Replies and notes are always 4096 bytes outside, so what fits inside is bounded.
import { maxDataBytes } from '@jardam/protocol';

/** Bytes that the JSON around the text takes: keys, rid, time, a base64url signature; with some to spare. */
const frameBytes = 256;

/** Longest text of a reply or a note, in bytes of JSON. */
export const maxMessageBytes = maxDataBytes(4) - frameBytes;

/** What a text takes: UTF-8, with JSON's escapes for quotes and line ends. A Cyrillic letter takes two. */
export function messageBytes(text: string): number {
  return new TextEncoder().encode(JSON.stringify(text)).length - 2;
}

// Empties the comments of an Ogg file with Opus or Vorbis sound: title, place, date, program, embedded pictures. The
// packets keep their length, so that no page moves; the pages that changed get a new checksum.
// Format: RFC 3533 (Ogg), RFC 7845 (Opus), Vorbis I specification, 5.2 (comments).
import type { Stripped } from './stripped.js';

const pageHeaderBytes = 27;
const checksumAt = 22;
const opusHead = 'OpusHead';
const opusTags = 'OpusTags';
const vorbisHead = '\u0001vorbis';
const vorbisTags = '\u0003vorbis';

/** A piece of a packet, and the page it stands on. */
interface Piece {
  readonly from: number;
  readonly to: number;
  readonly page: { readonly start: number; readonly end: number };
}

/** The sound alone, as long as before; 'damaged' when it is cut short, or holds something else than Opus and Vorbis. */
export function stripOgg(bytes: Uint8Array): Stripped {
  const out = bytes.slice();
  const second = secondPackets(out);
  if (second === null) return { refused: 'damaged' };
  for (const pieces of second) {
    if (!emptyComments(out, pieces)) return { refused: 'damaged' };
    for (const { page } of pieces) writeChecksum(out, page.start, page.end);
  }
  return { bytes: out };
}

/** The second packet of every stream in the file, which holds the comments; null when the file is not what it should be. */
function secondPackets(bytes: Uint8Array): Piece[][] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const streams = new Map<number, { done: number; pieces: Piece[] }>();
  const found: Piece[][] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + pageHeaderBytes > bytes.length || ascii(bytes, at, 4) !== 'OggS') return null;
    const serial = view.getUint32(at + 14, true);
    const beginsStream = ((bytes[at + 5] ?? 0) & 2) !== 0;
    const count = bytes[at + 26] ?? 0;
    let from = at + pageHeaderBytes + count;
    const end = from + bytes.subarray(at + pageHeaderBytes, from).reduce((sum, length) => sum + length, 0);
    if (end > bytes.length) return null;
    if (beginsStream) {
      if (ascii(bytes, from, 8) !== opusHead && ascii(bytes, from, 7) !== vorbisHead) return null;
      streams.set(serial, { done: 0, pieces: [] });
    }
    const stream = streams.get(serial);
    if (!stream) return null;
    for (let segment = 0, packetFrom = from; segment < count; segment++) {
      const length = bytes[at + pageHeaderBytes + segment] ?? 0;
      from += length;
      const packetEnds = length < 255;
      if (!packetEnds && segment < count - 1) continue;
      if (stream.done === 1) stream.pieces.push({ from: packetFrom, to: from, page: { start: at, end } });
      if (packetEnds) {
        if (stream.done === 1) found.push(stream.pieces);
        stream.done++;
      }
      packetFrom = from;
    }
    at = end;
  }
  return found.length > 0 && found.length === streams.size ? found : null;
}

/** No vendor, no comment, and zeros for what was there; for Vorbis with the bit that ends its comments. */
export function emptyComments(bytes: Uint8Array, pieces: readonly Pick<Piece, 'from' | 'to'>[]): boolean {
  const [first] = pieces;
  if (!first) return false;
  const head = [opusTags, vorbisTags].find((name) => ascii(bytes, first.from, name.length) === name);
  const framing = head === vorbisTags ? 1 : 0;
  // The first piece of several has 255 bytes or more: lengths of two empty lists always stand in it.
  if (head === undefined || first.to - first.from < head.length + 8 + framing) return false;
  const empty = first.from + head.length;
  bytes.fill(0, empty, first.to);
  for (const { from, to } of pieces.slice(1)) bytes.fill(0, from, to);
  if (framing === 1) bytes[empty + 8] = 1;
  return true;
}

function writeChecksum(bytes: Uint8Array, start: number, end: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  view.setUint32(start + checksumAt, 0, true);
  let sum = 0;
  for (let at = start; at < end; at++) sum = ((sum << 8) ^ (table[((sum >>> 24) ^ (bytes[at] ?? 0)) & 0xff] ?? 0)) >>> 0;
  view.setUint32(start + checksumAt, sum, true);
}

/** CRC-32 with the polynomial 0x04c11db7, most significant bit first, without the usual inversions (RFC 3533, 6). */
const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

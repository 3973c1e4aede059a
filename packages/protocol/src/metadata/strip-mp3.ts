// Takes the tags off an MP3: ID3v2 before the sound, ID3v1 and APEv2 behind it. Formats: ID3 2.4.0, APEv2.
import type { Stripped } from './stripped.js';

const id3v1Bytes = 128;
const apeFooterBytes = 32;
const apeHasHeader = 0x80000000;

/** The frames alone, or 'damaged' when no frame follows the tags. */
export function stripMp3(bytes: Uint8Array): Stripped {
  let from = 0;
  let to = bytes.length;
  const is = (at: number, text: string): boolean => at >= from && [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
  while (is(from, 'ID3')) {
    const footer = ((bytes[from + 5] ?? 0) & 0x10) === 0 ? 0 : 10;
    // Seven bits in each byte, so that no length looks like the beginning of a frame.
    const length = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + ((bytes[from + i] ?? 0) & 0x7f), 0);
    from += 10 + length + footer;
  }
  for (let before = -1; before !== to; ) {
    before = to;
    if (is(to - id3v1Bytes, 'TAG')) to -= id3v1Bytes;
    if (is(to - apeFooterBytes, 'APETAGEX')) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + to - apeFooterBytes, apeFooterBytes);
      const header = (view.getUint32(20, true) & apeHasHeader) === 0 ? 0 : apeFooterBytes;
      to -= Math.max(apeFooterBytes, view.getUint32(12, true)) + header;
    }
  }
  const isFrame = bytes[from] === 0xff && ((bytes[from + 1] ?? 0) & 0xe0) === 0xe0;
  return isFrame && from < to ? { bytes: bytes.slice(from, to) } : { refused: 'damaged' };
}

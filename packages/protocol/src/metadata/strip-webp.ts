// Takes every chunk out of a WebP picture that is not needed to show it: Exif, XMP, unknown ones, and whatever is appended
// behind the picture. Format: RFC 9649.
import { joined, type Stripped } from './stripped.js';

const neededChunks: readonly string[] = ['VP8 ', 'VP8L', 'VP8X', 'ALPH', 'ANIM', 'ANMF', 'ICCP'];
const exifFlag = 0x08;
const xmpFlag = 0x04;

/** The picture alone, or 'damaged' when it is no WebP or ends too early. */
export function stripWebp(bytes: Uint8Array): Stripped {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const ascii = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 20 || ascii(0) !== 'RIFF' || ascii(8) !== 'WEBP') return { refused: 'damaged' };
  const end = 8 + view.getUint32(4, true);
  if (end > bytes.length) return { refused: 'damaged' };
  const kept: Uint8Array[] = [];
  for (let at = 12; at < end; ) {
    if (at + 8 > end) return { refused: 'damaged' };
    const size = view.getUint32(at + 4, true);
    const next = at + 8 + size + (size % 2); // chunks begin at even places
    if (next > end) return { refused: 'damaged' };
    const type = ascii(at);
    if (neededChunks.includes(type)) {
      const chunk = bytes.slice(at, next);
      if (type === 'VP8X') chunk[8] = (chunk[8] ?? 0) & ~(exifFlag | xmpFlag);
      kept.push(chunk);
    }
    at = next;
  }
  const body = joined(kept);
  const header = bytes.slice(0, 12);
  new DataView(header.buffer).setUint32(4, 4 + body.length, true);
  return kept.length === 0 ? { refused: 'damaged' } : { bytes: joined([header, body]) };
}

// Takes every chunk out of a PNG that is not needed to show it: text, time, Exif, and all private chunks, and whatever
// is appended behind the picture. Format: W3C PNG Specification, Third Edition, sections 5 and 11.
import { joined, mostParts, type Stripped } from './stripped.js';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Chunks that change what is seen: picture, palette, transparency, colour space, physical size, background, animation. */
const needed: readonly string[] = [
  'IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'cHRM', 'gAMA', 'iCCP', 'sBIT', 'sRGB', 'cICP', 'bKGD', 'pHYs', 'acTL', 'fcTL', 'fdAT',
]; // prettier-ignore

/** The picture alone, or 'damaged' when it is no PNG or does not end as one does. */
export function stripPng(bytes: Uint8Array): Stripped {
  if (!signature.every((byte, i) => bytes[i] === byte)) return { refused: 'damaged' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const kept = [bytes.subarray(0, 8)];
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at);
    if (end > bytes.length || kept.length > mostParts) return { refused: 'damaged' };
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (needed.includes(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IEND') return { bytes: joined(kept) };
    at = end;
  }
  return { refused: 'damaged' };
}

// Takes everything out of a JPEG that is not needed to show it: Exif (place, time, camera, thumbnail), XMP, IPTC, maker
// notes, comments, and whatever is appended behind the picture. Byte level, nothing is decoded and no quality lost.
// Format: ITU-T T.81 annex B; Exif 2.32 (CIPA DC-008).

import { joined, mostParts, type Stripped } from './stripped.js';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const APP15 = 0xef;
const COM = 0xfe;

/** The picture alone, or 'damaged' when it does not end as a JPEG does: what cannot be read to its end cannot be called
 *  clean. Orientation is kept (as a 1-tag Exif block written anew), colours too (ICC profile, Adobe transform). */
export function stripJpeg(bytes: Uint8Array): Stripped {
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return { refused: 'damaged' };
  const kept: Uint8Array[] = [];
  let orientation = 1;
  let at = 2;
  for (;;) {
    // Any number of fill bytes 0xff may stand before a marker.
    if (bytes[at] !== 0xff || kept.length > mostParts) return { refused: 'damaged' };
    while (bytes[at + 1] === 0xff) at++;
    const marker = bytes[at + 1];
    if (marker === undefined) return { refused: 'damaged' };
    if (marker === EOI) return { bytes: assemble(orientation, kept) };
    const standsAlone = (marker >= 0xd0 && marker <= 0xd7) || marker === 0x01;
    if (standsAlone || marker === SOI || marker === 0x00) return { refused: 'damaged' };
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    let end = at + 2 + length;
    if (length < 2 || end > bytes.length) return { refused: 'damaged' };
    const body = bytes.subarray(at + 4, end);
    if (marker === APP1) orientation = exifOrientation(body) ?? orientation;
    if (marker === SOS) {
      end = endOfScan(bytes, end);
      if (end === -1) return { refused: 'damaged' };
    }
    if (isNeeded(marker, body)) kept.push(bytes.subarray(at, end));
    at = end;
  }
}

/** Where the entropy-coded data of a scan ends: at the next 0xff that is neither stuffing nor a restart marker. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = from; at + 1 < bytes.length; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1] ?? 0;
    if (next === 0x00 || next === 0xff || (next >= 0xd0 && next <= 0xd7)) continue;
    return at;
  }
  return -1;
}

function isNeeded(marker: number, body: Uint8Array): boolean {
  if (marker === COM) return false;
  if (marker < APP0 || marker > APP15) return true;
  // Without Adobe's transform flag the colours of some JPEGs come out inverted; it holds five numbers and no more.
  if (marker === APP14) return startsWith(body, 'Adobe') && body.length === 12;
  if (marker === APP2) return startsWith(body, 'ICC_PROFILE\0');
  return false;
}

function startsWith(body: Uint8Array, text: string): boolean {
  return body.length >= text.length && [...text].every((character, i) => body[i] === character.charCodeAt(0));
}

function assemble(orientation: number, kept: readonly Uint8Array[]): Uint8Array {
  return joined([Uint8Array.of(0xff, SOI), ...(orientation === 1 ? [] : [orientationBlock(orientation)]), ...kept, Uint8Array.of(0xff, EOI)]);
}

/** An Exif segment with the orientation tag (0x0112) and nothing else. */
function orientationBlock(orientation: number): Uint8Array {
  // prettier-ignore
  return Uint8Array.of(
    0xff, APP1, 0x00, 0x22,                               // marker, length 34
    0x45, 0x78, 0x69, 0x66, 0x00, 0x00,                   // "Exif", 0, 0
    0x4d, 0x4d, 0x00, 0x2a, 0x00, 0x00, 0x00, 0x08,       // big-endian TIFF, first directory at 8
    0x00, 0x01,                                           // one entry
    0x01, 0x12, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, orientation, 0x00, 0x00, // Orientation, SHORT, 1 value
    0x00, 0x00, 0x00, 0x00,                               // no further directory
  );
}

/** The orientation (1 to 8) that an Exif segment states in its first directory; null when it states none. */
function exifOrientation(body: Uint8Array): number | null {
  if (!startsWith(body, 'Exif\0\0')) return null;
  const tiff = new DataView(body.buffer, body.byteOffset + 6, body.length - 6);
  try {
    const littleEndian = tiff.getUint16(0) === 0x4949;
    const directory = tiff.getUint32(4, littleEndian);
    const entries = tiff.getUint16(directory, littleEndian);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + 12 * i;
      if (tiff.getUint16(entry, littleEndian) !== 0x0112) continue;
      const value = tiff.getUint16(entry + 8, littleEndian);
      return value >= 1 && value <= 8 ? value : null;
    }
  } catch {
    // An Exif block that ends too early states nothing.
  }
  return null;
}

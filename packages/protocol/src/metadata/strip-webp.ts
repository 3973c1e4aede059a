// Takes every chunk out of a WebP picture that is not needed to show it: Exif, XMP, unknown ones, and whatever is appended
// behind the picture. Format: RFC 9649.
import { joined, mostParts, type Stripped } from './stripped.js';

const pictureChunks: readonly string[] = ['VP8 ', 'VP8L', 'ALPH'];
const neededChunks: readonly string[] = [...pictureChunks, 'VP8X', 'ANIM', 'ANMF', 'ICCP'];
const exifFlag = 0x08;
const xmpFlag = 0x04;
/** Place, size and duration of a frame of an animation; its own chunks stand behind them. */
const frameHeadBytes = 16;

/** The picture alone, or 'damaged' when it is no WebP or ends too early. */
export function stripWebp(bytes: Uint8Array): Stripped {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 20 || ascii(bytes, 0) !== 'RIFF' || ascii(bytes, 8) !== 'WEBP') return { refused: 'damaged' };
  const end = 8 + view.getUint32(4, true);
  const kept = end > bytes.length ? null : keptChunks(bytes.subarray(12, end), neededChunks);
  return kept === null || kept.length === 0 ? { refused: 'damaged' } : { bytes: chunk('RIFF', [bytes.subarray(8, 12), ...kept]) };
}

/** The chunks of these names, those of frames cleaned in turn; null when the list ends too early. */
function keptChunks(list: Uint8Array, names: readonly string[]): Uint8Array[] | null {
  const view = new DataView(list.buffer, list.byteOffset, list.length);
  const kept: Uint8Array[] = [];
  for (let at = 0; at < list.length; ) {
    if (at + 8 > list.length || kept.length > mostParts) return null;
    const size = view.getUint32(at + 4, true);
    const next = at + 8 + size + (size % 2); // chunks begin at even places
    if (next > list.length) return null;
    const name = ascii(list, at);
    const from = at + 8;
    at = next;
    if (!names.includes(name)) continue;
    const content = list.slice(from, from + size);
    if (name === 'VP8X') content[0] = (content[0] ?? 0) & ~(exifFlag | xmpFlag);
    const frame = name === 'ANMF' ? keptChunks(content.subarray(frameHeadBytes), pictureChunks) : [];
    if (frame === null) return null;
    kept.push(name === 'ANMF' ? chunk(name, [content.subarray(0, frameHeadBytes), ...frame]) : chunk(name, [content]));
  }
  return kept;
}

/** Name, length, content, and a zero where the length is odd. */
function chunk(name: string, content: readonly Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  const head = new Uint8Array(8);
  for (const [at, letter] of [...name].entries()) head[at] = letter.charCodeAt(0);
  new DataView(head.buffer).setUint32(4, size, true);
  return joined([head, ...content, new Uint8Array(size % 2)]);
}

function ascii(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

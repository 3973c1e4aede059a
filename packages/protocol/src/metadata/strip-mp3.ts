// Takes everything off an MP3 that is no frame of sound: ID3v2 before and among the frames; ID3v1, APEv2 and Lyrics3 behind
// them. Formats: ISO/IEC 11172-3 and 13818-3, layer III; ID3 2.4.0; APEv2; Lyrics3 2.00.
import { joined, mostParts, type Stripped } from './stripped.js';

/** By the index in the header of a frame; none for "free" and for the forbidden last one. */
const kilobits = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0],
} as const;
const samplesPerSecond: readonly number[] = [44_100, 48_000, 32_000];
const id3v1Bytes = 128;
const apeFooterBytes = 32;
const apeHasHeader = 0x80000000;
/** "LYRICS200" behind six digits that tell the length of what is before them. */
const lyricsFooterBytes = 15;
/** A frame that looks like one by chance is not followed by another. */
const fewestFrames = 2;

/** The frames alone, or 'damaged' when something stands among them that is neither a frame nor a tag. */
export function stripMp3(bytes: Uint8Array): Stripped {
  const to = endOfSound(bytes);
  const runs: { from: number; to: number }[] = [];
  let count = 0;
  for (let at = 0; at < to; ) {
    const length = is(bytes, at, 'ID3') ? id3v2Bytes(bytes, at) : frameBytes(bytes, at);
    if (length === 0 || runs.length > mostParts) return { refused: 'damaged' };
    // A recording that was stopped ends within a frame, which nobody hears.
    if (!is(bytes, at, 'ID3') && at + length <= to) {
      const last = runs.at(-1);
      if (last?.to === at) last.to += length;
      else runs.push({ from: at, to: at + length });
      count++;
    }
    at += length;
  }
  return count < fewestFrames ? { refused: 'damaged' } : { bytes: joined(runs.map(({ from, to: end }) => bytes.subarray(from, end))) };
}

/** Where the tags begin that stand behind the sound, in whatever order. */
function endOfSound(bytes: Uint8Array): number {
  let to = bytes.length;
  for (let before = -1; before !== to && to > 0; ) {
    before = to;
    if (is(bytes, to - id3v1Bytes, 'TAG')) to -= id3v1Bytes;
    if (is(bytes, to - apeFooterBytes, 'APETAGEX')) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + to - apeFooterBytes, apeFooterBytes);
      const header = (view.getUint32(20, true) & apeHasHeader) === 0 ? 0 : apeFooterBytes;
      to -= Math.max(apeFooterBytes, view.getUint32(12, true)) + header;
    }
    if (is(bytes, to - 9, 'LYRICS200')) to -= lyricsFooterBytes + Number(String.fromCharCode(...bytes.subarray(to - lyricsFooterBytes, to - 9)).match(/^\d{6}$/)?.[0] ?? 0);
  }
  return to;
}

/** The length of the frame that begins here, zero when none does. */
function frameBytes(bytes: Uint8Array, at: number): number {
  const [sync = 0, kind = 0, rates = 0] = bytes.subarray(at, at + 3);
  const version = (kind >> 3) & 3; // 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5
  const isLayer3 = ((kind >> 1) & 3) === 1;
  if (sync !== 0xff || kind < 0xe0 || !isLayer3 || version === 1) return 0;
  const rate = kilobits[version === 3 ? 'mpeg1' : 'mpeg2'][rates >> 4] ?? 0;
  const samples = (samplesPerSecond[(rates >> 2) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  if (rate === 0 || samples === 0) return 0;
  return Math.floor(((version === 3 ? 144_000 : 72_000) * rate) / samples) + ((rates >> 1) & 1);
}

function id3v2Bytes(bytes: Uint8Array, at: number): number {
  const footer = ((bytes[at + 5] ?? 0) & 0x10) === 0 ? 0 : 10;
  // Seven bits in each byte, so that no length looks like the beginning of a frame.
  const length = [6, 7, 8, 9].reduce((sum, i) => sum * 128 + ((bytes[at + i] ?? 0) & 0x7f), 0);
  return 10 + length + footer;
}

function is(bytes: Uint8Array, at: number, text: string): boolean {
  return [...text].every((letter, i) => bytes[at + i] === letter.charCodeAt(0));
}

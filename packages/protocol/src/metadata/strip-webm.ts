// Takes hidden data out of WebM and Matroska: titles, places, times, programs, attached files, chapters, and what stands
// beside the pictures. Nothing moves: what must go becomes an element `Void` of the same length. Formats: RFC 8794 (EBML),
// RFC 9559 (Matroska).
import { emptyComments } from './strip-ogg.js';
import type { Stripped } from './stripped.js';

const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const TRACKS = 0x1654ae6b;
const TRACK = 0xae;
const CLUSTER = 0x1f43b675;
const BLOCK_GROUP = 0xa0;
const BLOCKS: readonly number[] = [0xa3, 0xa1];
const EBML = 0x1a45dfa3;
const VOID = 0xec;

const [NUMBER, TYPE, CODEC_ID, CODEC_PRIVATE] = [0xd7, 0x83, 0x86, 0x63a2];
/** Must be there, so that they stay with zeros for letters. */
const PROGRAMS: readonly number[] = [0x4d80, 0x5741];

/** Elements that are needed to play, by the one that they stand in; whatever else stands beside them is overwritten. */
const needed: ReadonlyMap<number, readonly number[]> = new Map([
  [SEGMENT, [0x114d9b74, INFO, TRACKS, CLUSTER, 0x1c53bb6b]], // places of the others, Info, Tracks, Cluster, Cues
  [INFO, [0x2ad7b1, 0x4489, ...PROGRAMS]], // units of time, duration
  [TRACKS, [TRACK]],
  // prettier-ignore
  [TRACK, [NUMBER, 0x73c5, TYPE, 0xb9, 0x88, 0x55aa, 0x9c, 0x6de7, 0x6df8, 0x23e383, 0x234e7a, 0x23314f, 0x55ee, 0x22b59c, 0x22b59d, CODEC_ID, CODEC_PRIVATE, 0x56aa, 0x56bb, 0xe0, 0xe1]],
  [CLUSTER, [0xe7, 0xa7, 0xab, 0xa3, BLOCK_GROUP]], // time, place, size of the one before, blocks
  [BLOCK_GROUP, [0xa1, 0x9b, 0xfb, 0xfa, 0x75a2]], // block, duration, what it refers to, padding
]);

/** Whose own headers hold no comments or pictures; Vorbis has comments, which are emptied. */
const understood = /^(?:V_VP8|V_VP9|V_AV1|V_MPEG4\/ISO\/AVC|V_MPEGH\/ISO\/HEVC|A_OPUS|A_VORBIS|A_AAC|A_PCM\/(?:INT\/LIT|INT\/BIG|FLOAT\/IEEE))$/;

/** Half a million elements: more than 20 MB of speech in blocks of one frame each have. */
const mostElements = 500_000;

class NotUnderstood extends Error {}

interface Element {
  readonly id: number;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** The same recording without what it tells about its maker, as long as before; 'damaged' when it is not understood to its end. */
export function stripWebm(bytes: Uint8Array): Stripped {
  const recording = new Recording(bytes.slice());
  try {
    recording.strip();
    return { bytes: recording.bytes };
  } catch (error) {
    if (error instanceof NotUnderstood) return { refused: 'damaged' };
    throw error;
  }
}

class Recording {
  private elements = 0;
  private readonly declared = new Set<number>();
  private readonly used = new Set<number>();

  constructor(readonly bytes: Uint8Array) {}

  strip(): void {
    const head = this.element(0, this.bytes.length);
    const segment = this.element(head.end, this.bytes.length);
    if (head.id !== EBML || segment.id !== SEGMENT || segment.end !== this.bytes.length) throw new NotUnderstood();
    this.clean(segment);
    if (this.declared.size === 0 || [...this.used].some((track) => !this.declared.has(track))) throw new NotUnderstood();
  }

  /** Overwrites what is not needed in one element, and returns where it ends: a cluster of unknown length, before what cannot be in it. */
  private clean(parent: Element): number {
    const kept = needed.get(parent.id) ?? [];
    const found: Element[] = [];
    let at = parent.body;
    while (at < parent.end) {
      const element = this.element(at, parent.end);
      if (parent.id === CLUSTER && needed.get(SEGMENT)?.includes(element.id)) return at;
      at = element.end;
      if (!kept.includes(element.id)) {
        this.erase(element);
        continue;
      }
      if (parent.id === TRACK) found.push(element);
      if (PROGRAMS.includes(element.id) && parent.id === INFO) this.bytes.fill(0, element.body, element.end);
      if (BLOCKS.includes(element.id)) this.used.add(this.number(element.body, element.end).value);
      if (needed.has(element.id)) at = this.clean(element);
    }
    if (parent.id === TRACK) this.checkTrack(found);
    return at;
  }

  /** Only pictures and sound, of formats that are known to hide nothing: subtitles may tell a place for every second. */
  private checkTrack(found: readonly Element[]): void {
    const one = (id: number): Element => {
      const [element, second] = found.filter((each) => each.id === id);
      if (element === undefined || second !== undefined) throw new NotUnderstood();
      return element;
    };
    const whole = ({ body, end }: Element): number => this.bytes.subarray(body, end).reduce((sum, byte) => sum * 256 + byte, 0);
    const codecId = one(CODEC_ID);
    const codec = String.fromCharCode(...this.bytes.subarray(codecId.body, Math.min(codecId.end, codecId.body + 40))).replace(/\0+$/, '');
    if (![1, 2].includes(whole(one(TYPE))) || !understood.test(codec)) throw new NotUnderstood();
    if (codec === 'A_VORBIS') this.emptyVorbis(one(CODEC_PRIVATE));
    this.declared.add(whole(one(NUMBER)));
  }

  /** Three packets behind the lengths of the first two; the second one holds the comments. */
  private emptyVorbis({ body, end }: Element): void {
    let at = body + 1;
    const length = (): number => {
      let sum = 0;
      for (; at < end && this.bytes[at] === 255; at++) sum += 255;
      return sum + (this.bytes[at++] ?? 0);
    };
    const [first, second] = [length(), length()];
    const from = at + first;
    if (this.bytes[body] !== 2 || from + second > end || !emptyComments(this.bytes, [{ from, to: from + second }])) throw new NotUnderstood();
  }

  private element(start: number, to: number): Element {
    if (++this.elements > mostElements) throw new NotUnderstood();
    const idBytes = Math.clz32(this.bytes[start] ?? 0) - 23;
    if (idBytes > 4 || start + idBytes > to) throw new NotUnderstood();
    const id = this.bytes.subarray(start, start + idBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    const size = this.number(start + idBytes, to);
    const body = start + idBytes + size.length;
    // A recording that is written while it is made does not know how long these two will be.
    const endless = size.allOnes && (id === SEGMENT || id === CLUSTER);
    const end = endless ? to : body + size.value;
    if (end > to || (size.allOnes && !endless)) throw new NotUnderstood();
    return { id, start, body, end };
  }

  /** A number whose first byte tells by its zeros how many follow; all ones mean that a length is not known. */
  private number(at: number, to: number): { readonly value: number; readonly length: number; readonly allOnes: boolean } {
    const first = this.bytes[at] ?? 0;
    const length = Math.clz32(first) - 23;
    if (length > 8 || at + length > to) throw new NotUnderstood();
    const rest = this.bytes.subarray(at + 1, at + length);
    const own = first & (0xff >> length);
    return { value: rest.reduce((sum, byte) => sum * 256 + byte, own), length, allOnes: own === 0xff >> length && rest.every((byte) => byte === 0xff) };
  }

  private erase({ start, end }: Element): void {
    const length = end - start;
    this.bytes.fill(0, start, end);
    this.bytes[start] = VOID;
    // A length of one byte, or of eight where it is more than that can tell.
    if (length < 9) this.bytes[start + 1] = 0x80 | (length - 2);
    else {
      this.bytes[start + 1] = 0x01;
      new DataView(this.bytes.buffer, this.bytes.byteOffset + start).setUint32(5, length - 9);
    }
  }
}

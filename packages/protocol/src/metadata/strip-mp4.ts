// Takes hidden data out of MP4, MOV, M4A and 3GP files: place, phone, time, titles, thumbnails, and tracks that are not
// seen or heard (GPS, motion, time of day). Nothing moves: what must go is overwritten where it stands and its box called
// `free`, so that every offset into the media stays right. Format: ISO/IEC 14496-12; QuickTime File Format.
import type { Stripped } from './stripped.js';

/** Boxes that are needed to play; whatever else stands beside them is overwritten. By the box that they stand in. */
const needed: Readonly<Record<string, string>> = {
  '': 'ftyp styp moov moof mdat sidx ssix mfra prft',
  moov: 'mvhd trak mvex',
  trak: 'tkhd edts mdia tref',
  mdia: 'mdhd hdlr minf elng',
  minf: 'vmhd smhd nmhd sthd gmhd hdlr dinf stbl',
  stbl: 'stsd stts ctts cslg stsc stsz stz2 stco co64 stss stps sdtp sbgp sgpd subs',
  edts: 'elst',
  mvex: 'mehd trex leva',
  moof: 'mfhd traf',
  traf: 'tfhd tfdt trun sdtp sbgp sgpd subs',
  mfra: 'tfra mfro',
};
const containers: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'edts', 'mvex', 'moof', 'traf', 'mfra']);

/** Tracks that are seen, heard or read. */
const playedHandlers: ReadonlySet<string> = new Set(['vide', 'soun', 'subt', 'sbtl', 'text', 'clcp', 'auxv', 'pict']);

/** Of a box: [from of the whole, from of its content, end]. */
interface Box {
  readonly type: string;
  readonly start: number;
  readonly body: number;
  readonly end: number;
  readonly children: readonly Box[];
}

class NotUnderstood extends Error {}

/** The same film without what it tells about its maker, as long as before; 'damaged' when it cannot be read to its end. */
export function stripMp4(bytes: Uint8Array): Stripped {
  const film = new Film(bytes.slice());
  try {
    return { bytes: film.stripped() };
  } catch (error) {
    if (error instanceof NotUnderstood || error instanceof RangeError) return { refused: 'damaged' };
    throw error;
  }
}

class Film {
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  stripped(): Uint8Array {
    const top = this.read('', 0, this.bytes.length);
    const [moov] = top.filter(({ type }) => type === 'moov');
    if (!moov) throw new NotUnderstood();
    const fragmented = top.some(({ type }) => type === 'moof');
    for (const trak of all(moov, 'trak')) {
      if (playedHandlers.has(this.handlerOf(trak))) this.forgetOrigin(trak);
      // Its samples lie in fragments that are told apart by tables of their own: rather not called clean.
      else if (fragmented) throw new NotUnderstood();
      else this.eraseTrack(trak);
    }
    for (const header of all(moov, 'mvhd')) this.eraseTimes(header);
    return this.bytes;
  }

  /** Reads the boxes of one container, and overwrites those that are not needed. */
  private read(inside: string, from: number, to: number): Box[] {
    const allowed = new Set((needed[inside] ?? '').split(' '));
    const boxes: Box[] = [];
    for (let start = from; start < to; ) {
      // QuickTime ends some lists with four zeros.
      if (to - start === 4 && this.view.getUint32(start) === 0) break;
      const size = this.view.getUint32(start);
      const type = this.ascii(start + 4);
      let body = start + 8;
      let end = start + size;
      if (size === 1) {
        body = start + 16;
        end = start + Number(this.view.getBigUint64(start + 8));
      } else if (size === 0 && inside === '') end = to;
      if (end < body || end > to) throw new NotUnderstood();
      if (allowed.has(type)) boxes.push({ type, start, body, end, children: containers.has(type) ? this.read(type, body, end) : [] });
      else this.erase({ start, body, end });
      start = end;
    }
    return boxes;
  }

  private handlerOf(trak: Box): string {
    const [mdia] = all(trak, 'mdia');
    const [handler] = mdia ? all(mdia, 'hdlr') : [];
    if (!handler || handler.end - handler.body < 24) throw new NotUnderstood();
    return this.ascii(handler.body + 8);
  }

  /** Times, names of handlers, and of the encoder. */
  private forgetOrigin(trak: Box): void {
    for (const header of all(trak, 'tkhd')) this.eraseTimes(header);
    for (const mdia of all(trak, 'mdia')) {
      for (const header of all(mdia, 'mdhd')) this.eraseTimes(header);
      for (const holder of [mdia, ...all(mdia, 'minf')]) {
        // Behind version, type and three reserved numbers stands a name for people.
        for (const { body, end } of all(holder, 'hdlr')) this.bytes.fill(0, Math.min(body + 12, end), end);
      }
      for (const minf of all(mdia, 'minf')) {
        for (const { body, end } of all(minf, 'dinf')) this.eraseReferences(body, end);
        for (const stbl of all(minf, 'stbl')) for (const entry of all(stbl, 'stsd')) this.eraseEncoder(entry, this.handlerOf(trak));
      }
    }
  }

  /** Where the media lie: in this file. QuickTime also writes down under which path on whose disk. */
  private eraseReferences(from: number, to: number): void {
    const dref = this.box(from, to);
    const count = this.view.getUint32(dref.body + 4);
    for (let n = 0, at = dref.body + 8; n < count && at < dref.end; n++) {
      const entry = this.box(at, dref.end);
      this.bytes.fill(0, Math.min(entry.body + 4, entry.end), entry.end);
      at = entry.end;
    }
  }

  /** The name of the encoder in a sample description: 32 bytes of every picture format, and its vendor. */
  private eraseEncoder({ body, end }: Box, handler: string): void {
    if (handler !== 'vide') return;
    const count = this.view.getUint32(body + 4);
    for (let n = 0, at = body + 8; n < count && at < end; n++) {
      const entry = this.box(at, end);
      if (entry.end - entry.start < 86) throw new NotUnderstood();
      this.bytes.fill(0, entry.start + 20, entry.start + 24);
      this.bytes.fill(0, entry.start + 50, entry.start + 82);
      at = entry.end;
    }
  }

  /** Creation and modification in mvhd, tkhd and mdhd: seconds since 1904, of four or eight bytes each. */
  private eraseTimes({ body, end }: Box): void {
    const length = this.view.getUint8(body) === 1 ? 16 : 8;
    if (body + 4 + length > end) throw new NotUnderstood();
    this.bytes.fill(0, body + 4, body + 4 + length);
  }

  /** A track that nobody sees or hears goes with all its samples. */
  private eraseTrack(trak: Box): void {
    for (const mdia of all(trak, 'mdia')) {
      for (const minf of all(mdia, 'minf')) for (const stbl of all(minf, 'stbl')) this.eraseSamples(stbl);
    }
    this.erase(trak);
  }

  private eraseSamples(stbl: Box): void {
    const table = (type: string): Box | undefined => all(stbl, type)[0];
    const [chunks, runs, sizes] = [table('co64') ?? table('stco'), table('stsc'), table('stsz')];
    if (!chunks || !runs || !sizes) throw new NotUnderstood();
    const wide = chunks.type === 'co64' ? 8 : 4;
    const oneSize = this.view.getUint32(sizes.body + 4);
    const chunkCount = this.view.getUint32(chunks.body + 4);
    if (chunks.body + 8 + chunkCount * wide > chunks.end) throw new NotUnderstood();
    let run = 0;
    let sample = 0;
    for (let chunk = 1; chunk <= chunkCount; chunk++) {
      // stsc: from this chunk on, so many samples in each.
      const runAt = (n: number): number => runs.body + 8 + 12 * n;
      while (runAt(run + 2) <= runs.end && this.view.getUint32(runAt(run + 1)) <= chunk) run++;
      const inChunk = this.view.getUint32(runAt(run) + 4);
      let length = 0;
      for (let n = 0; n < inChunk && length <= this.bytes.length; n++, sample++) length += oneSize || this.view.getUint32(sizes.body + 12 + 4 * sample);
      const offset = chunks.body + 8 + (chunk - 1) * wide;
      const from = wide === 8 ? Number(this.view.getBigUint64(offset)) : this.view.getUint32(offset);
      if (from + length > this.bytes.length) throw new NotUnderstood();
      this.bytes.fill(0, from, from + length);
    }
  }

  private erase({ start, body, end }: Pick<Box, 'start' | 'body' | 'end'>): void {
    for (const [at, letter] of [...'free'].entries()) this.bytes[start + 4 + at] = letter.charCodeAt(0);
    this.bytes.fill(0, body, end);
  }

  private box(start: number, to: number): Box {
    const end = start + this.view.getUint32(start);
    if (end < start + 8 || end > to) throw new NotUnderstood();
    return { type: this.ascii(start + 4), start, body: start + 8, end, children: [] };
  }

  private ascii(at: number): string {
    if (at + 4 > this.bytes.length) throw new NotUnderstood();
    return String.fromCharCode(...this.bytes.subarray(at, at + 4));
  }
}

const all = ({ children }: Box, type: string): readonly Box[] => children.filter((child) => child.type === type);

// The boxes of an ISO base media file: read as a tree, and those that are not needed to play overwritten where they stand.
// Format: ISO/IEC 14496-12; QuickTime File Format.

/** Boxes that are needed to play, by the box that they stand in; whatever else stands beside them is overwritten. */
const needed: Readonly<Record<string, readonly string[]>> = {
  '': ['ftyp', 'styp', 'moov', 'moof', 'mdat', 'sidx', 'ssix', 'mfra'],
  moov: ['mvhd', 'trak', 'mvex'],
  trak: ['tkhd', 'edts', 'mdia', 'tref'],
  mdia: ['mdhd', 'hdlr', 'minf', 'elng'],
  minf: ['vmhd', 'smhd', 'hdlr', 'dinf', 'stbl'],
  stbl: ['stsd', 'stts', 'ctts', 'cslg', 'stsc', 'stsz', 'stz2', 'stco', 'co64', 'stss', 'stps', 'sdtp', 'sbgp', 'sgpd', 'subs'],
  edts: ['elst'],
  mvex: ['mehd', 'trex', 'leva'],
  moof: ['mfhd', 'traf'],
  traf: ['tfhd', 'tfdt', 'trun', 'sdtp', 'sbgp', 'sgpd', 'subs'],
  mfra: ['tfra', 'mfro'],
};

/** Half a million boxes: more than 20 MB in fragments of one frame each have; a file of nothing but boxes ends here. */
const mostBoxes = 500_000;

export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its content begins, behind size and type. */
  readonly body: number;
  readonly end: number;
  readonly children: readonly Box[];
}

/** Thrown while reading: the file is not what it should be, and nobody can call it clean. */
export class NotUnderstood extends Error {}

/** The bytes of a film, which are changed where they stand. */
export class BoxFile {
  readonly view: DataView;
  private boxes = 0;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Reads the whole file, and overwrites every box that is not needed. The table above has no circles, so the depth is bounded. */
  clean(): Box[] {
    return this.read('', 0, this.bytes.length);
  }

  /** Nothing moves: the box is called `free`, as long as before, and holds zeros. */
  erase({ start, body, end }: Pick<Box, 'start' | 'body' | 'end'>): void {
    for (const [at, letter] of [...'free'].entries()) this.bytes[start + 4 + at] = letter.charCodeAt(0);
    this.bytes.fill(0, body, end);
  }

  /** One box with a length of four bytes, and not what is in it. */
  box(start: number, to: number): Box {
    this.count();
    const end = start + this.view.getUint32(start);
    if (end < start + 8 || end > to) throw new NotUnderstood();
    return { type: this.ascii(start + 4), start, body: start + 8, end, children: [] };
  }

  ascii(at: number): string {
    if (at + 4 > this.bytes.length) throw new NotUnderstood();
    return String.fromCharCode(...this.bytes.subarray(at, at + 4));
  }

  private count(): void {
    if (++this.boxes > mostBoxes) throw new NotUnderstood();
  }

  private read(inside: string, from: number, to: number): Box[] {
    const allowed = needed[inside] ?? [];
    const found: Box[] = [];
    for (let start = from; start < to; ) {
      // QuickTime ends some lists with four zeros.
      if (to - start === 4 && this.view.getUint32(start) === 0) break;
      this.count();
      const size = this.view.getUint32(start);
      const type = this.ascii(start + 4);
      let body = start + 8;
      let end = start + size;
      if (size === 1) {
        body = start + 16;
        end = start + Number(this.view.getBigUint64(start + 8));
      } else if (size === 0 && inside === '') end = to;
      if (end < body || end > to) throw new NotUnderstood();
      if (allowed.includes(type)) found.push({ type, start, body, end, children: type in needed ? this.read(type, body, end) : [] });
      else this.erase({ start, body, end });
      start = end;
    }
    return found;
  }
}

export const all = ({ children }: Pick<Box, 'children'>, type: string): readonly Box[] => children.filter((child) => child.type === type);

/** The one box of its type: a second one, which a player passes over, would be passed over here as well. */
export function one(inside: Pick<Box, 'children'>, type: string): Box {
  const [box, second] = all(inside, type);
  if (!box || second) throw new NotUnderstood();
  return box;
}

/** A table of `width` bytes a row behind `head` bytes, the last four of which count the rows: refused when it is cut short. */
export function rowsOf(view: DataView, { body, end }: Box, head: number, width: number): { readonly count: number; readonly at: (row: number) => number } {
  const first = body + head;
  if (first > end) throw new NotUnderstood();
  const count = view.getUint32(first - 4);
  if (first + count * width > end) throw new NotUnderstood();
  return { count, at: (row) => first + row * width };
}

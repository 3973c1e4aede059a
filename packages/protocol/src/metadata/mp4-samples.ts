// Where the pictures and the sound of a film lie, so that what lies between them can go: the samples of hidden tracks, and
// what car and action cameras write beside all tracks (place, speed, previews). Format: ISO/IEC 14496-12, 8.7.
import { all, NotUnderstood, one, rowsOf, type Box, type BoxFile } from './mp4-boxes.js';

/** More than an hour of sound with every frame in a chunk of its own; a table made to exhaust memory ends here. */
const mostChunks = 500_000;

interface Chunk {
  readonly from: number;
  readonly to: number;
  /** It may be longer than its table says: to the beginning of the next one. */
  readonly open: boolean;
  readonly played: boolean;
}

/** A track with the table of its samples. */
interface Sampled {
  readonly stbl: Box;
  readonly handler: string;
  readonly played: boolean;
}

/** Overwrites everything inside `mdat` that belongs to no played track. A played sample outside of it is not understood. */
export function eraseBetween(film: BoxFile, top: readonly Box[], tracks: readonly Sampled[]): void {
  const chunks: Chunk[] = [];
  for (const track of tracks) {
    for (const chunk of chunksOf(film.view, track)) chunks.push(chunk);
    if (chunks.length > mostChunks) throw new NotUnderstood();
  }
  chunks.sort((a, b) => a.from - b.from);
  let n = 0;
  for (const mdat of top.filter(({ type }) => type === 'mdat')) {
    let keptTo = mdat.body;
    for (; n < chunks.length; n++) {
      const { from, to, open, played } = chunks[n] as Chunk;
      if (from >= mdat.end) break;
      if (!played) continue;
      const end = open ? Math.max(to, Math.min(mdat.end, chunks[n + 1]?.from ?? mdat.end)) : to;
      if (from < mdat.body || end > mdat.end) throw new NotUnderstood();
      if (from > keptTo) film.bytes.fill(0, keptTo, from);
      keptTo = Math.max(keptTo, end);
    }
    film.bytes.fill(0, keptTo, mdat.end);
  }
  if (chunks.slice(n).some(({ played }) => played)) throw new NotUnderstood();
}

/** Every piece of the file that holds samples of this track. */
function chunksOf(view: DataView, { stbl, handler, played }: Sampled): Chunk[] {
  const wide = all(stbl, 'co64').length > 0;
  const offsets = rowsOf(view, one(stbl, wide ? 'co64' : 'stco'), 8, wide ? 8 : 4);
  if (offsets.count > mostChunks) throw new NotUnderstood();
  const runs = rowsOf(view, one(stbl, 'stsc'), 8, 12);
  const sizes = sizesOf(view, stbl);
  if (runs.count === 0 && offsets.count > 0) throw new NotUnderstood();
  const found: Chunk[] = [];
  let run = 0;
  let sample = 0;
  for (let chunk = 0; chunk < offsets.count; chunk++) {
    // From this chunk on, so many samples in each; chunks are counted from one.
    while (run + 1 < runs.count && view.getUint32(runs.at(run + 1)) <= chunk + 1) run++;
    const inChunk = view.getUint32(runs.at(run) + 4);
    const from = wide ? Number(view.getBigUint64(offsets.at(chunk))) : view.getUint32(offsets.at(chunk));
    const length = sizes.ofNext(sample, inChunk);
    sample += inChunk;
    // QuickTime gives the samples of some old sound formats one byte each, whatever they have.
    if (length > 0) found.push({ from, to: from + length, open: handler === 'soun' && sizes.same, played });
  }
  return found;
}

function sizesOf(view: DataView, stbl: Box): { readonly same: boolean; readonly ofNext: (sample: number, count: number) => number } {
  const [compact] = all(stbl, 'stz2');
  if (compact) {
    const bits = view.getUint32(compact.body + 4) & 0xff;
    if (bits !== 4 && bits !== 8 && bits !== 16) throw new NotUnderstood();
    const { count, at } = rowsOf(view, compact, 12, bits / 8);
    const size = (n: number): number => {
      if (bits === 16) return view.getUint16(at(n));
      if (bits === 8) return view.getUint8(at(n));
      // Two to a byte, the first one in its upper half.
      return (view.getUint8(Math.floor(at(n))) >> (n % 2 === 0 ? 4 : 0)) & 15;
    };
    return { same: false, ofNext: (sample, n) => summed(size, sample, n, count) };
  }
  const table = one(stbl, 'stsz');
  const same = view.getUint32(table.body + 4);
  if (same !== 0) return { same: true, ofNext: (_sample, n) => same * n };
  const { count, at } = rowsOf(view, table, 12, 4);
  return { same: false, ofNext: (sample, n) => summed((each) => view.getUint32(at(each)), sample, n, count) };
}

/** Every row of a table is read once, whatever the number of samples in a chunk is said to be. */
function summed(size: (n: number) => number, sample: number, n: number, count: number): number {
  if (sample + n > count) throw new NotUnderstood();
  let sum = 0;
  for (let each = sample; each < sample + n; each++) sum += size(each);
  return sum;
}

// Takes hidden data out of MP4, MOV, M4A and 3GP files: place, phone, time, titles, thumbnails, and tracks that are not
// seen or heard (GPS, motion, time of day). Nothing moves: what must go is overwritten where it stands and its box called
// `free`, so that every offset into the media stays right. Format: ISO/IEC 14496-12; QuickTime File Format.
import { all, BoxFile, NotUnderstood, one, rowsOf, type Box } from './mp4-boxes.js';
import { eraseBetween } from './mp4-samples.js';
import type { Stripped } from './stripped.js';

/** Tracks that are seen or heard. Not subtitles: drones and car cameras write place and time of every second into them. */
const playedHandlers: readonly string[] = ['vide', 'soun', 'auxv', 'pict'];

/** Films made of whole pictures, each of which may tell place and camera once more. */
const pictureFormats: readonly string[] = ['jpeg', 'mjpa', 'mjpb', 'png ', 'tiff'];

interface Track {
  readonly trak: Box;
  readonly mdia: Box;
  readonly minf: Box;
  readonly stbl: Box;
  readonly handler: string;
  readonly played: boolean;
}

/** The same film without what it tells about its maker, as long as before; 'damaged' when it is not understood to its end. */
export function stripMp4(bytes: Uint8Array): Stripped {
  const film = new BoxFile(bytes.slice());
  try {
    strip(film);
    return { bytes: film.bytes };
  } catch (error) {
    // A number behind the end of the file is a RangeError of DataView.
    if (error instanceof NotUnderstood || error instanceof RangeError) return { refused: 'damaged' };
    throw error;
  }
}

function strip(film: BoxFile): void {
  const top = film.clean();
  const moov = one({ children: top }, 'moov');
  const tracks = all(moov, 'trak').map((trak) => trackOf(film, trak));
  // Without any, its header is of a kind that was just overwritten (compressed, or pointing to other files).
  if (!tracks.some(({ played }) => played)) throw new NotUnderstood();
  eraseTimes(film, one(moov, 'mvhd'));
  const fragments = top.filter(({ type }) => type === 'moof');
  // The samples of fragments are told apart by tables of their own: a film with hidden ones is rather not called clean.
  if (fragments.length > 0) checkFragments(film, fragments, tracks);
  else eraseBetween(film, top, tracks);
  for (const track of tracks) {
    if (track.played) forgetOrigin(film, track);
    else film.erase(track.trak);
  }
}

function trackOf(film: BoxFile, trak: Box): Track {
  const mdia = one(trak, 'mdia');
  const minf = one(mdia, 'minf');
  const { body, end } = one(mdia, 'hdlr');
  if (end - body < 24) throw new NotUnderstood();
  const handler = film.ascii(body + 8);
  return { trak, mdia, minf, stbl: one(minf, 'stbl'), handler, played: playedHandlers.includes(handler) };
}

function checkFragments(film: BoxFile, fragments: readonly Box[], tracks: readonly Track[]): void {
  const played = new Set<number>();
  for (const track of tracks) {
    if (!track.played) throw new NotUnderstood();
    const { body, end } = one(track.trak, 'tkhd');
    const idAt = body + (film.view.getUint8(body) === 1 ? 20 : 12);
    if (idAt + 4 > end) throw new NotUnderstood();
    played.add(film.view.getUint32(idAt));
  }
  for (const fragment of fragments) {
    for (const traf of all(fragment, 'traf')) if (!played.has(film.view.getUint32(one(traf, 'tfhd').body + 4))) throw new NotUnderstood();
  }
}

/** Times, names of handlers, disks, and of the encoder. */
function forgetOrigin(film: BoxFile, { trak, mdia, minf, stbl, handler }: Track): void {
  eraseTimes(film, one(trak, 'tkhd'));
  eraseTimes(film, one(mdia, 'mdhd'));
  // Behind version, type and three reserved numbers stands a name for people.
  for (const { body, end } of [...all(mdia, 'hdlr'), ...all(minf, 'hdlr')]) film.bytes.fill(0, Math.min(body + 12, end), end);
  eraseReferences(film, one(minf, 'dinf'));
  eraseEncoder(film, one(stbl, 'stsd'), handler);
}

/** Where the media lie: in this file. QuickTime also writes down under which path on whose disk. */
function eraseReferences(film: BoxFile, { body, end }: Box): void {
  const dref = film.box(body, end);
  if (dref.type !== 'dref') throw new NotUnderstood();
  for (const entry of entriesOf(film, dref)) {
    const inThisFile = entry.end - entry.body >= 4 && (film.view.getUint32(entry.body) & 1) === 1;
    if (!inThisFile) throw new NotUnderstood();
    film.bytes.fill(0, entry.body + 4, entry.end);
  }
  film.bytes.fill(0, dref.end, end);
}

/** In a sample description: the vendor, and for pictures 32 bytes with the name of the encoder. */
function eraseEncoder(film: BoxFile, stsd: Box, handler: string): void {
  for (const entry of entriesOf(film, stsd)) {
    const sound = handler === 'soun';
    if (entry.end - entry.start < (sound ? 36 : 86) || pictureFormats.includes(entry.type)) throw new NotUnderstood();
    film.bytes.fill(0, entry.start + 20, entry.start + 24);
    if (!sound) film.bytes.fill(0, entry.start + 50, entry.start + 82);
  }
}

/** The boxes of a counted list, and nothing but them. */
function entriesOf(film: BoxFile, list: Box): readonly Box[] {
  const { count, at } = rowsOf(film.view, list, 8, 8);
  const entries: Box[] = [];
  let from = at(0);
  for (; entries.length < count; from = (entries.at(-1) as Box).end) entries.push(film.box(from, list.end));
  film.bytes.fill(0, from, list.end);
  return entries;
}

/** Creation and modification in mvhd, tkhd and mdhd: seconds since 1904, of four or eight bytes each. */
function eraseTimes(film: BoxFile, { body, end }: Box): void {
  const length = film.view.getUint8(body) === 1 ? 16 : 8;
  if (body + 4 + length > end) throw new NotUnderstood();
  film.bytes.fill(0, body + 4, body + 4 + length);
}

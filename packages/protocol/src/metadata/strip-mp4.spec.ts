import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { growthOf, mostGrowth } from '../../test/growth.js';
import { cleanFile } from './clean-file.js';
import { stripMp4 } from './strip-mp4.js';

// Made by ffmpeg from its own test pictures and tones, with "canary …" in every field that it would write: title, comment,
// artist, place ("+42.8746+074.5698/") and a time.
const real = (name: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, '../../test/media', name)));
const told = /canary|42\.87|074\.5|2026/;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function cleaned(bytes: Uint8Array): Uint8Array {
  const result = cleanFile(bytes);
  if (!('bytes' in result)) throw new Error(`not cleaned: ${result.refused}`);
  return result.bytes;
}

function u32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

function box(type: string, ...content: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
}

const ftyp = box('ftyp', 'isom', u32(0));
/** Where the media begin in a film that holds them right behind its brand. */
const first = ftyp.length + 8;
const header = (type: string, trackId = 0): Buffer => box(type, u32(0), 'TIMETIME', u32(trackId), Buffer.alloc(76));
const handler = (type: string): Buffer => box('hdlr', u32(0, 0), type, Buffer.alloc(12), 'canary handler');
const stsd = (format = 'avc1'): Buffer => box('stsd', u32(0, 1), box(format, Buffer.alloc(100)), 'canary');
const dinf = (flags = 1): Buffer => box('dinf', box('dref', u32(0, 1), box('alis', u32(flags), 'canary disk')));
const sizesOf = (sizes: readonly number[]): Buffer => box('stsz', u32(0, 0, sizes.length, ...sizes));

interface TrackParts {
  /** Of each chunk, which has one sample unless `runs` says otherwise. */
  readonly at: readonly number[];
  readonly sizes: Buffer;
  readonly runs?: Buffer;
  readonly offsets?: Buffer;
  readonly format?: string;
  readonly dinf?: Buffer;
  readonly more?: Buffer;
  readonly trackId?: number;
}

function track(type: string, parts: TrackParts): Buffer {
  const stbl = box('stbl', stsd(parts.format), parts.runs ?? box('stsc', u32(0, 1, 1, 1, 1)), parts.sizes, parts.offsets ?? box('stco', u32(0, parts.at.length, ...parts.at)));
  return box('trak', header('tkhd', parts.trackId), box('udta', box('\u00a9xyz', 'canary place')), box('mdia', header('mdhd'), handler(type), box('minf', parts.dinf ?? dinf(), stbl, parts.more ?? '')));
}

const pictures = (parts: Partial<TrackParts> = {}): Buffer => track('vide', { at: [first], sizes: sizesOf([8]), ...parts });
const film = (media: Buffer | string, ...tracks: readonly Buffer[]): Uint8Array =>
  new Uint8Array(Buffer.concat([ftyp, box('mdat', media), box('moov', header('mvhd'), ...tracks)]));

describe('a film', () => {
  it('from a phone leaves without place, title, time and program, with the same sound and pictures, and plays', () => {
    const before = real('film.mp4');
    expect(text(before)).toMatch(told);
    const clean = cleaned(before);
    expect(text(clean)).not.toMatch(told);
    expect(text(clean)).not.toContain('Lavf'); // the program that wrote the file; the encoder's own mark is in the pictures
    expect(clean.length).toBe(before.length);
    const media = (bytes: Uint8Array): Buffer => {
      const at = Buffer.from(bytes).indexOf('mdat');
      return Buffer.from(bytes).subarray(at, at + Buffer.from(bytes).readUInt32BE(at - 4) - 4);
    };
    expect(media(clean).equals(media(before))).toBe(true);
    const live = real('fragments.mov');
    expect(text(live)).toMatch(/canary.*prft/s);
    expect(text(cleaned(live))).not.toMatch(/canary|42\.87|2026|prft/);
  });

  // meta and camm: phones; gpmd, tmcd: action cameras; text and sbtl: drones, which write their place as subtitles.
  it.each(['meta', 'camm', 'gpmd', 'tmcd', 'text', 'sbtl', 'subt', 'clcp'])('loses a track of %s with its samples, and the names of disks', (type) => {
    const before = Buffer.concat([
      film('PICTURESGPS-TRACK-1GPS-2', pictures(), track(type, { at: [first + 8], sizes: sizesOf([11, 5]), runs: box('stsc', u32(0, 1, 1, 2, 1)) }), box('meta', 'canary')),
      box('uuid', 'canary of a maker'),
    ]);
    const clean = cleaned(new Uint8Array(before));
    expect(text(clean)).toContain('PICTURES');
    expect(text(clean)).not.toMatch(/GPS|canary|TIME/);
    expect(text(clean)).not.toContain(`${type}\0`);
    expect(clean.length).toBe(before.length);
  });

  it('loses what lies between its samples, where car cameras write their place', () => {
    const bytes = 'GPS0PICTURESGPS1soundGPS2PICTURESGPS3';
    const wide = box('co64', u32(0, 2, 0, first + 4, 0, first + 25));
    const [pair, sound] = [pictures({ sizes: sizesOf([8, 8]), offsets: wide }), track('soun', { at: [first + 16], sizes: sizesOf([5]) })];
    expect(text(cleaned(film(bytes, pair, sound)))).toContain('mdat\0\0\0\0PICTURES\0\0\0\0sound\0\0\0\0PICTURES\0\0\0\0');
    // Sizes of four bits each, two to a byte.
    const compact = pictures({ sizes: box('stz2', u32(0, 4, 3), Buffer.from([0x44, 0x80])), runs: box('stsc', u32(0, 2, 1, 2, 1, 2, 1, 1)), at: [first + 4, first + 25] });
    expect(text(cleaned(film(bytes, compact)))).toContain('mdat\0\0\0\0PICTURES\0\0\0\0\0\0\0\0\0\0\0\0\0PICTURES\0\0\0\0');
  });

  it('keeps sound whole whose samples QuickTime counts as one byte each', () => {
    const sound = track('soun', { at: [first, first + 12], sizes: box('stsz', u32(0, 1, 4)), runs: box('stsc', u32(0, 1, 1, 2, 1)) });
    const hidden = track('tmcd', { at: [first + 8], sizes: sizesOf([4]) });
    expect(text(cleaned(film('soundONEGPS0soundTWO', sound, hidden)))).toContain('mdatsoundONE\0\0\0\0soundTWO');
  });

  it('loses the time of day at which its fragments were sent', () => {
    const live = Buffer.concat([ftyp, box('moov', header('mvhd'), pictures({ trackId: 1, at: [] })), box('prft', u32(0, 1), 'TIMETIME'), box('moof', box('mfhd', u32(0, 1)), box('traf', box('tfhd', u32(0, 1)))), box('mdat', 'PICTURES')]);
    const clean = text(cleaned(new Uint8Array(live)));
    expect(clean).toContain('PICTURES');
    expect(clean).not.toMatch(/TIME|prft/);
  });

  it('may have a long box with a length of eight bytes, and one that goes to the end', () => {
    const long = Buffer.concat([u32(1), Buffer.from('uuid'), u32(0, 16 + 6), Buffer.from('canary')]);
    const last = Buffer.concat([u32(0), Buffer.from('mdat'), Buffer.from('PICTURES')]);
    const moov = (at: number): Buffer => box('moov', header('mvhd'), pictures({ at: [at] }));
    const before = Buffer.concat([ftyp, moov(ftyp.length + moov(0).length + long.length + 8), long, last]);
    const clean = text(cleaned(new Uint8Array(before)));
    expect(clean).toContain('PICTURES');
    expect(clean).not.toContain('canary');
  });

  it('comes out the same when it is cleaned again', () => {
    const before = film('PICTURESGPS-TRACK-1', pictures(), track('camm', { at: [first + 8], sizes: sizesOf([11]) }));
    expect(cleaned(cleaned(before))).toEqual(cleaned(before));
  });
});

describe('a film that is not understood', () => {
  const refused = (bytes: Uint8Array): void => expect(cleanFile(bytes)).toEqual({ refused: 'unknown' });
  const moof = (trackId: number): Buffer => box('moof', box('mfhd', u32(0, 1)), box('traf', box('tfhd', u32(0, trackId))));
  const fragmented = (trackId: number, ...tracks: readonly Buffer[]): Uint8Array => new Uint8Array(Buffer.concat([ftyp, box('moov', header('mvhd'), ...tracks), moof(trackId), box('mdat', 'GPS')]));

  it('is not called clean when a hidden track lies in fragments, or a track that the header does not name', () => {
    const shown = pictures({ trackId: 1, at: [] });
    expect('bytes' in cleanFile(fragmented(1, shown))).toBe(true);
    refused(fragmented(1, shown, track('camm', { trackId: 2, at: [], sizes: sizesOf([]) })));
    refused(fragmented(2, shown));
  });

  it('is not called clean when it has a second header, a second list of samples, or a header of a kind that would be lost', () => {
    refused(new Uint8Array(Buffer.concat([film('PICTURESGPS', pictures()), box('moov', header('mvhd'), track('camm', { at: [first + 8], sizes: sizesOf([3]) }))])));
    refused(film('PICTURESGPS', pictures({ more: box('stbl', stsd()) })));
    refused(film('PICTURES', box('cmov', 'a compressed header')));
    refused(film('GPS', track('camm', { at: [first], sizes: sizesOf([3]) })));
  });

  it('is not called clean when its pictures may tell a place of their own, or lie in another file, or nowhere', () => {
    refused(film('PICTURES', pictures({ format: 'jpeg' })));
    refused(film('PICTURES', pictures({ dinf: dinf(0) })));
    refused(film('PICTURES', pictures({ at: [first + 1] })));
    refused(film('PICTURES', pictures({ at: [4] })));
    refused(film('PICTURES', pictures({ at: [9_000] })));
    refused(film('PICTURES', pictures({ runs: box('stsc', u32(0, 0)) })));
    refused(film('PICTURES', pictures({ runs: box('stsc', u32(0, 1, 1, 2, 1)) })));
    refused(film('PICTURES', pictures({ sizes: box('stz2', u32(0, 7, 1), Buffer.alloc(8)) })));
  });

  it('is not called clean when it cannot be read to its end', () => {
    const whole = real('film.mp4');
    for (let length = 0; length < whole.length; length += 7) {
      expect([length, stripMp4(whole.subarray(0, length))]).toEqual([length, { refused: 'damaged' }]);
    }
  });

  // 20 MB may come through a chat. The first of these alone took more than an hour when each chunk was gone through
  // sample by sample.
  const boxes = (head: string, count: number): Buffer => Buffer.alloc(8 * count, Buffer.concat([u32(8), Buffer.from(head)]));
  const endless = (half: number): Partial<TrackParts> => ({
    sizes: box('stsz', u32(0, 1, half)),
    runs: box('stsc', u32(0, 1, 1, half, 1)),
    offsets: box('stco', u32(0, half / 4), Buffer.alloc(half, u32(first))),
  });
  it.each<[string, number, (size: number) => Uint8Array]>([
    ['chunks that all lie in one place', 4_000, (size) => film(Buffer.alloc(size), pictures(endless(size)))],
    ['such chunks of places and movements', 4_000, (size) => film(Buffer.alloc(size), pictures(), track('camm', { at: [], ...endless(size) } as TrackParts))],
    ['tracks without end', 4_000, (size) => film('', boxes('trak', size))],
    ['tables without end', 4_000, (size) => film('', box('trak', box('mdia', handler('vide'), boxes('minf', size))))],
    ['media without end', 4_000, (size) => film('', box('trak', header('tkhd'), boxes('mdia', size)))],
  ])('made to keep the service busy with %s, it costs as many more steps as it is longer', (_, size, make) => {
    expect(growthOf(make, cleanFile, size)).toBeLessThan(mostGrowth);
  });

  it('whatever its tables say, ends as clean or refused, as long as before, with no byte of it new', () => {
    const anyNumber = fc.oneof(fc.nat(80), fc.constantFrom(0, 1, 0x7fffffff, 0xffffffff));
    const table = (type: string): fc.Arbitrary<Buffer> => fc.array(anyNumber, { maxLength: 8 }).map((numbers) => box(type, u32(0, ...numbers)));
    fc.assert(
      fc.property(fc.constantFrom('vide', 'soun', 'camm'), table('stco'), table('stsz'), table('stsc'), (type, offsets, sizes, runs) => {
        const before = film('PICTURESGPS-TRACK-1', pictures(), track(type, { at: [], offsets, sizes, runs }));
        const result = cleanFile(before);
        if (!('bytes' in result)) return;
        expect(result.bytes.length).toBe(before.length);
        expect(text(result.bytes)).toContain('PICTURES');
        expect(cleaned(result.bytes)).toEqual(result.bytes);
        const added = [...result.bytes.keys()].filter((at) => result.bytes[at] !== before[at] && result.bytes[at] !== 0);
        expect(added.every((at) => 'free'.includes(String.fromCharCode(result.bytes[at] ?? 0)))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

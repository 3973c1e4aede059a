import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanFile } from './clean-file.js';
import { stripMp3 } from './strip-mp3.js';
import { stripMp4 } from './strip-mp4.js';
import { stripOgg } from './strip-ogg.js';
import { stripWebp } from './strip-webp.js';

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

const u32 = (...values: number[]): Buffer => Buffer.concat(values.map((value) => { const b = Buffer.alloc(4); b.writeUInt32BE(value); return b; })); // prettier-ignore
const box = (type: string, ...content: (Buffer | string)[]): Buffer => {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  return Buffer.concat([u32(8 + body.length), Buffer.from(type, 'latin1'), body]);
};
const handler = (type: string, name = ''): Buffer => box('hdlr', u32(0, 0), type, Buffer.alloc(12), name);
const times = Buffer.from('TIMETIME');
const header = (type: string): Buffer => box(type, u32(0), times, Buffer.alloc(80));
/** A track whose single chunk of `sizes.length` samples begins at `offset`. */
const track = (type: string, offset: number, sizes: readonly number[]): Buffer =>
  box(
    'trak',
    header('tkhd'),
    box('udta', box('\u00a9xyz', 'canary place')),
    box(
      'mdia',
      header('mdhd'),
      handler(type, 'canary handler'),
      box(
        'minf',
        box('dinf', box('dref', u32(0, 1), box('alis', u32(1), 'canary disk'))),
        box('stbl', box('stsd', u32(0, 1), box('xxxx', Buffer.alloc(100))), box('stsc', u32(0, 1, 1, sizes.length, 1)), box('stsz', u32(0, 0, sizes.length, ...sizes)), box('stco', u32(0, 1, offset))),
      ),
    ),
  );

describe('a film', () => {
  it('from a phone leaves without place, title, time and program, with the same sound and pictures, and plays', () => {
    const film = real('film.mp4');
    expect(text(film)).toMatch(told);
    const clean = cleaned(film);
    expect(text(clean)).not.toMatch(told);
    expect(text(clean)).not.toContain('Lavf'); // the program that wrote the file; the encoder's own mark is in the pictures
    expect(clean.length).toBe(film.length);
    const media = (bytes: Uint8Array): Buffer => {
      const at = Buffer.from(bytes).indexOf('mdat');
      return Buffer.from(bytes).subarray(at, at + Buffer.from(bytes).readUInt32BE(at - 4) - 4);
    };
    expect(media(clean).equals(media(film))).toBe(true);
    expect(text(cleaned(real('fragments.mov')))).not.toMatch(told);
  });

  it('loses tracks that nobody sees or hears, with their samples, and names of disks', () => {
    const samples = Buffer.concat([Buffer.from('PICTURES'), Buffer.from('GPS-TRACK-1'), Buffer.from('GPS-2')]);
    const start = box('ftyp', 'isom', u32(0)).length + 8;
    const film = Buffer.concat([
      box('ftyp', 'isom', u32(0)),
      box('mdat', samples),
      box('moov', header('mvhd'), track('vide', start, [8]), track('camm', start + 8, [11, 5]), box('meta', 'canary')),
      box('uuid', 'canary of a maker'),
    ]);
    const clean = cleaned(new Uint8Array(film));
    expect(text(clean)).toContain('PICTURES');
    expect(text(clean)).not.toMatch(/GPS|canary|TIME|camm/);
    expect(clean.length).toBe(film.length);
  });

  it('is not called clean when its hidden track lies in fragments, or when it cannot be read to its end', () => {
    const film = new Uint8Array(Buffer.concat([box('ftyp', 'isom', u32(0)), box('moov', header('mvhd'), track('camm', 0, [])), box('moof', box('mfhd', u32(0, 1)))]));
    expect(cleanFile(film)).toEqual({ refused: 'unknown' });
    const whole = real('film.mp4');
    for (let length = 0; length < whole.length; length += 7) {
      expect([length, stripMp4(whole.subarray(0, length))]).toEqual([length, { refused: 'damaged' }]);
    }
  });

  it('may have a long box with a length of eight bytes, and one that goes to the end', () => {
    const long = Buffer.concat([u32(1), Buffer.from('uuid'), u32(0, 16 + 6), Buffer.from('canary')]);
    const last = Buffer.concat([u32(0), Buffer.from('mdat'), Buffer.from('PICTURES')]);
    const clean = cleaned(new Uint8Array(Buffer.concat([box('ftyp', 'isom', u32(0)), box('moov', header('mvhd')), long, last])));
    expect(text(clean)).toContain('PICTURES');
    expect(text(clean)).not.toContain('canary');
  });
});

describe('a voice message and other sound', () => {
  it.each(['voice.ogg', 'sound.ogg'])('%s leaves without comments, as long as before', (name) => {
    const sound = real(name);
    expect(text(sound)).toMatch(told);
    const clean = cleaned(sound);
    expect(text(clean)).not.toMatch(/canary|Lav[cf]/);
    expect(clean.length).toBe(sound.length);
    // Only pages of comments changed: everything behind them is the same.
    const differs = [...clean.keys()].filter((at) => clean[at] !== sound[at]);
    expect(differs.at(-1)).toBeLessThan(400);
  });

  it('is not called clean when it is cut short, or holds another kind of stream', () => {
    const whole = real('voice.ogg');
    for (let length = 1; length < whole.length; length++) {
      // Between two pages it ends as a recording may end that was stopped; then it is a shorter one, and clean.
      const result = stripOgg(whole.subarray(0, length));
      if ('bytes' in result) expect(text(result.bytes)).not.toContain('canary');
    }
    const other = Buffer.from(whole);
    other.write('Speex   ', 28);
    expect(cleanFile(new Uint8Array(other))).toEqual({ refused: 'unknown' });
  });

  it('an MP3 leaves without the tags before and behind it', () => {
    const sound = real('sound.mp3');
    const frames = cleaned(sound);
    expect(text(frames)).not.toMatch(/canary|TAG|ID3/);
    const ape = Buffer.concat([Buffer.from('canary'), Buffer.from('APETAGEX'), Buffer.alloc(24)]);
    ape.writeUInt32LE(6 + 32, 6 + 12);
    const tagged = Buffer.concat([sound.subarray(0, -128), ape, sound.subarray(-128)]);
    expect(Buffer.from(cleaned(new Uint8Array(tagged))).equals(Buffer.from(frames))).toBe(true);
    expect(stripMp3(new Uint8Array(Buffer.from('ID3\x04\0\0\0\0\0\0no frame', 'latin1')))).toEqual({ refused: 'damaged' });
  });
});

describe('a WebP picture', () => {
  const le32 = (value: number): Buffer => { const b = Buffer.alloc(4); b.writeUInt32LE(value); return b; }; // prettier-ignore
  const chunk = (type: string, content: Buffer): Buffer => Buffer.concat([Buffer.from(type), le32(content.length), content, Buffer.alloc(content.length % 2)]);
  const riff = (...chunks: Buffer[]): Buffer => {
    const body = Buffer.concat(chunks);
    return Buffer.concat([Buffer.from('RIFF'), le32(4 + body.length), Buffer.from('WEBP'), body]);
  };

  it('leaves without place and notes, and says no longer that it has them', () => {
    const picture = Buffer.from(real('picture.webp')).subarray(12);
    const extended = (flags: number): Buffer => chunk('VP8X', Buffer.from([flags, 0, 0, 0, 15, 0, 0, 15, 0, 0]));
    const noted = Buffer.concat([riff(extended(0x2c), chunk('ICCP', Buffer.from('colours')), picture, chunk('EXIF', Buffer.from('canary')), chunk('XMP ', Buffer.from('canary!')), chunk('mine', Buffer.from('canary'))), Buffer.from('behind')]);
    expect(Buffer.from(cleaned(new Uint8Array(noted))).equals(riff(extended(0x20), chunk('ICCP', Buffer.from('colours')), picture))).toBe(true);
    expect(Buffer.from(cleaned(real('picture.webp'))).equals(Buffer.from(real('picture.webp')))).toBe(true);
    for (let length = 0; length < picture.length; length++) expect(stripWebp(real('picture.webp').subarray(0, length))).toEqual({ refused: 'damaged' });
  });
});

describe('whatever arrives', () => {
  const files = ['film.mp4', 'fragments.mov', 'voice.ogg', 'sound.ogg', 'sound.mp3', 'picture.webp'].map(real);

  it('cleaning a clean file changes nothing', () => {
    for (const file of files) expect(Buffer.from(cleaned(cleaned(file))).equals(Buffer.from(cleaned(file)))).toBe(true);
  });

  it('a damaged file is cleaned or refused, never an error, and never grows', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(fc.constantFrom(...files), damage, fc.nat(), (file, changes, cut) => {
        const bytes = file.slice(0, cut % 4 === 0 ? 1 + (cut % file.length) : file.length);
        for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 2_000)] = value;
        const result = cleanFile(bytes);
        if ('bytes' in result) expect(result.bytes.length).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 3_000 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { growthOf, mostGrowth } from '../../test/growth.js';
import { cleanFile } from './clean-file.js';
import { stripMp3 } from './strip-mp3.js';
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

  it('has long comments on many pages: gone, in as many more steps as there are more of them', () => {
    const page = (flags: number, lengths: readonly number[], data: Buffer | string): Buffer =>
      Buffer.concat([Buffer.from('OggS\0'), Buffer.from([flags]), Buffer.alloc(20), Buffer.from([lengths.length, ...lengths]), Buffer.from(data)]);
    // A page whose last length is 255 is carried on by the next one.
    const full = Array.from({ length: 255 }, () => 255);
    const soundOf = (count: number): Uint8Array => {
      const pages = Array.from({ length: count }, (_, n) => page(0, full, Buffer.concat([Buffer.from(n === 0 ? 'OpusTags' : 'canary  '), Buffer.alloc(255 * 255 - 8, 'canary ')])));
      return new Uint8Array(Buffer.concat([page(2, [17], 'OpusHead and more'), ...pages, page(0, [6, 5], 'canarysound')]));
    };
    expect(growthOf(soundOf, cleaned, 10)).toBeLessThan(mostGrowth);
    const sound = soundOf(250);
    const clean = text(cleaned(sound));
    expect(clean.length).toBe(sound.length);
    expect(clean).not.toContain('canary');
    expect(clean).toMatch(/OpusTags\0{8}/);
    expect(clean.endsWith('\0sound')).toBe(true);
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
    const lyrics = Buffer.from('LYRICSBEGINcanary000017LYRICS200');
    const [whole, id3v1] = [sound.subarray(0, -128), sound.subarray(-128)];
    const between = Buffer.from('ID3\x04\0\0\0\0\0\x06canary', 'latin1');
    for (const tagged of [[whole, ape, id3v1], [whole, lyrics, id3v1], [whole, ape, lyrics, id3v1], [whole, between, frames, id3v1]]) {
      const clean = Buffer.from(cleaned(new Uint8Array(Buffer.concat(tagged))));
      expect(text(clean)).not.toMatch(/canary|TAG|ID3|LYRICS/);
      expect(clean.subarray(0, frames.length).equals(Buffer.from(frames))).toBe(true);
    }
    // Stopped within a frame, and tagged afterwards: the tag is no end of the frame.
    expect(text(cleaned(new Uint8Array(Buffer.concat([whole.subarray(0, -40), id3v1]))))).not.toContain('canary');
  });

  it('an MP3 is not called clean when something stands in it that is no sound, or nothing that is', () => {
    const frames = Buffer.from(cleaned(real('sound.mp3')));
    expect(stripMp3(new Uint8Array(Buffer.concat([frames, Buffer.from('canary'), frames])))).toEqual({ refused: 'damaged' });
    expect(stripMp3(new Uint8Array(Buffer.from('ID3\x04\0\0\0\0\0\0no frame', 'latin1')))).toEqual({ refused: 'damaged' });
    expect(stripMp3(new Uint8Array(Buffer.from('\xff\xe1 looks like a frame', 'latin1')))).toEqual({ refused: 'damaged' });
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
    const frame = (...more: Buffer[]): Buffer => chunk('ANMF', Buffer.concat([Buffer.alloc(16), picture, ...more]));
    const moving = (...more: Buffer[]): Buffer => riff(extended(0x02), chunk('ANIM', Buffer.alloc(6)), frame(...more), frame());
    expect(Buffer.from(cleaned(new Uint8Array(moving(chunk('EXIF', Buffer.from('canary')))))).equals(moving())).toBe(true);
    expect(stripWebp(new Uint8Array(moving(Buffer.from('cut'))))).toEqual({ refused: 'damaged' });
    for (let length = 0; length < picture.length; length++) expect(stripWebp(real('picture.webp').subarray(0, length))).toEqual({ refused: 'damaged' });
  });
});

describe('whatever arrives', () => {
  const files = ['film.mp4', 'fragments.mov', 'voice.ogg', 'sound.ogg', 'sound.mp3', 'picture.webp', 'film.mkv', 'recording.webm'].map(real);

  it('cleaning a clean file changes nothing', () => {
    for (const file of files) expect(Buffer.from(cleaned(cleaned(file))).equals(Buffer.from(cleaned(file)))).toBe(true);
  });

  it('a file of nothing but empty pieces is refused before it fills the memory', () => {
    const million = (piece: string): Buffer => Buffer.alloc(1_000_000 * piece.length, Buffer.from(piece, 'latin1'));
    const webp = Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), million('ALPH\0\0\0\0')]);
    webp.writeUInt32LE(webp.length - 8, 4);
    const made = [
      Buffer.concat([Buffer.from('\xff\xd8', 'latin1'), million('\xff\xdb\0\x02'), Buffer.from('\xff\xd9', 'latin1')]),
      Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), million('\0\0\0\0IDATcrcc'), Buffer.from('\0\0\0\0IENDcrcc')]),
      webp,
    ];
    for (const file of made) expect(cleanFile(new Uint8Array(file))).toEqual({ refused: 'damaged' });
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

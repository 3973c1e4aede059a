import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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

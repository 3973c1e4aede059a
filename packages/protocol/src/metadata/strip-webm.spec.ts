import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { growthOf, mostGrowth } from '../../test/growth.js';
import { cleanFile } from './clean-file.js';
import { stripWebm } from './strip-webm.js';

const real = (name: string): Uint8Array => new Uint8Array(readFileSync(join(import.meta.dirname, '../../test/media', name)));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function cleaned(bytes: Uint8Array): Uint8Array {
  const result = cleanFile(bytes);
  if (!('bytes' in result)) throw new Error(`not cleaned: ${result.refused}`);
  return result.bytes;
}

/** An element: its name in hexadecimal, a length of four bytes (none: not known), its content. */
function element(id: string, ...content: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(0x10000000 + body.length);
  return Buffer.concat([Buffer.from(id, 'hex'), length, body]);
}
const endless = (id: string, ...content: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from(id, 'hex'), Buffer.from('01ffffffffffffff', 'hex'), ...content]);

const head = element('1a45dfa3', element('4282', 'webm'));
const track = (codec = 'A_OPUS', type = '\u0002', ...more: readonly Buffer[]): Buffer => element('ae', element('d7', '\u0001'), element('83', type), element('86', codec), ...more);
const block = (content: string, number = '\u0081'): Buffer => element('a3', `${number}\0\0\0${content}`);
const recording = (tracks: readonly Buffer[], ...segment: readonly Buffer[]): Uint8Array =>
  new Uint8Array(Buffer.concat([head, endless('18538067', element('1549a966', element('4d80', 'canary'), element('7ba9', 'canary')), element('1654ae6b', ...tracks), ...segment)]));

describe('a recording of a browser, and other WebM', () => {
  it('leaves without title, place, time, program, attached file, and the comments of its sound, as long as before', () => {
    const film = real('film.mkv');
    for (const told of ['canary title', 'canary camera', 'canary attachment', '42.8746', 'Lavf', 'libvorbis']) expect(text(film)).toContain(told);
    const clean = cleaned(film);
    expect(text(clean)).not.toMatch(/canary|42\.87|Lavf|libvorbis|note\.txt/);
    expect(clean.length).toBe(film.length);
    // From the time of its cluster, behind a checksum that is no longer true, to the table of its places.
    const blocks = (bytes: Uint8Array): string => text(bytes).slice(text(bytes).indexOf('\xe7\x81\0'), text(bytes).lastIndexOf('\x1c\x53\xbb\x6b'));
    expect(blocks(clean).length).toBeGreaterThan(1_000);
    expect(blocks(clean)).toBe(blocks(film));
  });

  it('made live by Chromium, without known lengths, leaves without the name of the browser, and is the same otherwise', () => {
    const live = real('recording.webm');
    expect(text(live)).toContain('Chrome');
    const clean = cleaned(live);
    expect(text(clean)).toBe(text(live).replaceAll('Chrome', '\0\0\0\0\0\0'));
  });

  it('loses everything that is not needed to play, in clusters too, whatever its length', () => {
    const cluster = endless('1f43b675', element('e7', '\0'), block('SOUND'), element('bf', 'canary'), element('a0', element('a1', '\u0081\0\0\0MORE'), element('75a1', 'canary beside')), element('5854', 'canary'));
    const tags = element('1254c367', element('7373', 'canary'));
    const before = recording([track('A_OPUS', '\u0002', element('536e', 'canary'))], cluster, tags, endless('1f43b675', block('LAST')), element('ec', 'canary in a void'), Buffer.from('ec80', 'hex'));
    const clean = cleaned(before);
    for (const heard of ['SOUND', 'MORE', 'LAST']) expect(text(clean)).toContain(heard);
    expect(text(clean)).not.toContain('canary');
    expect(clean.length).toBe(before.length);
    expect(cleaned(clean)).toEqual(clean);
  });

  const refused = (bytes: Uint8Array): void => expect(cleanFile(bytes)).toEqual({ refused: 'unknown' });
  const cluster = element('1f43b675', block('SOUND'));

  it('is not called clean with subtitles, or with a format that keeps notes of its own', () => {
    expect('bytes' in cleanFile(recording([track()], cluster))).toBe(true);
    refused(recording([track('S_TEXT/UTF8', '\u0011')], cluster));
    refused(recording([track(), track('S_TEXT/UTF8', '\u0011')], cluster));
    refused(recording([track('D_WEBVTT/METADATA', '\u0021')], cluster));
    refused(recording([track('A_FLAC')], cluster));
    refused(recording([track('V_MJPEG', '\u0001')], cluster));
    refused(recording([track('A_VORBIS')], cluster));
    refused(recording([track('A_VORBIS', '\u0002', element('63a2', '\u0002\u0001\u0009?no comments canary'))], cluster));
  });

  it('is not called clean when it names no track, has sound of a track that it does not name, or says the same twice', () => {
    refused(recording([], cluster));
    refused(recording([track()], element('1f43b675', block('GPS', '\u0082'))));
    refused(recording([track('A_OPUS', '\u0002', element('86', 'S_TEXT/UTF8'))], cluster));
    refused(recording([track()], cluster, endless('1254c367', element('7373', 'canary'))));
    refused(new Uint8Array(Buffer.concat([head, element('18538067', element('1654ae6b', track()), cluster), Buffer.from('canary behind')])));
  });

  it('is not called clean when it is cut short within an element', () => {
    const film = real('film.mkv');
    for (let length = 0; length < film.length; length += 7) expect([length, stripWebm(film.subarray(0, length))]).toEqual([length, { refused: 'damaged' }]);
  });

  it('made to keep the service busy, costs as many more steps as it is longer', () => {
    const voids = (size: number): Uint8Array => recording([track()], Buffer.alloc(size, Buffer.from('ec80', 'hex')));
    expect(cleanFile(voids(20_000_000))).toEqual({ refused: 'unknown' });
    expect(growthOf(voids, cleanFile, 4_000)).toBeLessThan(mostGrowth);
    expect(growthOf((size) => recording([Buffer.alloc(size, Buffer.from('ae80', 'hex'))]), cleanFile, 4_000)).toBeLessThan(mostGrowth);
  });

  it('whatever stands in it, ends as clean or refused, never as an error', () => {
    const parts = fc.array(fc.oneof(fc.constantFrom(block('SOUND'), cluster, track(), endless('1f43b675'), element('1254c367', 'canary')), fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes))), { maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.nat(400), (more, cut) => {
        const before = recording([track()], ...more);
        for (const bytes of [before, before.subarray(0, cut)]) {
          const result = cleanFile(bytes);
          if (!('bytes' in result)) continue;
          expect(result.bytes.length).toBe(bytes.length);
          expect(text(result.bytes)).not.toContain('canary');
          expect(cleaned(result.bytes)).toEqual(result.bytes);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

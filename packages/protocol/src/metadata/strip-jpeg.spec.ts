import { describe, expect, it } from '@jest/globals';
import { stripJpeg } from './strip-jpeg.js';

// A grey picture of 8 × 8 pixels, baseline, written by hand from ITU-T T.81: tables, frame, one scan of one block.
const quantisation = [0xff, 0xdb, 0x00, 0x43, 0x00, ...Array.from({ length: 64 }, () => 1)];
const frame = [0xff, 0xc0, 0x00, 0x0b, 0x08, 0x00, 0x08, 0x00, 0x08, 0x01, 0x01, 0x11, 0x00];
const dcTable = [0xff, 0xc4, 0x00, 0x14, 0x00, 1, ...Array.from({ length: 15 }, () => 0), 0x00];
const acTable = [0xff, 0xc4, 0x00, 0x14, 0x10, 1, ...Array.from({ length: 15 }, () => 0), 0x00];
// The last bytes hold a stuffed 0xff and a restart marker, which must not be taken for the end of the scan.
const scan = [0xff, 0xda, 0x00, 0x08, 0x01, 0x01, 0x00, 0x00, 0x3f, 0x00, 0x2b, 0xff, 0x00, 0xff, 0xd0, 0x3f];
const picture = [...quantisation, ...frame, ...dcTable, ...acTable, ...scan];

const text = (value: string): number[] => [...value].map((character) => character.charCodeAt(0));
const segment = (marker: number, body: number[]): number[] => [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body];

/** Exif in little-endian form with an orientation and a GPS directory: 42.8746 N, 74.5698 E. */
function exifWithPlace(orientation: number): number[] {
  const u16 = (n: number): number[] => [n & 0xff, n >> 8];
  const u32 = (n: number): number[] => [...u16(n & 0xffff), ...u16(n >>> 16)];
  const rational = (n: number): number[] => [...u32(n), ...u32(1)];
  const directory = [...u16(2), ...u16(0x0112), ...u16(3), ...u32(1), ...u16(orientation), 0, 0, ...u16(0x8825), ...u16(4), ...u32(1), ...u32(38), ...u32(0)];
  const gps = [
    ...u16(2),
    ...u16(1), ...u16(2), ...u32(2), ...text('N\0'), 0, 0,
    ...u16(2), ...u16(5), ...u32(3), ...u32(68),
    ...u32(0),
    ...rational(42), ...rational(52), ...rational(29),
  ]; // prettier-ignore
  return segment(0xe1, [...text('Exif\0\0'), ...text('II'), ...u16(42), ...u32(8), ...directory, ...gps]);
}

const jpeg = (...segments: number[][]): Uint8Array => Uint8Array.from([0xff, 0xd8, ...segments.flat(), ...picture, 0xff, 0xd9]);
const clean = (bytes: Uint8Array): Uint8Array => {
  const result = stripJpeg(bytes);
  if ('refused' in result) throw new Error(result.refused);
  return result.bytes;
};
const includes = (bytes: Uint8Array, needle: number[]): boolean => Buffer.from(bytes).includes(Buffer.from(needle));

describe('a photo that knows where it was taken', () => {
  it('leaves without the place, the camera, the comment and the thumbnail', () => {
    const photo = jpeg(
      segment(0xe0, text('JFIF\0') .concat([1, 1, 0, 0, 1, 0, 1, 0, 0])),
      exifWithPlace(1),
      segment(0xe1, text('http://ns.adobe.com/xap/1.0/\0<GPSLatitude>42.8746</GPSLatitude>')),
      segment(0xed, text('Photoshop 3.0\0by-line')),
      segment(0xfe, text('a comment')),
    );
    const stripped = clean(photo);
    for (const trace of ['Exif', 'GPS', 'Photoshop', 'comment', 'JFIF', 'adobe']) expect(includes(stripped, text(trace))).toBe(false);
    // And the picture itself is unchanged to the last bit.
    expect([...stripped]).toEqual([0xff, 0xd8, ...picture, 0xff, 0xd9]);
  });

  it('keeps which side is up, in a block that holds nothing else', () => {
    const stripped = clean(jpeg(exifWithPlace(6)));
    expect(includes(stripped, text('Exif'))).toBe(true);
    expect(includes(stripped, [0x01, 0x12, 0x00, 0x03, 0, 0, 0, 1, 0, 6])).toBe(true);
    // The latitude of the original was a RATIONAL 42/1, 52/1, 29/1; GPS tag 0x8825 pointed to it.
    expect(includes(stripped, [42, 0, 0, 0, 1, 0, 0, 0])).toBe(false);
    expect(includes(stripped, [0x88, 0x25]) || includes(stripped, [0x25, 0x88])).toBe(false);
    expect(stripped.length).toBe(jpeg().length + 36);
    expect([...clean(stripped)]).toEqual([...stripped]);
  });

  it('keeps colour profile and Adobe transform, without which the colours are wrong', () => {
    const profile = segment(0xe2, [...text('ICC_PROFILE\0'), 1, 1, 7, 7]);
    const adobe = segment(0xee, [...text('Adobe'), 0, 100, 0, 0, 0, 0, 1]);
    expect([...clean(jpeg(profile, adobe))]).toEqual([0xff, 0xd8, ...profile, ...adobe, ...picture, 0xff, 0xd9]);
    // The same marker with more in it than the transform is not Adobe's block but a hiding place.
    expect(includes(clean(jpeg(segment(0xee, text('Adobe plus a serial number')))), text('serial'))).toBe(false);
    expect(includes(clean(jpeg(segment(0xe2, text('MPF\0second picture')))), text('second'))).toBe(false);
  });

  it('loses whatever is appended behind the picture', () => {
    const withTail = Uint8Array.from([...jpeg(), ...text('motion photo with sound')]);
    expect([...clean(withTail)]).toEqual([...jpeg()]);
  });

  it('is refused when it is cut short anywhere: half a picture cannot be called clean', () => {
    const whole = jpeg(exifWithPlace(1));
    for (let length = 0; length < whole.length; length++) {
      expect([length, stripJpeg(whole.subarray(0, length))]).toEqual([length, { refused: 'damaged' }]);
    }
    expect(stripJpeg(Uint8Array.from(text('GIF89a')))).toEqual({ refused: 'damaged' });
  });
});

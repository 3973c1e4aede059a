import { describe, expect, it } from '@jest/globals';
import { crc32, deflateSync } from 'node:zlib';
import { fileKind } from './file-kind.js';
import { stripPng } from './strip-png.js';

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const header = chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]));
const pixels = chunk('IDAT', deflateSync(Buffer.from([0, 10, 20, 30])));
const end = chunk('IEND', Buffer.alloc(0));
const plain = Buffer.concat([signature, header, pixels, end]);

describe('a screenshot that carries notes', () => {
  it('leaves with its pixels and none of its texts, times, places and private chunks', () => {
    const noted = Buffer.concat([
      signature,
      header,
      chunk('tEXt', Buffer.from('Author\0a name')),
      chunk('zTXt', Buffer.from('Comment\0\0packed')),
      chunk('iTXt', Buffer.from('XML:com.adobe.xmp\0\0\0\0\0<x>place</x>')),
      chunk('tIME', Buffer.from([7, 234, 11, 23, 14, 2, 0])),
      chunk('eXIf', Buffer.from('MM\0*GPS')),
      chunk('prVt', Buffer.from('of a phone maker')),
      pixels,
      end,
      Buffer.from('appended behind the end'),
    ]);
    expect(stripPng(noted)).toEqual({ bytes: new Uint8Array(plain) });
  });

  it('keeps what changes its looks', () => {
    const coloured = Buffer.concat([signature, header, chunk('gAMA', Buffer.from([0, 0, 177, 143])), chunk('pHYs', Buffer.alloc(9)), pixels, end]);
    expect(stripPng(coloured)).toEqual({ bytes: new Uint8Array(coloured) });
  });

  it('is refused when it is cut short anywhere', () => {
    for (let length = 0; length < plain.length; length++) {
      expect([length, stripPng(plain.subarray(0, length))]).toEqual([length, { refused: 'damaged' }]);
    }
  });
});

describe('what a file is', () => {
  it('is told by its first bytes, whatever it is called', () => {
    const iso = (brand: string): Uint8Array => Buffer.from(`\0\0\0\x18ftyp${brand}`, 'latin1');
    expect(fileKind(plain)).toBe('png');
    expect(fileKind(Uint8Array.of(0xff, 0xd8, 0xff, 0xe1))).toBe('jpeg');
    for (const brand of ['heic', 'heix', 'hevc', 'mif1', 'msf1']) expect(fileKind(iso(brand))).toBe('heic');
    expect(fileKind(iso('isom'))).toBe('mp4');
    expect(fileKind(new Uint8Array(0))).toBe('other');
  });
});

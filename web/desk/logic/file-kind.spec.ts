import { describe, expect, it } from '@jest/globals';
import { readFileKind } from './file-kind.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('what the desk does with a file', () => {
  it('goes by the first bytes: a page of HTML is text, however it calls itself', () => {
    expect(readFileKind(bytes('<!doctype html><script>alert(1)</script>')).kind).toBe('text');
    expect(readFileKind(bytes('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')).kind).toBe('text');
  });

  it('paints JPEG, PNG and WebP, and nothing else', () => {
    expect(readFileKind(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toMatchObject({ kind: 'image', ending: 'jpg' });
    expect(readFileKind(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))).toMatchObject({ kind: 'image', ending: 'png' });
    expect(readFileKind(bytes('RIFF....WEBPVP8 '))).toMatchObject({ kind: 'image', ending: 'webp' });
    expect(readFileKind(bytes('GIF89a')).kind).not.toBe('image');
  });

  it('only lets documents, sound and films be saved, without a type that would open them', () => {
    expect(readFileKind(bytes('%PDF-1.7'))).toEqual({ kind: 'other', type: 'application/octet-stream', ending: 'pdf' });
    expect(readFileKind(bytes('....ftypisom'))).toMatchObject({ kind: 'other', ending: 'mp4' });
    expect(readFileKind(Uint8Array.of(0, 1, 2, 3))).toEqual({ kind: 'other', type: 'application/octet-stream', ending: 'bin' });
  });
});

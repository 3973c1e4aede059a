import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanFile } from '@jardam/protocol/metadata';
import { readFileKind } from './file-kind.js';
import { mayTellMore } from './hidden-data.js';

const film = new Uint8Array(readFileSync(join(import.meta.dirname, '../../../packages/protocol/test/media/film.mp4')));
const tells = (bytes: Uint8Array): boolean => mayTellMore(bytes, readFileKind(bytes).kind);

describe('what a file may tell beside what it shows', () => {
  it('nothing, when it was cleaned before it was sealed, or is only text', () => {
    const clean = cleanFile(film);
    expect('bytes' in clean && tells(clean.bytes)).toBe(false);
    expect(tells(new TextEncoder().encode('Only words.'))).toBe(false);
  });

  it('a place or a device, when it came as it was or nobody can clean it', () => {
    expect(tells(film)).toBe(true);
    expect(tells(new TextEncoder().encode('%PDF-1.7\u0000'))).toBe(true);
    expect(tells(new TextEncoder().encode('\0\0\0\x18ftypheic'))).toBe(true);
  });
});

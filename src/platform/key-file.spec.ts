import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readOrMakeKeyFile } from './key-file.js';

describe('a key file', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-key-'));
    file = join(folder, 'keys', 'gatekeeper.key');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner only, and read ever after', () => {
    const made = readOrMakeKeyFile(file);
    expect(made).toHaveLength(32);
    expect(made.some((byte) => byte !== 0)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readOrMakeKeyFile(file)).toEqual(made);
  });

  it('is never made anew over one that was cut short: what it sealed would be lost', () => {
    readOrMakeKeyFile(file);
    writeFileSync(file, Buffer.alloc(31));
    expect(() => readOrMakeKeyFile(file)).toThrow(`the key file ${file} holds 31 bytes, a key has 32`);
    expect(readFileSync(file)).toHaveLength(31);
  });

  it('is refused when others can read it', () => {
    readOrMakeKeyFile(file);
    chmodSync(file, 0o640);
    expect(() => readOrMakeKeyFile(file)).toThrow('can be read by others');
  });
});

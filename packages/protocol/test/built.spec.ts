// The package as it is shipped: built, in plain Node processes. Two things can only be seen here: that it runs where
// WebAssembly is off (`node --jitless` has none), and the real cost of Argon2id without it (the sandbox that jest puts
// around code makes noble's twenty times slower).
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const cli = join(root, 'bin/vectors.mjs');
const vectorFile = join(root, 'vectors/jdm1-kat.json');
if (!existsSync(join(root, 'dist/index.js'))) throw new Error('build first: npm run build:protocol');

function node(args: readonly string[], cwd = root): { status: number | null; out: string; lines: string[] } {
  const { INIT_CWD: _left, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  return { status, out: stdout + stderr, lines: stdout.trim().split('\n') };
}

/** Runs a module that may import the built package, and returns what it prints. */
const run = (source: string, ...flags: string[]): string => {
  const { status, out } = node([...flags, '--input-type=module', '--eval', source]);
  return status === 0 ? out.trim() : `exit ${status}: ${out}`;
};

describe('npm run vectors', () => {
  it('prints one line per vector and provider, and succeeds when all is reproduced', () => {
    const { status, lines } = node([cli, vectorFile]);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/libsodium: ok$/);
    expect(lines[1]).toMatch(/noble: ok$/);
    expect(status).toBe(0);
  });

  it('fails on any difference, on what is no vector file, and on what is not there; good files are still checked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jardam-vectors-'));
    try {
      const write = (name: string, text: string): string => {
        writeFileSync(join(folder, name), text);
        return name;
      };
      const known = readFileSync(vectorFile, 'utf8');
      const cases = [
        write('tampered.json', known.replace('"hh": "c2', '"hh": "c3')),
        write('no-draws.json', known.replace('"draws_in_order"', '"draws"')),
        write('empty.json', '{"vectors":[]}'),
        write('text.json', 'not JSON'),
        'missing.json',
      ];
      for (const each of cases) {
        const { status, lines } = node([cli, each, vectorFile], folder);
        expect({ each, status }).toEqual({ each, status: 1 });
        expect(lines[0]).toMatch(/DIFFERS: |FAILED: /);
        expect(lines.at(-1)).toMatch(/noble: ok$/);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 120_000);

  it('without a file says how it is used', () => {
    const { status, out } = node([cli]);
    expect(status).toBe(2);
    expect(out).toContain('npm run vectors -- FILE');
  });
});

describe('without WebAssembly', () => {
  it('noble still reproduces the known answers', () => {
    const source = `
      import { readFileSync } from 'node:fs';
      import { checkVector, vectorsOf } from './dist/vectors.js';
      import { noble } from './dist/providers/noble.js';
      const [{ vector }] = vectorsOf(JSON.parse(readFileSync('vectors/jdm1-kat.json', 'utf8')));
      console.log(typeof WebAssembly, JSON.stringify(checkVector(noble, vector)));`;
    expect(run(source, '--jitless')).toMatch(/^undefined \[\]$/m);
  }, 120_000);

  it('libsodium is refused at once instead of hanging', () => {
    const source = `
      import { loadSodium, loadSodiumArgon2 } from './dist/providers/sodium.js';
      for (const load of [loadSodium, loadSodiumArgon2]) await load().catch((error) => console.log(error.message));`;
    const refused = run(source, '--jitless').match(/WebAssembly is off here/g);
    expect(refused).toHaveLength(2);
  }, 60_000);
});

describe('Argon2id at its real cost', () => {
  it('gives the same receipt keys and opens the same vault with both implementations', () => {
    const source = `
      import { createVault, equalBytes, minVaultMemoryBytes, openVault, receiptKeys } from './dist/index.js';
      import { noble, nobleArgon2 } from './dist/providers/noble.js';
      import { loadSodium, loadSodiumArgon2 } from './dist/providers/sodium.js';
      const [sodium, sumo] = [await loadSodium(), await loadSodiumArgon2()];
      const words = [1, 2, 3, 4, 5, 6, 7775];
      const instance = new Uint8Array(32).fill(1);
      const one = await receiptKeys(noble, nobleArgon2, words, instance);
      const two = await receiptKeys(sodium, sumo, words, instance);
      const secret = new Uint8Array(32).fill(2);
      const { bytes } = await createVault(noble, nobleArgon2, secret, { passphrase: 'сөз', memoryBytes: minVaultMemoryBytes });
      const opened = await openVault(sodium, sumo, bytes, { passphrase: 'сөз' });
      console.log(equalBytes(one.locator, two.locator), equalBytes(one.wrapKey, two.wrapKey), equalBytes(opened.masterSecret, secret));`;
    expect(run(source)).toBe('true true true');
  }, 120_000);
});

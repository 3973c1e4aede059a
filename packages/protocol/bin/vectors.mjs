#!/usr/bin/env node
// Reproduces known-answer vectors with both providers: `npm run vectors -- FILE…`. The only part of the package that
// touches the file system, which is why it is not in src/.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkVector, vectorsOf } from '../dist/vectors.js';
import { noble } from '../dist/providers/noble.js';
import { loadSodium } from '../dist/providers/sodium.js';

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('usage: npm run vectors -- FILE…   (files of the form of packages/protocol/vectors/jdm1-kat.json)\n');
  process.exit(2);
}

// npm runs scripts in the package's folder; a file is meant from where the command was typed.
const typedIn = process.env.INIT_CWD ?? process.cwd();
const providers = [await loadSodium(), noble];
let failed = false;

for (const file of files) {
  try {
    for (const { name, vector } of vectorsOf(JSON.parse(await readFile(resolve(typedIn, file), 'utf8')))) {
      for (const provider of providers) {
        const differences = checkVector(provider, vector);
        failed ||= differences.length > 0;
        const verdict = differences.length === 0 ? 'ok' : `DIFFERS: ${differences.join('; ')}`;
        process.stdout.write(`${file}: ${name}: ${provider.name}: ${verdict}\n`);
      }
    }
  } catch (error) {
    failed = true;
    process.stdout.write(`${file}: FAILED: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
process.exit(failed ? 1 : 0);

import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTATIONS, type Mutation, type Proof } from './mutation-list.js';

/**
 * Breaks the program on purpose, one rule at a time, in a copy of the tree, and demands that the tests notice: a test
 * that stays green on a broken program proves nothing.
 *
 *   npm run mutations            all of them
 *   npm run mutations -- 5 8     only those of invariants 5 and 8
 */
const root = resolve(import.meta.dirname, '../..');
const copied = ['src', 'test', 'packages', 'config', 'locales', 'migrations', 'package.json', 'tsconfig.json', 'jest.config.js', '.swcrc'];
const patienceMs = 300_000;

const wanted = process.argv.slice(2).map(Number);
const chosen = MUTATIONS.filter(({ invariant }) => wanted.length === 0 || wanted.includes(invariant));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const copy = mkdtempSync(join(tmpdir(), 'jardam-mutant-'));

try {
  for (const name of copied) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  // A test that fails anyway would "catch" everything.
  for (const proof of new Set(chosen.map(({ caughtBy }) => caughtBy))) {
    const { green, output } = await run(proof);
    if (!green) throw new Error(`without any mutation this already fails: ${nameOf(proof)}\n${output}`);
  }
  for (const mutation of chosen) {
    const survived = await tryMutation(mutation);
    say(`${survived === null ? 'caught  ' : 'SURVIVED'} ${String(mutation.invariant).padStart(2)}  ${mutation.what}`);
    if (survived !== null) {
      process.exitCode = 1;
      say(survived);
    }
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** @returns null when the tests noticed, for the reason that was expected; else what they said instead */
async function tryMutation({ file, find, replace, caughtBy, says }: Mutation): Promise<string | null> {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  const places = original.split(find).length - 1;
  if (places !== 1) throw new Error(`"${find}" stands ${places} times in ${file}: the mutation must name one place`);
  writeFileSync(path, original.replace(find, () => replace));
  try {
    const { green, output } = await run(caughtBy);
    if (green) return 'every test passed';
    return output.includes(says) ? null : `it failed, but not with "${says}":\n${output.slice(-2_000)}`;
  } finally {
    writeFileSync(path, original);
  }
}

async function run(proof: Proof): Promise<{ green: boolean; output: string }> {
  const command =
    proof.kind === 'histories'
      ? ['--import', './test/support/typescript-register.mjs', 'test/simulation/main.ts', '--histories', String(proof.count), '--seed', '1']
      : ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', `--selectProjects=${proof.kind}`, '--testPathPatterns', proof.spec, '-t', proof.test];
  const child = spawn(process.execPath, command, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'], timeout: patienceMs });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise<number | null>((done) => child.once('close', done));
  return { green: code === 0, output };
}

function nameOf(proof: Proof): string {
  return proof.kind === 'histories' ? `${proof.count} histories` : `${proof.spec} (${proof.test})`;
}

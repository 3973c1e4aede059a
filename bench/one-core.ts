import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Line } from './report.js';

/**
 * Runs `command` bound to one core, with everything that it starts, and reads the lines from the JSON that it writes.
 *
 * For what costs hundredths of a millisecond: whether this process and the database's happen to share a core doubles or
 * halves such a figure for seconds at a time, which says nothing about the program. Where there is no `taskset` it runs
 * on all cores, and the spread tells.
 *
 * @param command takes `--out FILE`
 * @throws when it fails; what it says goes to standard error
 */
export async function linesFromOneCore(command: readonly string[]): Promise<Line[]> {
  const directory = mkdtempSync(join(tmpdir(), 'jardam-bench-core-'));
  const out = join(directory, 'lines.json');
  const [file = '', ...args] = [...boundToOneCore(), ...command, '--out', out];
  try {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`measuring on one core ended with ${code ?? 'a signal'}`);
    return (JSON.parse(readFileSync(out, 'utf8')) as { lines: Line[] }).lines;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The first of the cores that this process may use: in a container that is not always 0. */
function boundToOneCore(): string[] {
  if (process.platform !== 'linux') return [];
  const first = /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const bound = ['taskset', '--cpu-list', first];
  const [file = '', ...args] = [...bound, process.execPath, '--version'];
  return spawnSync(file, args).status === 0 ? bound : [];
}

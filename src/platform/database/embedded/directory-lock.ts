import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const LOCK_FILE = 'supervisor.json';

interface Holder {
  readonly pid: number;
  /** Start of the process in kernel ticks where /proc tells it: a process number alone may have been given out again. */
  readonly startedAt: string | null;
}

/**
 * Marks the directory as supervised by this process.
 *
 * A second supervisor would stop the first one's server as if it were an orphan. The holder is compared by process
 * number and start time; after kill -9 the mark is stale and is taken over.
 *
 * @returns a function that gives the directory back, or { refused, pid } when a living process holds it
 */
export function holdDirectory(directory: string): { release: () => void } | { refused: 'in-use'; pid: number } {
  const file = join(directory, LOCK_FILE);
  const holder = readHolder(file);
  if (holder && holder.pid !== process.pid && isAlive(holder)) return { refused: 'in-use', pid: holder.pid };
  const mine: Holder = { pid: process.pid, startedAt: startOf(process.pid) };
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(mine));
  renameSync(`${file}.${process.pid}`, file);
  return {
    release: () => {
      if (readHolder(file)?.pid === process.pid) rmSync(file, { force: true });
    },
  };
}

/** Whether a living process supervises this directory. */
export function isHeld(directory: string): boolean {
  const holder = readHolder(join(directory, LOCK_FILE));
  return holder !== null && isAlive(holder);
}

function readHolder(file: string): Holder | null {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<Holder>;
    return typeof read.pid === 'number' ? { pid: read.pid, startedAt: read.startedAt ?? null } : null;
  } catch {
    return null; // absent, or cut short by a crash: nobody holds it
  }
}

function isAlive(holder: Holder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const startedAt = startOf(holder.pid);
  return holder.startedAt === null || startedAt === null || startedAt === holder.startedAt;
}

function startOf(pid: number): string | null {
  try {
    // Field 22 of /proc/<pid>/stat; the command name before it may hold spaces, so count after its closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null; // no /proc on this system
  }
}

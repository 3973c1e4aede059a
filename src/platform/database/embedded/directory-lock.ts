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
  const mine: Holder = { pid: process.pid, startedAt: statOf(process.pid)?.startedAt ?? null };
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
  const now = statOf(holder.pid);
  if (now === null) return true; // no /proc on this system: the number is all we have
  if (now.ended) return false;
  return holder.startedAt === null || now.startedAt === holder.startedAt;
}

interface ProcessStat {
  /** Killed, but its number not yet given back: stays so for ever below an init that does not reap, as in containers. */
  readonly ended: boolean;
  readonly startedAt: string | null;
}

function statOf(pid: number): ProcessStat | null {
  try {
    // See proc(5): state is field 3, start time field 22. The name before them may hold spaces, so count after its ")".
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { ended: fields[0] === 'Z' || fields[0] === 'X', startedAt: fields[19] ?? null };
  } catch {
    return null;
  }
}

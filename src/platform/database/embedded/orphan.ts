import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.js';
import type { ServerAccount } from './server-account.js';

const run = promisify(execFile);
const stopAttempts = 5;
const stopWaitSeconds = 10;

/**
 * Ends a server that an earlier, killed run of ours left behind.
 *
 * The process named in postmaster.pid is looked at first: after a reboot or in a container the number may belong to
 * something else, and `pg_ctl stop` would signal that without asking.
 */
export async function stopOrphan(options: {
  binaries: PostgresBinaries;
  account: ServerAccount | null;
  clusterDir: string;
  log?: (message: string) => void;
}): Promise<void> {
  const { binaries, account, clusterDir } = options;
  const pidFile = join(clusterDir, 'postmaster.pid');
  for (let attempt = 1; existsSync(pidFile); attempt++) {
    const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
    if (!isServerOf(pid, clusterDir)) {
      rmSync(pidFile, { force: true });
      return;
    }
    options.log?.('ending the PostgreSQL that an earlier, interrupted run left behind');
    try {
      await run(binaries.pgCtl, ['stop', '-D', clusterDir, '-m', 'fast', '-w', '-t', `${stopWaitSeconds}`], {
        cwd: clusterDir,
        ...(account ? { uid: account.uid, gid: account.gid } : {}),
      });
    } catch (error) {
      if (attempt === stopAttempts) throw new Error(`an earlier PostgreSQL (process ${pid}) does not end`, { cause: error });
      await sleep(200 * attempt);
    }
  }
}

function isServerOf(pid: number, clusterDir: string): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  return commandLine(pid).includes(clusterDir);
}

function commandLine(pid: number): string {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    return execFileSync('ps', ['-o', 'command=', '-p', `${pid}`], { stdio: ['ignore', 'pipe', 'ignore'] }).toString();
  } catch {
    return ''; // no such process
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverAccount } from './programs.js';

/**
 * A "machine" of the cluster: a program and everything that it has started, however far those have gone into process
 * groups of their own (Patroni puts PostgreSQL into a new session, so that it survives Patroni; a dying machine does not
 * spare it).
 */
export class Machine {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
    /** Its processes are known by the folder they work in, also after their parent is gone. PostgreSQL overwrites its environment. */
    private readonly home: string,
  ) {}

  /** Starts a program as the account for servers, in a folder that is its alone; its output goes to a file. */
  static start(name: string, options: { readonly command: string; readonly args: readonly string[]; readonly home: string; readonly logFile: string }): Machine {
    const log = openSync(options.logFile, 'a');
    const child = spawn(options.command, options.args, {
      ...serverAccount(),
      cwd: options.home,
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', HOME: options.home },
    });
    closeSync(log);
    child.on('error', () => undefined); // shows as "has ended"
    return new Machine(name, child, options.home);
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Every process of it, by number. */
  pids(): number[] {
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)).map(Number).filter((pid) => worksIn(pid, this.home));
  }

  /** Power off: SIGKILL to every process, and none is left afterwards. */
  async powerOff(): Promise<void> {
    // Stopped first, so that none of them sees another die and acts on it.
    this.freeze();
    for (let left = this.pids(); left.length > 0; left = this.pids()) {
      for (const pid of left) signal(pid, 'SIGKILL');
      await sleep(20);
    }
    if (!this.hasEnded) await once(this.child, 'exit');
  }

  /** Hangs, as a machine that swaps or whose host stands still: the kernel goes on taking what is sent to it. */
  freeze(): void {
    let stopped = new Set<number>();
    for (;;) {
      const found = this.pids();
      if (found.every((pid) => stopped.has(pid))) return;
      for (const pid of found) signal(pid, 'SIGSTOP');
      stopped = new Set(found);
    }
  }

  thaw(): void {
    for (const pid of this.pids()) signal(pid, 'SIGCONT');
  }
}

function worksIn(pid: number, folder: string): boolean {
  try {
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    if (cwd !== folder && !cwd.startsWith(`${folder}/`)) return false;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false; // gone meanwhile, or somebody else's
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the failover test needs on the machine; nothing of it is installed by us. */
export interface Programs {
  readonly etcd: string;
  readonly patroni: string;
  readonly patronictl: string;
  /**
   * How Patroni talks to etcd. Before 3.0.3 its "etcd3" writes the leader's key without comparing (patroni/patroni#2689):
   * a frozen primary that wakes up takes the cluster back from its heir, and what the heir has confirmed is lost.
   * Debian 12 has 3.0.2, and its "etcd" (the second version of etcd's interface) compares.
   */
  readonly etcdInterface: 'etcd' | 'etcd3';
  /** Folder of PostgreSQL's server programs. */
  readonly postgresBin: string;
}

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/** @throws with the command that would install what is missing */
export function findPrograms(): Programs {
  const etcd = onPath('etcd');
  const patroni = onPath('patroni');
  const patronictl = onPath('patronictl');
  const postgresBin = newestPostgres();
  if (etcd && patroni && patronictl && postgresBin) return { etcd, patroni, patronictl, etcdInterface: etcdInterfaceOf(patroni), postgresBin };
  const missing = Object.entries({ etcd, patroni, patronictl, postgres: postgresBin }).flatMap(([name, found]) => (found ? [] : [name]));
  throw new Error(
    `missing: ${missing.join(', ')}. Nothing is installed by this test; on Debian 12:\n` +
      '  apt-get install --no-install-recommends patroni etcd-server postgresql-15',
  );
}

function onPath(name: string): string | null {
  return (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function etcdInterfaceOf(patroni: string): Programs['etcdInterface'] {
  const printed = execFileSync(patroni, ['--version'], { encoding: 'utf8' });
  const [, major, minor, patch] = (/(\d+)\.(\d+)\.(\d+)/.exec(printed) ?? []).map(Number);
  if (major === undefined || minor === undefined || patch === undefined) throw new Error(`patroni --version says "${printed.trim()}"`);
  return major > 3 || (major === 3 && (minor > 0 || patch >= 3)) ? 'etcd3' : 'etcd';
}

function newestPostgres(): string | null {
  const versions = existsSync(DEBIAN_POSTGRES) ? readdirSync(DEBIAN_POSTGRES).filter((name) => Number(name) >= 15) : [];
  const found = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN_POSTGRES, version, 'bin'))
    .find((folder) => isExecutable(join(folder, 'postgres')));
  return found ?? (onPath('postgres')?.replace(/\/postgres$/, '') ?? null);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Account under which servers run: PostgreSQL refuses root. null: our own, which is not root. */
export function serverAccount(): { readonly uid: number; readonly gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('there is no account "postgres", and PostgreSQL does not run as root');
  return { uid: Number(uid), gid: Number(gid) };
}

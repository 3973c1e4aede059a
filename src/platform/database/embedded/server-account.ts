import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The operating system account under which the PostgreSQL server runs. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

// In this order: a package of ours may make the first, Debian's postgresql-common makes the second, every
// Unix has the third. initdb looks the account up in the passwd database, so a bare number is not enough.
const CANDIDATE_ACCOUNTS = ['jardam', 'postgres', 'nobody'];

/**
 * The account to switch to, or null when this process is not root and the server can simply be ours.
 * PostgreSQL refuses to run as root.
 */
export function serverAccount(): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of CANDIDATE_ACCOUNTS) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== null && gid !== null && uid > 0) return { name, uid, gid };
  }
  throw new Error(
    `PostgreSQL does not run as root, and none of the accounts ${CANDIDATE_ACCOUNTS.join(', ')} exists here: ` +
      'make one of them, start Jardam as another user, or set DATABASE_URL to an external PostgreSQL',
  );
}

function idOf(flag: '-u' | '-g', name: string): number | null {
  try {
    const printed = execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().trim();
    return /^\d+$/.test(printed) ? Number(printed) : null;
  } catch {
    return null; // no such account
  }
}

/**
 * The first folder on the way to `path` that the account may not walk through, or null when it can reach it.
 * Asked before anything is started, because the server's own message for this case names neither folder nor cure.
 */
export function firstClosedFolder(path: string, account: ServerAccount): string | null {
  const folders: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    folders.unshift(at);
    if (at === dirname(at)) break;
  }
  for (const folder of folders) {
    if (!existsSync(folder)) return null; // made later, by us, with the right owner
    const { uid, gid, mode } = statSync(folder);
    const execute = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & execute) === 0) return folder;
  }
  return null;
}

import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresBinaries } from './binaries.js';
import type { ServerAccount } from './server-account.js';

const run = promisify(execFile);

/**
 * Makes an empty cluster at `clusterDir` unless one is there.
 *
 * It is made under another name and renamed when complete, so that a kill in the middle never leaves half a cluster
 * that later looks like data. The C locale keeps index order independent of the system's libraries; page checksums
 * make a failing disk visible instead of silently wrong.
 */
export async function initialiseCluster(options: {
  binaries: PostgresBinaries;
  account: ServerAccount | null;
  clusterDir: string;
  ownerRole: string;
}): Promise<void> {
  const { binaries, account, clusterDir, ownerRole } = options;
  const versionFile = join(clusterDir, 'PG_VERSION');
  const ourMajor = binaries.version.split('.')[0];
  if (existsSync(versionFile)) {
    const itsMajor = readFileSync(versionFile, 'utf8').trim();
    if (itsMajor !== ourMajor) {
      throw new Error(
        `the database in ${clusterDir} was made by PostgreSQL ${itsMajor}, this program brings PostgreSQL ${ourMajor}: ` +
          'back it up with the old program and restore it with this one',
      );
    }
    return;
  }
  const partial = `${clusterDir}.making`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  if (account) chownSync(partial, account.uid, account.gid);
  await run(
    binaries.initdb,
    ['-D', partial, `--username=${ownerRole}`, '--auth=trust', '--encoding=UTF8', '--locale=C', '--data-checksums'],
    {
      cwd: partial,
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' },
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    },
  );
  renameSync(partial, clusterDir);
}

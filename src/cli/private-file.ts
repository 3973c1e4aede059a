import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { CliFailure } from './failure.js';

const PRIVATE_MODE = 0o600;
const OTHERS_MASK = 0o077;

/**
 * Writes a file that only its owner may read, whole or not at all.
 *
 * @param replace false: an existing file of that name is never touched
 */
export function writePrivateFile(path: string, content: string, { replace }: { replace: boolean }): void {
  const partial = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    const file = openSync(partial, 'wx', PRIVATE_MODE);
    try {
      writeSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (replace) return renameSync(partial, path);
    linkSync(partial, path); // unlike rename, fails when somebody made the file in the meantime
    unlinkSync(partial);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    try {
      unlinkSync(partial);
    } catch {
      // it was never made
    }
    if (code === 'EEXIST') throw new CliFailure(`${path} exists already, and is not overwritten`);
    throw new CliFailure(`${path} cannot be written (${code ?? 'unknown reason'})`, undefined, { cause: error });
  }
}

/** The text of a file; a missing or unreadable one ends the command with its name and the reason. */
export function readFileOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new CliFailure(code === 'ENOENT' ? `${path}: no such file` : `${path} cannot be read (${code ?? 'unknown reason'})`);
  }
}

/** Whether somebody else than the owner may do anything with the file; null when there is no such file. */
export function isOpenToOthers(path: string): boolean | null {
  try {
    return (statSync(path).mode & OTHERS_MASK) !== 0;
  } catch {
    return null;
  }
}

import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const KEY_BYTES = 32;

/**
 * Reads a key of 32 bytes from a file of its own, making it on first use with a mode of 0600.
 *
 * Never generates over something that is there: a key file that became unreadable or was cut short must stop the
 * start, because a new key would silently make everything sealed under the old one unreadable.
 */
export function readOrMakeKeyFile(file: string): Uint8Array {
  try {
    return readKeyFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const partial = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(partial, randomBytes(KEY_BYTES), { mode: 0o600, flush: true });
  try {
    linkSync(partial, file); // fails when another process was quicker, then its key counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(partial);
  }
  return readKeyFile(file);
}

function readKeyFile(file: string): Uint8Array {
  const key = readFileSync(file);
  if (key.length !== KEY_BYTES) throw new Error(`the key file ${file} holds ${key.length} bytes, a key has ${KEY_BYTES}`);
  if ((statSync(file).mode & 0o077) !== 0) throw new Error(`the key file ${file} can be read by others: chmod 600`);
  return new Uint8Array(key);
}

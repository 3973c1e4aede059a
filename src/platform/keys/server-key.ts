import { existsSync } from 'node:fs';
import { H, type Primitives } from '@jardam/protocol';
import type { Database } from '../database/database.js';
import { readOrMakeKeyFile } from '../key-file.js';

/** A key file that does not fit the database. The message names the file and what to do; it never holds key bytes. */
export class ServerKeyError extends Error {
  override readonly name = 'ServerKeyError';
}

/**
 * Opens the 32-byte key of that name, or makes its file when this database has never been used with one.
 *
 * The database keeps a fingerprint, H("jardam/key-check", key). With it a file that was swapped, or lost and made
 * anew, stops the start with a clear message; without it the rows sealed under the true key would turn out to be
 * unreadable in the hour when they are needed. Instances that share a database share the key files.
 *
 * @throws ServerKeyError when the file is missing though it was used before, or is another one
 */
export async function openServerKey(
  database: Database,
  p: Primitives,
  { name, file }: { readonly name: string; readonly file: string },
): Promise<Uint8Array> {
  // Looked at again at last: another start may have made the file and written its fingerprint in between.
  if (!existsSync(file) && (await fingerprintOf(database, name)) !== null && !existsSync(file)) {
    throw new ServerKeyError(
      `the ${name} key ${file} is missing, but this database was used with one: put the file back from its backup`,
    );
  }
  const key = readOrMakeKeyFile(file);
  const fingerprint = Buffer.from(H(p, 'jardam/key-check', key));
  // Two instances may start at once: the first to write wins, and the other compares with what was written.
  await database.query('INSERT INTO server_key (name, fingerprint) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING', [
    name,
    fingerprint,
  ]);
  if ((await fingerprintOf(database, name))?.equals(fingerprint) !== true) {
    throw new ServerKeyError(
      `the ${name} key ${file} is not the one this database was used with: put the right file in its place ` +
        '(instances that share a database share the key files)',
    );
  }
  return key;
}

async function fingerprintOf(database: Database, name: string): Promise<Buffer | null> {
  const { rows } = await database.query<{ fingerprint: Buffer }>('SELECT fingerprint FROM server_key WHERE name = $1', [name]);
  return rows[0]?.fingerprint ?? null;
}

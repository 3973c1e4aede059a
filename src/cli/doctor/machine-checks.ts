import { readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Primitives } from '@jardam/protocol';
import type { ServiceConfig } from '../../platform/config/slices.js';
import type { Database } from '../../platform/database/database.js';
import { openServerKey } from '../../platform/keys/server-key.js';
import { isOpenToOthers } from '../private-file.js';
import { ok, problem, roughly, unreachable, warning, type Finding } from './finding.js';

const backupAgeLimitMs = 26 * 3_600_000; // a daily backup, and two hours for it to run
const leastFreeBytes = 1024 ** 3;
const pageTimeoutMs = 8_000;

/** Key files: there, private, and the ones this database was used with. */
export async function checkKeys(p: Primitives, database: Database, config: ServiceConfig): Promise<Finding[]> {
  const bot = config.telegram.token === undefined ? {} : { telegram: config.telegram.keyFile };
  const keys = { gatekeeper: config.gatekeeper.keyFile, contacts: config.contacts.keyFile, admission: config.admission.keyFile, ...bot };
  const findings: Finding[] = [];
  for (const [name, file] of Object.entries(keys)) findings.push(await checkKey(p, database, name, file));
  const { passwordFile } = config.mail;
  if (passwordFile !== undefined) findings.push(checkPrivate('mail password', passwordFile));
  return findings;
}

async function checkKey(p: Primitives, database: Database, name: string, file: string): Promise<Finding> {
  const check = `${name} key`;
  const { rowCount: used } = await database.query('SELECT FROM server_key WHERE name = $1', [name]);
  const open = isOpenToOthers(file);
  if (open === null) {
    // Asking openServerKey would make the file: a doctor changes nothing.
    return used === 0 ? warning(check, `not made yet; the service makes it at its first start`) : problem(check, `${file} is missing: put it back from its backup`);
  }
  if (open) return problem(check, `${file} can be read by others: chmod 600`);
  if (used === 0) return warning(check, `${file} was never used with this database`);
  try {
    await openServerKey(database, p, { name, file });
    return ok(check, `${file} is private, and the one this database was used with`);
  } catch (error) {
    return problem(check, error instanceof Error ? error.message : `${file} cannot be used`);
  }
}

/** Where containers mount their secrets: nobody else is inside, and the mode is that of the host. */
const CONTAINER_SECRETS = '/run/secrets/';

function checkPrivate(check: string, file: string): Finding {
  const open = isOpenToOthers(file);
  if (open === null) return problem(check, `${file} is missing`);
  if (file.startsWith(CONTAINER_SECRETS)) return ok(check, `${file} is there`);
  return open ? problem(check, `${file} can be read by others: chmod 600`) : ok(check, `${file} is private`);
}

/** The newest file of a folder of backups must be from the last day, and not empty. */
export function checkBackups(folder: string | undefined, now: Date): Finding {
  if (folder === undefined) return warning('backups', 'not looked at: name their folder with --backups');
  let newest: { at: number; bytes: number } | undefined;
  try {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const file = statSync(join(folder, name));
      if (file.isFile() && file.mtimeMs > (newest?.at ?? 0)) newest = { at: file.mtimeMs, bytes: file.size };
    }
  } catch {
    return problem('backups', `the folder ${folder} cannot be read`);
  }
  if (newest === undefined) return problem('backups', `there is none in ${folder}`);
  const ageMs = now.getTime() - newest.at;
  if (newest.bytes === 0) return problem('backups', 'the newest file is empty');
  if (ageMs > backupAgeLimitMs) return problem('backups', `the newest is ${roughly(ageMs)} old`);
  return ok('backups', `the newest is ${roughly(Math.max(0, ageMs))} old`);
}

/** Room for what arrives. A full disk refuses alerts. */
export function checkDisk(folder: string): Finding {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const text = `${(free / 1024 ** 3).toFixed(1)} GiB free for ${folder}`;
    return free < leastFreeBytes ? problem('disk', `only ${text}`) : ok('disk', text);
  } catch {
    return warning('disk', `${folder} does not exist yet`);
  }
}

/** Whether people can reach the page under the address that stands in their mails, certificate included. */
export async function checkPage(publicUrl: string): Promise<Finding> {
  const { hostname, protocol } = new URL(publicUrl);
  if (hostname.endsWith('.onion')) return warning('page', 'an onion address: open it in Tor Browser to check');
  const plain = protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (plain) return problem('page', `${publicUrl} is not encrypted: put a TLS proxy in front and use https`);
  try {
    const answer = await fetch(new URL('/health/ready', publicUrl), { signal: AbortSignal.timeout(pageTimeoutMs), redirect: 'manual' });
    await answer.body?.cancel();
    return answer.ok ? ok('page', `${publicUrl} answers and is ready`) : problem('page', `${publicUrl} answers with ${answer.status}`);
  } catch (error) {
    const code = (error as { cause?: { code?: string } }).cause?.code;
    return unreachable('page', `${publicUrl} does not answer${code === undefined ? '' : ` (${code})`}`);
  }
}

import { createReadStream, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { SunkMail } from '../../support/mail-sink.js';

/** Where to look: what a service leaves behind, and what it sends. */
export interface Searched {
  readonly databaseUrl: string;
  service(): { readonly log: readonly string[] };
  readonly mail: { readonly mails: readonly Pick<SunkMail, 'raw' | 'parsed'>[] };
  /** What went to a messenger, call by call. */
  readonly messages?: readonly unknown[];
}

/** Text, or bytes as they are, in all the forms in which they could lie about: raw, and as our encodings carry them. */
function formsOf(canary: string | Uint8Array): { form: string; bytes: Buffer }[] {
  const raw = Buffer.from(canary as string);
  const base64 = [0, 1, 2].map((shift) => {
    // Inside longer data the alignment is unknown: three shifts, without the characters that neighbours change.
    const shifted = Buffer.concat([Buffer.alloc(shift), raw]).toString('base64');
    return shifted.slice(shift === 0 ? 0 : shift + 1, -4);
  });
  return [
    { form: 'as it is', bytes: raw },
    { form: 'hexadecimal', bytes: Buffer.from(raw.toString('hex')) },
    ...base64.flatMap((each) => [
      { form: 'base64', bytes: Buffer.from(each) },
      { form: 'base64url', bytes: Buffer.from(each.replaceAll('+', '-').replaceAll('/', '_')) },
    ]),
    ...(typeof canary === 'string' ? textFormsOf(canary) : []),
  ];
}

function textFormsOf(text: string): { form: string; bytes: Buffer }[] {
  return [
    { form: 'UTF-16', bytes: Buffer.from(text, 'utf16le') },
    { form: 'JSON escapes', bytes: Buffer.from(JSON.stringify(text).slice(1, -1).replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)) },
    { form: 'percent-encoding', bytes: Buffer.from(encodeURIComponent(text)) },
  ];
}

/** Where each of the canaries was found, as "canary in place (form)"; empty when nowhere. */
export async function findCanaries(searched: Searched, canaries: readonly (string | Uint8Array)[]): Promise<string[]> {
  const wanted = canaries.flatMap((canary) => {
    const name = typeof canary === 'string' ? canary : Buffer.from(canary).toString('hex');
    // ASCII looks the same in several forms: each is looked for once.
    return formsOf(canary).filter(({ bytes }, at, all) => all.findIndex((other) => other.bytes.equals(bytes)) === at).map((form) => ({ name, ...form }));
  });
  const found = new Set<string>();
  const look = (place: string, bytes: Buffer): void => {
    for (const { name, form, bytes: pattern } of wanted) {
      if (bytes.includes(pattern)) found.add(`${name} in ${place} (${form})`);
    }
  };
  const longest = Math.max(...wanted.map(({ bytes }) => bytes.length));
  const { folder, othersData } = await flushedDataDirectory(searched.databaseUrl);
  for (const file of filesOf(folder, othersData)) {
    await readOverlapping(file, longest, (bytes) => look('the database server’s files', bytes));
  }
  look('the log of the service', Buffer.from(searched.service().log.join('')));
  for (const mail of searched.mail.mails) {
    look('a mail as sent', mail.raw);
    look('a mail as read', Buffer.from(JSON.stringify(mail.parsed)));
  }
  for (const message of searched.messages ?? []) look('a message to the messenger', Buffer.from(JSON.stringify(message)));
  return [...found];
}

/** The server's folder (tables, WAL, its log) after everything in memory was written there, and within it the folders of
 *  other databases: the tests share a server, and their tables would only make the search long. */
async function flushedDataDirectory(databaseUrl: string): Promise<{ folder: string; othersData: ReadonlySet<string> }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('CHECKPOINT');
    const { rows } = await client.query<{ cluster: string; own: string }>(
      `SELECT current_setting('data_directory') AS cluster, oid::text AS own FROM pg_database WHERE datname = current_database()`,
    );
    if (!rows[0]) throw new Error('the server does not say where its files are');
    const { cluster, own } = rows[0];
    const base = join(cluster, 'base');
    const othersData = entriesOf(base).filter(({ name }) => /^\d+$/.test(name) && name !== own).map(({ name }) => join(base, name));
    return { folder: join(cluster, '..'), othersData: new Set(othersData) };
  } finally {
    await client.end();
  }
}

/** Every file below a folder. The server runs on: what goes away meanwhile (its caches, old WAL) is left out. */
function* filesOf(folder: string, except: ReadonlySet<string>): Generator<string> {
  for (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !except.has(path)) yield* filesOf(path, except);
    else if (entry.isFile()) yield path;
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function readOverlapping(file: string, overlap: number, look: (bytes: Buffer) => void): Promise<void> {
  let tail = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 4 * 1024 * 1024 })) {
      const bytes = Buffer.concat([tail, chunk as Buffer]);
      look(bytes);
      tail = Buffer.from(bytes.subarray(-overlap));
    }
  } catch (error) {
    // A WAL segment may be recycled, and a table of another test dropped, while we look.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

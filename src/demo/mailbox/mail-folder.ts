import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';

/** One stored mail, as the mailbox page lists it. */
export interface StoredMail {
  /** Name of the file without its ending; sorts by time of arrival. */
  readonly id: string;
  readonly recipient: string;
  readonly receivedAt: Date;
  readonly subject: string;
  readonly from: string;
}

export interface ReadMail extends StoredMail {
  /** The readable part; for an encrypted mail what a mail program without the key would show. */
  readonly text: string;
  readonly encrypted: boolean;
}

const MAIL_ID = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;
const FILE_ENDING = '.eml';

/**
 * Mails as .eml files, one folder for each recipient, in the form in which they came over SMTP.
 *
 * Files and not memory, so that what was accepted is still there after kill -9, and so that any mail program can open
 * them.
 */
export class MailFolder {
  constructor(readonly directory: string) {}

  /** Stores one mail for one recipient. When this returns, it is on the disk. */
  async store(recipient: string, raw: Uint8Array, receivedAt: Date): Promise<void> {
    const folder = join(this.directory, folderNameOf(recipient));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `${receivedAt.toISOString().replace(/[-:.]/g, '')}-${randomBytes(4).toString('hex')}${FILE_ENDING}`;
    const partial = join(folder, `.${name}`);
    const file = await open(partial, 'wx', 0o600);
    try {
      await file.writeFile(raw);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, join(folder, name)); // a reader never sees half a mail
  }

  /** The newest `limit` mails of all recipients, newest first. Only these are opened: the page asks every few seconds. */
  async newest(limit: number): Promise<StoredMail[]> {
    const found: { recipient: string; id: string }[] = [];
    for (const folder of await namesIn(this.directory)) {
      const recipient = recipientOf(folder);
      if (recipient === null) continue;
      for (const name of await namesIn(join(this.directory, folder))) {
        if (name.endsWith(FILE_ENDING)) found.push({ recipient, id: name.slice(0, -FILE_ENDING.length) });
      }
    }
    found.sort((a, b) => (a.id < b.id ? 1 : -1));
    const read = await Promise.all(found.slice(0, limit).map(({ recipient, id }) => this.read(recipient, id)));
    return read.filter((mail) => mail !== null);
  }

  /** One mail, or null when there is none of that name. Names are checked: they come from an address bar. */
  async read(recipient: string, id: string): Promise<ReadMail | null> {
    if (!MAIL_ID.test(id)) return null;
    let raw: Buffer;
    try {
      raw = await readFile(join(this.directory, folderNameOf(recipient), id + FILE_ENDING));
    } catch {
      return null;
    }
    const parsed = await PostalMime.parse(raw);
    return {
      id,
      recipient,
      receivedAt: timeOf(id),
      subject: parsed.subject ?? '',
      from: parsed.from?.address ?? '',
      text: parsed.text ?? '',
      encrypted: parsed.headers.some(({ key, value }) => key === 'content-type' && value.toLowerCase().includes('multipart/encrypted')),
    };
  }
}

/** Addresses become folder names byte by byte, so that no address can point outside or at another one's folder. */
function folderNameOf(recipient: string): string {
  return encodeURIComponent(recipient.toLowerCase()).replace(/[.*'()!~]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

function recipientOf(folder: string): string | null {
  try {
    return folder.startsWith('.') ? null : decodeURIComponent(folder);
  } catch {
    return null; // not one of ours
  }
}

function timeOf(id: string): Date {
  const [, year, month, day, hour, minute, second, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id) ?? [];
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

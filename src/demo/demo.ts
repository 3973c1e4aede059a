import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadCryptography } from '../cli/cryptography.js';
import { writePrivateFile } from '../cli/private-file.js';
import { Vaults } from '../desk/vaults.js';
import { Policies } from '../escalation/policies.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { configOf } from '../platform/config/load-config.js';
import type { ServiceConfigInput } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import type { SmtpListener } from '../platform/mail/smtp-listener.js';
import { ContactBook } from '../roster/contact-book.js';
import { RosterStore } from '../roster/roster-store.js';
import { createService, type Service } from '../service.js';
import { CAST, LAST_RESORT } from './cast.js';
import { demoCoalition, publishDemo } from './coalition.js';
import { demoKeys, type DemoKeys } from './keys.js';
import { MailFolder } from './mailbox/mail-folder.js';
import { startMailboxServer, type MailboxServer } from './mailbox/mailbox-server.js';
import { startSmtpReceiver } from './mailbox/smtp-receiver.js';
import { freePortFrom, LOOPBACK } from './ports.js';

/** Taken when they are free; else the next free ones. */
export const WISHED_PORTS = { pages: 8080, mailbox: 8025, smtp: 8026 } as const;

export interface DemoOptions {
  /** Everything that the demo keeps: database, keys, mails. */
  readonly dataDir: string;
  /** An external PostgreSQL; by default the embedded one. */
  readonly databaseUrl?: string;
  /** Ports from which on a free one is sought. */
  readonly ports?: { readonly pages: number; readonly mailbox: number; readonly smtp: number };
  /** Told what the log says at level warn and error; the whole log goes into a file. */
  readonly warn?: (line: string) => void;
}

export interface Demo {
  readonly pagesUrl: string;
  readonly mailboxUrl: string;
  readonly smtpPort: number;
  readonly keys: DemoKeys;
  readonly instanceId: Uint8Array;
  /** Configuration with which `jardam …` works on the demo. */
  readonly configFile: string;
  readonly logFile: string;
  /** Ends everything that was started; what was accepted stays on the disk. Safe to call twice. */
  stop(): Promise<void>;
}

/** The personal link of somebody in the demo. */
export function deskLink(demo: Pick<Demo, 'pagesUrl'>, person: { readonly locator: string }): string {
  return `${demo.pagesUrl}/desk#v=${person.locator}`;
}

/**
 * Starts a whole coalition on this machine: mail server and mailbox page, database, service, and at the first start
 * the people with their keys. A second start finds everything as it was.
 */
export async function startDemo({ dataDir, databaseUrl, ports = WISHED_PORTS, warn = () => undefined }: DemoOptions): Promise<Demo> {
  const folder = join(dataDir, 'demo');
  // Started by root, the database runs as another account that has to walk through here; keys and mails are closed.
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logFile = join(folder, 'service.log');
  const started: { stop(): Promise<void> }[] = [];
  let stopping: Promise<void> | undefined;
  // The service first: what it still has to send needs the mail server.
  const stop = (): Promise<void> => (stopping ??= stopInTurn(started.toReversed()));
  try {
    const mails = new MailFolder(join(folder, 'mails'));
    const { smtp, mailbox } = await startMail(mails, ports);
    started.push(smtp, mailbox);
    const pagesPort = await freePortFrom(ports.pages, new Set([smtp.port, Number(new URL(mailbox.url).port)]));
    const settings = settingsOf({ dataDir, databaseUrl, pagesPort, smtpPort: smtp.port });
    const crypto = await loadCryptography();
    // Keys are made while the database starts: together they are most of a first start.
    const [service, keys] = await Promise.all([
      createService({ config: configOf(settings), writeLog: logInto(logFile, warn) }).then((running) => {
        started.push(running);
        return running;
      }),
      demoKeys(crypto, folder),
    ]);
    const registry = registryOf(service);
    await publishDemo(crypto, registry, keys, folder);
    const instanceId = await registry.rosters.instanceId(DEFAULT_COALITION);
    if (instanceId === null) throw new Error('the demo was published and is not there');
    writeForTheCurious(folder, settings, keys);
    const configFile = join(folder, 'jardam.yaml');
    return { pagesUrl: settings.instance.publicUrl, mailboxUrl: mailbox.url, smtpPort: smtp.port, keys, instanceId, configFile, logFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** All lines into the file; those that somebody should see to the terminal as well, without the time. */
function logInto(file: string, warn: (line: string) => void): (line: string) => void {
  return (line) => {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
    const [, text] = /^\S+ (?:warn|error) +(.*)$/s.exec(line) ?? [];
    if (text !== undefined) warn(text);
  };
}

async function startMail(mails: MailFolder, ports: { mailbox: number; smtp: number }): Promise<{ smtp: SmtpListener; mailbox: MailboxServer }> {
  const mailboxPort = await freePortFrom(ports.mailbox);
  const smtp = await startSmtpReceiver(await freePortFrom(ports.smtp, new Set([mailboxPort])), mails);
  try {
    return { smtp, mailbox: await startMailboxServer(mailboxPort, mails, [...CAST, ...LAST_RESORT]) };
  } catch (error) {
    await smtp.stop();
    throw error;
  }
}

function settingsOf({ dataDir, databaseUrl, pagesPort, smtpPort }: { dataDir: string; databaseUrl: string | undefined; pagesPort: number; smtpPort: number }) {
  return {
    instance: { publicUrl: `http://${LOOPBACK}:${pagesPort}`, dataDir, demo: true },
    http: { host: LOOPBACK, port: pagesPort },
    mail: { host: LOOPBACK, port: smtpPort, security: 'none', from: 'notice@coalition.example' },
    // Offered, so that it can be tried. Only a press on the desk sends anything to a browser's maker.
    webPush: { subject: 'mailto:notice@coalition.example' },
    ...(databaseUrl === undefined ? {} : { database: { url: databaseUrl } }),
  } as const satisfies ServiceConfigInput;
}

function registryOf({ app }: Service) {
  return {
    database: app.get(Database, { strict: false }),
    policies: app.get(Policies, { strict: false }),
    rosters: app.get(RosterStore, { strict: false }),
    contacts: app.get(ContactBook, { strict: false }),
    vaults: app.get(Vaults, { strict: false }),
  };
}

/** So that every command of `jardam` can be tried on the demo. The ports change, so these are written at every start. */
function writeForTheCurious(folder: string, settings: object, keys: DemoKeys): void {
  writePrivateFile(join(folder, 'jardam.yaml'), stringify(settings), { replace: true });
  writePrivateFile(join(folder, 'coalition.yaml'), stringify(demoCoalition(keys)), { replace: true });
}

async function stopInTurn(parts: readonly { stop(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) await part.stop().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

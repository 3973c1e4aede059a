import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVault, minVaultMemoryBytes, toBase64url } from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { Vaults } from '../../../src/desk/vaults.js';
import type { Policy } from '../../../src/domain/policy.js';
import { loadPolicy } from '../../../src/escalation/policy-schema.js';
import { Database } from '../../../src/platform/database/database.js';
import { openServerKey } from '../../../src/platform/keys/server-key.js';
import { ContactBook } from '../../../src/roster/contact-book.js';
import type { CoalitionOptions, PersonName } from '../../support/coalition.js';
import { testDatabaseUrl } from '../../support/database.js';
import { startMailSink, type MailSink } from '../../support/mail-sink.js';
import { demoCoalition, type StoredCoalition } from '../../support/stored-coalition.js';
import { freePort, startServiceProcess, type ServiceProcess } from './service-process.js';

/** Passphrase of everybody's vault in the stories. */
export const PASSPHRASE = 'seven quiet horses by the lake';

/**
 * Everything that a story needs and that a user has too: the built program as a process, PostgreSQL, an SMTP server,
 * a coalition with real keys. Only the ladder is shorter.
 */
export interface World {
  /** Where people reach the pages; stays the same over restarts. */
  readonly url: string;
  readonly databaseUrl: string;
  /** Folder of the service: its key files. */
  readonly dataDir: string;
  readonly database: Database;
  readonly coalition: StoredCoalition;
  readonly mail: MailSink;
  /** The running service; `restart` puts a new one in its place. */
  service(): ServiceProcess;
  restart(): Promise<ServiceProcess>;
  /** A further instance on the same database, on its own port. */
  another(): Promise<ServiceProcess>;
  /** The link that opens a person's own vault on the desk. */
  personalLink(name: PersonName): string;
  stop(): Promise<void>;
}

export interface WorldOptions {
  /** Time between two tiers of an S1. */
  readonly stepMs?: number;
  readonly coalition?: CoalitionOptions;
  readonly environment?: Readonly<Record<string, string>>;
  readonly unreachable?: readonly PersonName[];
}

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const dataDir = mkdtempSync(join(tmpdir(), 'jardam-world-'));
  const { url: databaseUrl, drop } = await testDatabaseUrl();
  const mail = await startMailSink();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const environment = {
    DATABASE_URL: databaseUrl,
    JARDAM_DATA_DIR: dataDir,
    JARDAM_PUBLIC_URL: url,
    JARDAM_MAIL_HOST: '127.0.0.1',
    JARDAM_MAIL_PORT: String(mail.port),
    JARDAM_MAIL_SECURITY: 'none',
    JARDAM_MAIL_FROM: 'notice@example.org',
    ...options.environment,
  };
  const database = await Database.open({ url: databaseUrl, poolSize: 5 });
  const { coalition, links } = await populate(database, dataDir, options);
  let current = await startServiceProcess(environment, port);
  const running = new Set([current]);
  return {
    url,
    databaseUrl,
    dataDir,
    database,
    coalition,
    mail,
    service: () => current,
    restart: async () => {
      running.delete(current);
      current = await startServiceProcess(environment, port);
      running.add(current);
      return current;
    },
    another: async () => {
      const service = await startServiceProcess(environment);
      running.add(service);
      return service;
    },
    personalLink: (name) => `${url}/desk#v=${links.get(name) ?? ''}`,
    stop: async () => {
      for (const service of running) await service.kill();
      await mail.stop();
      await database.close();
      await drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function populate(
  database: Database,
  dataDir: string,
  options: WorldOptions,
): Promise<{ coalition: StoredCoalition; links: Map<PersonName, string> }> {
  const { loadSodium } = await import('@jardam/protocol/sodium');
  const p = await loadSodium();
  const key = await openServerKey(database, p, { name: 'contacts', file: join(dataDir, 'keys', 'contacts.key') });
  const coalition = await demoCoalition(database, {
    policy: shortLadder(options.stepMs ?? 1_500),
    ...options.coalition,
    contacts: new ContactBook(p, key),
    ...(options.unreachable === undefined ? {} : { unreachable: options.unreachable }),
  });
  const vaults = new Vaults(database, p);
  const argon2 = await loadSodiumArgon2();
  const links = new Map<PersonName, string>();
  for (const person of Object.values(coalition.people)) {
    const locator = p.randomBytes(16);
    const vault = await createVault(p, argon2, person.masterSecret, { passphrase: PASSPHRASE, memoryBytes: minVaultMemoryBytes });
    await database.transaction((tx) => vaults.store(tx, { rid: person.rid, locator, sealed: vault.bytes }));
    links.set(person.name, toBase64url(locator));
  }
  return { coalition, links };
}

/** The demonstration's ladder with `stepMs` between the tiers, whatever the severity, so that a story takes seconds. */
export function shortLadder(stepMs: number): Policy {
  const policy = loadPolicy(fileURLToPath(new URL('../../../config/policies/demo.yaml', import.meta.url)));
  const after = (at: number) => ({ S1: at * stepMs, S2: at * stepMs, S3: at * stepMs, S4: at * stepMs });
  const round = 2 * stepMs;
  return {
    ...policy,
    tiers: policy.tiers.map((tier, at) => (tier.afterMs.S1 === null ? tier : { ...tier, afterMs: after(at) })),
    handedOverMs: 60_000,
    loop: { ...policy.loop, afterMs: { S1: round, S2: round, S3: round, S4: round } },
  };
}

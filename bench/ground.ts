import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSodium } from '@jardam/protocol/sodium';
import pg from 'pg';
import { migrations } from '../migrations/index.js';
import { configOf } from '../src/platform/config/load-config.js';
import type { ServiceConfigInput } from '../src/platform/config/slices.js';
import { Database } from '../src/platform/database/database.js';
import { startEmbedded } from '../src/platform/database/embedded/embedded-postgres.js';
import { migrate } from '../src/platform/database/migrate.js';
import { openServerKey } from '../src/platform/keys/server-key.js';
import { ContactBook } from '../src/roster/contact-book.js';
import { createService, type Service } from '../src/service.js';
import type { StoredCoalition } from '../test/support/stored-coalition.js';
import { demoCoalition } from '../test/support/stored-coalition.js';

/** A server of our own with one made-up coalition: the ground on which all arms of a run are measured. */
export interface Ground {
  readonly databaseUrl: string;
  /** Where the keys of the service are, for processes of its own. */
  readonly directory: string;
  readonly database: Database;
  readonly coalition: StoredCoalition;
  /** The whole service in this process; nothing of it runs until this is called. */
  serve(config: ServiceConfigInput): Promise<Service>;
  /** One statement with all rights: to make rows by the million, to vacuum. */
  asOwner(statement: string, values?: readonly unknown[]): Promise<pg.QueryResult>;
  /** Another database on the same server, furnished alike; it lasts until its own `stop`. */
  sibling(name: string): Promise<Ground>;
  /** Forgets all alerts, and leaves the tables as new. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const ALERT_TABLES = ['alert', 'event'] as const;

/** Starts the embedded PostgreSQL with its usual, durable settings; only the number of connections is higher. */
export async function prepareGround(log: (line: string) => void): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'jardam-bench-'));
  const server = await startEmbedded({ dataDir: directory, settings: { max_connections: '250' }, log });
  const removeServer = async (): Promise<void> => {
    await server.stop();
    for (const path of [directory, server.dataDir]) rmSync(path, { recursive: true, force: true });
  };
  const place = { directory, urlOf: (name: string) => server.urlOf(name), log };
  try {
    return await furnish(server.connection, place, removeServer);
  } catch (error) {
    await removeServer();
    throw error;
  }
}

interface Place {
  readonly directory: string;
  urlOf(name: string): string;
  readonly log: (line: string) => void;
}

async function furnish(url: string, place: Place, remove: () => Promise<void>): Promise<Ground> {
  const { directory, log } = place;
  await migrate(url, migrations);
  const database = await Database.open({ url, poolSize: 4, statementTimeoutMs: 600_000 });
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const p = await loadSodium();
  const contactKey = await openServerKey(database, p, { name: 'contacts', file: join(directory, 'keys', 'contacts.key') });
  const coalition = await demoCoalition(database, { contacts: new ContactBook(p, contactKey) });
  return {
    databaseUrl: url,
    directory,
    database,
    coalition,
    serve: (config) =>
      createService({
        config: configOf({
          ...config,
          instance: { dataDir: directory, ...config.instance },
          database: { url, ...config.database },
          http: { host: '127.0.0.1', port: 0, ...config.http },
          logging: { level: 'error' },
        }),
        writeLog: log,
      }),
    asOwner: (statement, values) => owner.query(statement, values === undefined ? undefined : [...values]),
    sibling: async (name) => {
      await owner.query(`CREATE DATABASE ${name}`);
      return furnish(place.urlOf(name), place, async () => void (await owner.query(`DROP DATABASE ${name}`)));
    },
    clear: async () => {
      await owner.query(`TRUNCATE ${ALERT_TABLES.join(', ')} CASCADE`);
    },
    stop: async () => {
      await database.close();
      await owner.end();
      await remove();
    },
  };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrations } from '../migrations/index.js';
import { configOf } from '../src/platform/config/load-config.js';
import type { ServiceConfigInput } from '../src/platform/config/slices.js';
import { Database } from '../src/platform/database/database.js';
import { startEmbedded } from '../src/platform/database/embedded/embedded-postgres.js';
import { migrate } from '../src/platform/database/migrate.js';
import { createService, type Service } from '../src/service.js';
import type { StoredCoalition } from '../test/support/stored-coalition.js';
import { demoCoalition } from '../test/support/stored-coalition.js';

/** A server of our own with one made-up coalition: the ground on which all arms of a run are measured. */
export interface Ground {
  readonly databaseUrl: string;
  readonly database: Database;
  readonly coalition: StoredCoalition;
  /** The whole service in this process; nothing of it runs until this is called. */
  serve(config: ServiceConfigInput): Promise<Service>;
  /** Forgets all alerts, and leaves the tables as new. */
  clear(): Promise<void>;
  stop(): Promise<void>;
}

const ALERT_TABLES = ['alert', 'event'] as const;

/** Starts the embedded PostgreSQL with its usual, durable settings; only the number of connections is higher. */
export async function prepareGround(log: (line: string) => void): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'jardam-bench-'));
  const server = await startEmbedded({ dataDir: directory, settings: { max_connections: '250' }, log });
  await migrate(server.connection, migrations);
  const database = await Database.open({ url: server.connection, poolSize: 4, statementTimeoutMs: 600_000 });
  const owner = new pg.Client({ connectionString: server.connection });
  await owner.connect();
  const coalition = await demoCoalition(database);
  return {
    databaseUrl: server.connection,
    database,
    coalition,
    serve: (config) =>
      createService({
        config: configOf({
          ...config,
          instance: { dataDir: directory, ...config.instance },
          database: { url: server.connection, ...config.database },
          http: { host: '127.0.0.1', port: 0, ...config.http },
          logging: { level: 'error' },
        }),
        writeLog: log,
      }),
    clear: async () => {
      await owner.query(`TRUNCATE ${ALERT_TABLES.join(', ')} CASCADE`);
    },
    stop: async () => {
      await database.close();
      await owner.end();
      await server.stop();
      for (const path of [directory, server.dataDir]) rmSync(path, { recursive: true, force: true });
    },
  };
}

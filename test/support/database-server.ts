import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrations } from '../../migrations/index.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { isHeld } from '../../src/platform/database/embedded/directory-lock.js';
import { startEmbedded } from '../../src/platform/database/embedded/embedded-postgres.js';

const DIRECTORY_PREFIX = 'jardam-test-';

export interface TestServer {
  /** URL of the server's maintenance database, for an account that may create databases. */
  readonly adminUrl: string;
  /** Name of a migrated, empty database to copy from. */
  readonly template: string;
  stop(): Promise<void>;
}

/**
 * Starts the server under the same supervisor as in production, or uses the one of JARDAM_TEST_DATABASE_URL
 * (an account that may create databases and roles), and prepares the migrated template.
 */
export async function startTestServer(): Promise<TestServer> {
  const template = `jardam_template_${randomBytes(4).toString('hex')}`;
  const external = process.env.JARDAM_TEST_DATABASE_URL;
  if (external) {
    await withAdmin(external, (client) => client.query(`CREATE DATABASE ${template}`));
    await migrate(withDatabase(external, template), migrations);
    return {
      adminUrl: external,
      template,
      stop: () => withAdmin(external, (client) => client.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`)),
    };
  }
  await removeLeftovers();
  const directory = mkdtempSync(join(tmpdir(), DIRECTORY_PREFIX));
  const server = await startEmbedded({
    dataDir: directory,
    database: template,
    // Several instances of the service and several test files at once.
    settings: { max_connections: '300' },
    log: (message) => process.stderr.write(`${message}\n`),
  });
  await migrate(server.urlOf(template), migrations);
  return {
    adminUrl: server.urlOf('postgres'),
    template,
    stop: async () => {
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
      rmSync(server.dataDir, { recursive: true, force: true });
    },
  };
}

/** The same server and account, another database. */
export function withDatabase(url: string, database: string): string {
  const parts = new URL(url);
  parts.pathname = `/${database}`;
  return parts.href;
}

export async function withAdmin(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** A run that was killed leaves its server behind; starting it under our lock and stopping it is the clean end. */
async function removeLeftovers(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const directory = join(tmpdir(), name);
    if (!name.startsWith(DIRECTORY_PREFIX) || !existsSync(join(directory, 'cluster', 'PG_VERSION')) || isHeld(directory)) continue;
    const server = await startEmbedded({ dataDir: directory }).catch(() => undefined);
    await server?.stop();
    if (server) rmSync(directory, { recursive: true, force: true });
  }
}

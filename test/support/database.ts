import { randomBytes } from 'node:crypto';
import { Database, type DatabaseOptions } from '../../src/platform/database/database.js';
import { withAdmin, withDatabase } from './database-server.js';

export interface TestDatabase {
  /** URL as the owner: may do everything; what DATABASE_URL of a tested process is set to. */
  readonly url: string;
  /** The program's own access: the restricted role where migration 0001 made it. */
  readonly database: Database;
  /** Ends all sessions and drops the database. */
  drop(): Promise<void>;
}

/** A fresh, migrated PostgreSQL database of its own for one test file (or one test). Safe to use in parallel. */
export async function testDatabase(options: Omit<DatabaseOptions, 'url'> = {}): Promise<TestDatabase> {
  const { url, drop } = await emptyCopy();
  const database = await Database.open({ poolSize: 10, ...options, url });
  return {
    url,
    database,
    drop: async () => {
      await database.close();
      await drop();
    },
  };
}

/** Only the URL: for tests that start the service as a process of its own. */
export async function testDatabaseUrl(): Promise<{ url: string; drop: () => Promise<void> }> {
  return emptyCopy();
}

async function emptyCopy(): Promise<{ url: string; drop: () => Promise<void> }> {
  const adminUrl = process.env.JARDAM_TEST_SERVER;
  const template = process.env.JARDAM_TEST_TEMPLATE;
  if (!adminUrl || !template) throw new Error('no test server: tests with a database belong to test/integration or test/e2e');
  const name = `jardam_t_${randomBytes(6).toString('hex')}`;
  await withAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: withDatabase(adminUrl, name),
    drop: () => withAdmin(adminUrl, (client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

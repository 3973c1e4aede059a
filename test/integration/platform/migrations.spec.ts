import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { migrations } from '../../../migrations/index.js';
import { Database } from '../../../src/platform/database/database.js';
import { migrate, missingMigrations } from '../../../src/platform/database/migrate.js';
import { withAdmin, withDatabase } from '../../support/database-server.js';

class Broken1999999999999 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE half_done (n integer)');
    await runner.query('SELECT 1 / 0');
  }
  down(): Promise<void> {
    return Promise.reject(new Error('migrations go forward'));
  }
}

describe('bringing the schema up to date', () => {
  const adminUrl = process.env.JARDAM_TEST_SERVER ?? '';
  let name: string;
  let url: string;

  beforeEach(async () => {
    name = `jardam_t_${randomBytes(6).toString('hex')}`;
    url = withDatabase(adminUrl, name);
    await withAdmin(adminUrl, (client) => client.query(`CREATE DATABASE ${name}`));
  });

  afterEach(() => withAdmin(adminUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)));

  it('is done once when several instances start at the same moment', async () => {
    const done = await Promise.all([1, 2, 3].map(() => migrate(url, migrations)));
    expect(done.flat().sort()).toEqual(migrations.map((migration) => migration.name).sort());
    expect(await migrate(url, migrations)).toEqual([]);
  });

  it('leaves nothing of a migration that fails, and keeps the ones before it', async () => {
    await expect(migrate(url, [...migrations, Broken1999999999999])).rejects.toThrow('division by zero');
    const database = await Database.open({ url, poolSize: 2 });
    const applied = await database.query<{ name: string }>('SELECT name FROM schema_migration');
    const half = await database.query(`SELECT 1 FROM pg_tables WHERE tablename = 'half_done'`);
    await database.close();
    expect(missingMigrations(applied.rows.map((row) => row.name), [...migrations, Broken1999999999999])).toEqual(['Broken1999999999999']);
    expect(half.rowCount).toBe(0);
  });

  it('runs them in the order in which they are listed', () => {
    const times = migrations.map((migration) => Number(/\d{13}$/.exec(migration.name)?.[0]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.every((time) => Number.isSafeInteger(time))).toBe(true);
  });
});

import { DataSource, type MigrationInterface } from 'typeorm';
import { connectorTo, type Connector } from './client.js';

/** Constructor of a migration; its class name ends with a 13-digit timestamp, which is the order of execution. */
export type MigrationClass = new () => MigrationInterface;

/** Where TypeORM keeps the names of what was run. */
export const MIGRATION_TABLE = 'schema_migration';

// Any number that nobody else uses on this database: "JDM1" in ASCII.
const MIGRATION_LOCK = 0x4a444d31;

/**
 * Brings the schema up to date as the owner of the database, and returns the names of what was run.
 *
 * All instances call this at start. The advisory lock lets one of them work while the others wait: TypeORM itself
 * lets concurrent runs race. The lock is held by a session of its own, because TypeORM uses several connections.
 */
export async function migrate(url: string, migrations: readonly MigrationClass[]): Promise<string[]> {
  const connector = connectorTo(url);
  const lock = connector.client({ application_name: 'jardam-migrate', connectionTimeoutMillis: 5_000 });
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const owner = migrationSource(connector, migrations);
    await owner.initialize();
    try {
      // One transaction each: a later migration that fails must not undo an earlier one that the operator was told of.
      const run = await owner.runMigrations({ transaction: 'each' });
      return run.map((migration) => migration.name);
    } finally {
      await owner.destroy();
    }
  } finally {
    await lock.end().catch(() => undefined); // also gives the lock back
  }
}

/** Names of the migrations that this program has and the database lacks. */
export function missingMigrations(applied: readonly string[], migrations: readonly MigrationClass[]): string[] {
  const known = new Set(applied);
  return migrations.map((migration) => migration.name).filter((name) => !known.has(name));
}

function migrationSource(connector: Connector, migrations: readonly MigrationClass[]): DataSource {
  return new DataSource({
    type: 'postgres',
    entities: [],
    migrations: [...migrations],
    migrationsTableName: MIGRATION_TABLE,
    logging: false,
    installExtensions: false,
    poolSize: 2,
    poolErrorHandler: () => undefined,
    extra: { ...connector.poolOptions, application_name: 'jardam-migrate', options: '-c TimeZone=UTC' },
  });
}

import { migrations } from '../../../migrations/index.js';
import { APPLICATION_ROLE } from '../../platform/database/connection.js';
import type { Database } from '../../platform/database/database.js';
import { MIGRATION_TABLE, missingMigrations } from '../../platform/database/migrate.js';
import { ok, problem, roughly, warning, type Finding } from './finding.js';

const oldestSupportedMajor = 15;
const clockToleranceMs = 2_000;
/** The engine writes its heartbeat at every tick, about once a second. */
const heartbeatToleranceMs = 30_000;

/** Version, role, migrations, clock and engine, as the database tells them. */
export async function checkDatabase(database: Database, now: () => Date): Promise<Finding[]> {
  return [await checkVersion(database), await checkRole(database), await checkMigrations(database), await checkClock(database, now)];
}

async function checkVersion(database: Database): Promise<Finding> {
  const { rows } = await database.query<{ number: number; name: string; durable: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name,
            current_setting('fsync') || '/' || current_setting('full_page_writes') AS durable`,
  );
  const { number = 0, name = '?', durable } = rows[0] ?? {};
  if (number < oldestSupportedMajor * 10_000) return problem('database', `PostgreSQL ${name} is too old: use ${oldestSupportedMajor} or newer`);
  if (durable !== 'on/on') return problem('database', `PostgreSQL ${name} runs without fsync or full_page_writes: a power cut would lose alerts`);
  return ok('database', `PostgreSQL ${name}`);
}

async function checkRole(database: Database): Promise<Finding> {
  const { rows } = await database.query<{ role: string; superuser: boolean; canErase: boolean }>(
    `SELECT current_user AS role, rolsuper AS superuser,
            coalesce(has_table_privilege(current_user, to_regclass('event'), 'DELETE'), false) AS "canErase"
     FROM pg_roles WHERE rolname = current_user`,
  );
  const { role = '?', superuser = false, canErase = false } = rows[0] ?? {};
  if (superuser) return problem('database role', `the service would work as the superuser ${role}: let it use ${APPLICATION_ROLE} (docs/operations/setup.md)`);
  if (canErase) return problem('database role', `${role} may delete evidence: let the service use ${APPLICATION_ROLE} (docs/operations/setup.md)`);
  return ok('database role', `${role}, which cannot change evidence or tables`);
}

async function checkMigrations(database: Database): Promise<Finding> {
  const { rows: found } = await database.query<{ there: boolean }>(`SELECT to_regclass('${MIGRATION_TABLE}') IS NOT NULL AS there`);
  if (found[0]?.there !== true) return problem('migrations', 'the database is empty: start the service once');
  const { rows } = await database.query<{ name: string }>(`SELECT name FROM ${MIGRATION_TABLE}`);
  const missing = missingMigrations(
    rows.map(({ name }) => name),
    migrations,
  );
  if (missing.length > 0) return problem('migrations', `missing: ${missing.join(', ')}; start the service once`);
  if (rows.length > migrations.length) return problem('migrations', 'the database was made by a newer program: use that one');
  return ok('migrations', `all ${migrations.length} done`);
}

async function checkClock(database: Database, now: () => Date): Promise<Finding> {
  const before = now().getTime();
  const { rows } = await database.query<{ at: Date }>('SELECT clock_timestamp() AS at');
  const after = now().getTime();
  const difference = Math.abs((rows[0]?.at.getTime() ?? 0) - (before + after) / 2);
  if (difference > clockToleranceMs) {
    return problem('clock', `this machine and the database differ by ${roughly(difference)}: set up time synchronisation on both`);
  }
  return ok('clock', 'this machine and the database agree');
}

/** Whether an engine ticks, and whether anything is overdue. */
export async function checkEngine(database: Database): Promise<Finding> {
  const { rows } = await database.query<{ age: number | null; overdue: number | null }>(
    `SELECT (extract(epoch FROM now() - max(at)) * 1000)::float8 AS age,
            (extract(epoch FROM now() - min(oldest_overdue) FILTER (WHERE at > now() - interval '1 minute')) * 1000)::float8 AS overdue
     FROM engine_heartbeat`,
  );
  const { age = null, overdue = null } = rows[0] ?? {};
  if (age === null) return problem('engine', 'it has never run: nothing is escalated until the service is started');
  if (age > heartbeatToleranceMs) return problem('engine', `it has not been heard of for ${roughly(age)}: nothing is escalated until the service runs again`);
  if (overdue !== null && overdue > heartbeatToleranceMs) return problem('engine', `an alert is overdue for ${roughly(overdue)}`);
  return overdue === null ? ok('engine', 'ticking, nothing overdue') : warning('engine', `ticking, an alert is due since ${roughly(overdue)}`);
}

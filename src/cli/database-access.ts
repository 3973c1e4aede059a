import { join } from 'node:path';
import { migrations } from '../../migrations/index.js';
import { ConfigError } from '../platform/config/config-error.js';
import { loadConfig } from '../platform/config/load-config.js';
import type { ServiceConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { attachEmbedded, startEmbedded } from '../platform/database/embedded/embedded-postgres.js';
import { migrate } from '../platform/database/migrate.js';
import { CliFailure, EXIT } from './failure.js';

/** The configuration, as the service reads it; everything wrong in it ends the command at once. */
export function readConfig(environment: NodeJS.ProcessEnv): ServiceConfig {
  try {
    return loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliFailure(error.message, EXIT.usage);
    throw error;
  }
}

/** A database that was found or started for one command. */
export interface FoundDatabase {
  readonly url: string;
  readonly kind: 'external' | 'running' | 'started';
  /** Ends it again, when it was started for this command. */
  release(): Promise<void>;
}

/** The service's database: the configured one, that of a running service, or the embedded one started for the moment. */
export async function findDatabase(config: ServiceConfig): Promise<FoundDatabase> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (config.database.url !== undefined) return { url: config.database.url, kind: 'external', release: nothing };
  const dataDir = join(config.instance.dataDir, 'postgres');
  const running = attachEmbedded({ dataDir });
  if (running !== null) return { url: running, kind: 'running', release: nothing };
  const started = await startEmbedded({ dataDir });
  return { url: started.connection, kind: 'started', release: () => started.stop() };
}

/**
 * Runs a command's work on the service's database, brought up to date first, so that a coalition can be prepared
 * before the service has ever run.
 *
 * @throws CliFailure with exit code 3 when the database does not answer
 */
export async function withDatabase<T>(config: ServiceConfig, work: (database: Database) => Promise<T>): Promise<T> {
  const found = await reach(() => findDatabase(config));
  try {
    await reach(() => migrate(found.url, migrations));
    const database = await reach(() => Database.open({ url: found.url, poolSize: 2, applicationName: 'jardam-cli' }));
    try {
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await found.release();
  }
}

async function reach<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const reason = unreachableReason(error);
    if (reason === null) throw error;
    throw new CliFailure(`the database does not answer (${reason}): is it running, and is DATABASE_URL right?`, EXIT.unreachable, { cause: error });
  }
}

/** Names only the kind of failure: the driver's own message may hold the address with its password. */
export function unreachableReason(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') {
    if (/^(ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOENT|EACCES)/.test(code)) return code;
    // Class 08 is connection, 28 is authentication, 57P is shutting down, 3D000 is no such database (PostgreSQL, appendix A).
    if (/^(08|28|57P|3D000|53300)/.test(code)) return `PostgreSQL ${code}`;
  }
  if (error instanceof AggregateError) return error.errors.map(unreachableReason).find((reason) => reason !== null) ?? null;
  return error instanceof Error && /timeout|Connection terminated/i.test(error.message) ? 'no answer in time' : null;
}

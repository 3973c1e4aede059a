import { Logger, runMigrations, runOnce, type Task } from 'graphile-worker';
import pg from 'pg';
import type { Ground } from './ground.js';

type Statements = readonly { name: string; text: string; values: Buffer[] }[];

const task = 'escalate';
/** Jobs under way at once, each on a connection: on two cores 4, 10 and 20 were the same within the noise. */
const concurrency = 10;
const schema = 'graphile_worker';
const silent = new Logger(() => () => undefined);

/**
 * The same pick-up by graphile-worker: a job for each alert, whose task writes what the tick would write for that
 * alert and adds the job of the next tier, in one transaction. What the task writes is known beforehand, as with the
 * other drivers: nobody reads or decides.
 */
export class JobQueue {
  private constructor(
    private readonly pool: pg.Pool,
    private readonly alerts: readonly Statements[],
  ) {}

  static async on(ground: Ground, alerts: readonly Statements[]): Promise<JobQueue> {
    const pool = new pg.Pool({ connectionString: ground.databaseUrl, max: concurrency + 2 });
    pool.on('error', () => undefined);
    await runMigrations({ pgPool: pool, logger: silent });
    return new JobQueue(pool, alerts);
  }

  /** A job for each alert, due now; what was there before is forgotten. */
  async fill(): Promise<void> {
    await this.pool.query(`TRUNCATE ${schema}._private_jobs`);
    await this.pool.query(
      `SELECT ${schema}.add_job($1, json_build_object('at', i)) FROM generate_series(0, $2::int - 1) i`,
      [task, this.alerts.length],
    );
    await this.pool.query(`ANALYZE ${schema}._private_jobs`);
  }

  /** Works until no job is due. @returns how many were done */
  async drain(): Promise<number> {
    let done = 0;
    const escalate: Task = async (payload, helpers) => {
      const { at } = payload as { at: number };
      await helpers.withPgClient(async (client) => {
        await client.query('BEGIN');
        for (const statement of this.alerts[at] ?? []) await client.query(statement);
        await client.query({
          name: 'next-tier',
          text: `SELECT ${schema}.add_job($1, $2::json, run_at := now() + interval '1 minute')`,
          values: [task, JSON.stringify({ at })],
        });
        await client.query('COMMIT');
      });
      done++;
    };
    await runOnce({ pgPool: this.pool, concurrency, noHandleSignals: true, taskList: { [task]: escalate }, logger: silent });
    return done;
  }

  async stop(): Promise<void> {
    await this.pool.query(`DROP SCHEMA ${schema} CASCADE`);
    await this.pool.end();
  }
}

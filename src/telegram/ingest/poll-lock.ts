import type { Database } from '../../platform/database/database.js';

/** First key of the advisory lock, so that it meets no other lock of this program: "TGPL". */
const LOCK_CLASS = 0x5447_504c;

/**
 * The right to ask Telegram for updates: one session lock in PostgreSQL. It ends with its connection, so a process that
 * is killed gives it back at once, and one whose machine or network has gone within three seconds of silence.
 */
export class PollLock {
  private constructor(private readonly runner: ReturnType<Database['dataSource']['createQueryRunner']>) {}

  /** The lock, or null while somebody else has it. @throws when the database is away */
  static async take(database: Database, coalitionId: number): Promise<PollLock | null> {
    const runner = database.dataSource.createQueryRunner();
    try {
      await runner.connect();
      await runner.query(`SET tcp_keepalives_idle = 1`);
      await runner.query(`SET tcp_keepalives_interval = 1`);
      await runner.query(`SET tcp_keepalives_count = 2`);
      const rows = (await runner.query('SELECT pg_try_advisory_lock($1, $2) AS got', [LOCK_CLASS, coalitionId])) as { got: boolean }[];
      if (rows[0]?.got === true) return new PollLock(runner);
    } catch (error) {
      await runner.release().catch(() => undefined);
      throw error;
    }
    await runner.release();
    return null;
  }

  /** Whether the connection still stands, and with it the lock. */
  async holds(): Promise<boolean> {
    return this.runner.query('SELECT 1').then(
      () => true,
      () => false,
    );
  }

  /** Gives the lock back. Safe when the connection has gone. */
  async release(coalitionId: number): Promise<void> {
    await this.runner.query('SELECT pg_advisory_unlock($1, $2)', [LOCK_CLASS, coalitionId]).catch(() => undefined);
    await this.runner.release().catch(() => undefined);
  }
}

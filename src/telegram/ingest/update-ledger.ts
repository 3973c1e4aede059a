import type { Database, Tx } from '../../platform/database/database.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { ChatSecrets } from '../secrets.js';

/** After so many failures an update is put aside, so that those behind it are heard. */
const maxTries = 3;
/** Telegram repeats nothing that is older than 24 hours. */
const keptDays = 3;

/** Which updates have taken effect. A number in here is what makes a repeated update harmless. */
export class UpdateLedger {
  constructor(
    private readonly secrets: ChatSecrets,
    private readonly botId: number,
  ) {}

  /**
   * Writes down that these updates take effect in this transaction.
   *
   * @returns those that had not before; the others must have no effect. An update that another process is just handling
   *          is waited for.
   */
  async begin(tx: Tx, updateIds: readonly number[]): Promise<ReadonlySet<number>> {
    // In one order, so that two processes with the same batch wait for each other in one direction.
    const sorted = [...updateIds].sort((a, b) => a - b);
    const { rows } = await tx.query<{ update_id: number }>({
      name: 'telegram-begin',
      text: `INSERT INTO telegram_update (coalition_id, bot_id, update_id, state)
             SELECT $1, $2, update_id, 'done' FROM unnest($3::bigint[]) AS u (update_id)
             ON CONFLICT (coalition_id, bot_id, update_id) DO UPDATE SET state = 'done'
               WHERE telegram_update.state = 'failing'
             RETURNING update_id`,
      values: [DEFAULT_COALITION, this.botId, sorted],
    });
    return new Set(rows.map(({ update_id }) => update_id));
  }

  /** Counts a failure. True when it was the last: the update is kept, sealed, and counts as handled from now on. */
  async failed(database: Database, updateId: number, update: unknown): Promise<boolean> {
    const key = [DEFAULT_COALITION, this.botId, updateId];
    const { rows } = await database.query<{ tries: number }>(
      `INSERT INTO telegram_update AS u (coalition_id, bot_id, update_id, state, tries) VALUES ($1, $2, $3, 'failing', 1)
       ON CONFLICT (coalition_id, bot_id, update_id) DO UPDATE SET tries = u.tries + 1 WHERE u.state = 'failing'
       RETURNING tries`,
      key,
    );
    if ((rows[0]?.tries ?? 0) < maxTries) return false;
    await database.query(
      `UPDATE telegram_update SET state = 'quarantined', update_sealed = $4 WHERE coalition_id = $1 AND bot_id = $2 AND update_id = $3`,
      [...key, this.secrets.sealJson('update', contextOf(updateId), update)],
    );
    return true;
  }

  /** How many updates lie aside, for the operator. */
  async quarantined(database: Database): Promise<number> {
    const { rows } = await database.query<{ n: number }>(
      `SELECT count(*) AS n FROM telegram_update WHERE coalition_id = $1 AND state = 'quarantined'`,
      [DEFAULT_COALITION],
    );
    return rows[0]?.n ?? 0;
  }

  /** Forgets what Telegram has forgotten; what was put aside is kept ten times as long. */
  async purge(database: Database): Promise<void> {
    await database.query(
      `DELETE FROM telegram_update WHERE coalition_id = $1
         AND at < now() - CASE WHEN state = 'quarantined' THEN 10 ELSE 1 END * $2 * interval '1 day'`,
      [DEFAULT_COALITION, keptDays],
    );
  }
}

function contextOf(updateId: number): Uint8Array {
  return Buffer.from(String(updateId));
}

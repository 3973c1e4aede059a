import { Injectable } from '@nestjs/common';
import type { Database, Tx } from '../platform/database/database.js';

/** A check-in whose question did not reach its owner. Who that is, nobody here knows. */
export interface UndeliveredCheckIn {
  /** 12 bytes. */
  readonly locator: Uint8Array;
  /** When the owner was to be asked. */
  readonly deadlineAt: Date;
  readonly repeat: 'none' | 'daily';
}

/**
 * Check-ins about which a person has to decide (docs/armed.md). Behind both doors: the desk decides, and the clock of
 * armed packets, which has the keys, carries it out.
 */
@Injectable()
export class UndeliveredCheckIns {
  /** Those that wait for a decision, the oldest first. */
  async list(reader: Pick<Tx | Database, 'query'>, coalitionId: number): Promise<UndeliveredCheckIn[]> {
    const { rows } = await reader.query<UndeliveredCheckIn & Record<string, unknown>>({
      name: 'undelivered-check-ins',
      text: `SELECT locator, deadline_at AS "deadlineAt", repeat FROM check_in
             WHERE coalition_id = $1 AND stage = 'undelivered' AND decision IS NULL ORDER BY deadline_at LIMIT 200`,
      values: [coalitionId],
    });
    return rows;
  }

  /**
   * Records a person's decision: 'send' makes an alert of it within a second; 'wait' has the question put again now.
   * Of two decisions the first to send counts. Refused when the question arrived, or was answered, meanwhile.
   */
  async decide(tx: Tx, coalitionId: number, locator: Uint8Array, decision: 'send' | 'wait', rid: Uint8Array): Promise<'decided' | { readonly refused: 'not-undelivered' }> {
    // The packet first, as everybody does who works on a check-in: two orders of locks would be a deadlock.
    await tx.query('SELECT FROM armed_packet WHERE coalition_id = $1 AND locator = $2 FOR UPDATE', [coalitionId, Buffer.from(locator)]);
    const { rowCount } = await tx.query(
      `UPDATE check_in SET decision = CASE WHEN $3 = 'send' THEN 'send' END, decided_by = $4
       WHERE coalition_id = $1 AND locator = $2 AND stage = 'undelivered' AND decision IS NULL`,
      [coalitionId, Buffer.from(locator), decision, Buffer.from(rid)],
    );
    if (rowCount !== 1) return { refused: 'not-undelivered' };
    await tx.query('UPDATE armed_packet SET due_at = now() WHERE coalition_id = $1 AND locator = $2', [coalitionId, Buffer.from(locator)]);
    return 'decided';
  }
}

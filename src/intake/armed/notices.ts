import type { Tx } from '../../platform/database/database.js';
import type { PacketKey } from './packet-rows.js';

/**
 * What the bot has to tell the owner of a packet.
 * - fired: it became an alert; `alertId` is what the status message follows.
 * - not_sent: it could not be made an alert; the owner must hear at once that nobody was told.
 * - reminder, ask, silent_prompt: a check-in; report whether it reached the chat (CheckIns.reached) with its `round`.
 * - arm_again: people or keys changed since, or the packet is old; a neutral request to arm anew.
 */
export type NoticeKind = 'fired' | 'not_sent' | 'reminder' | 'ask' | 'silent_prompt' | 'arm_again';

export interface Notice {
  readonly noticeId: string;
  readonly coalitionId: number;
  readonly owner: Uint8Array;
  readonly locator: Uint8Array;
  readonly what: NoticeKind;
  /** Of a check-in: goes back with the report and with the answer. 0 otherwise. */
  readonly round: number;
  readonly alertId: Uint8Array | null;
  /** When the owner is expected to answer (reminder, ask, silent_prompt). */
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
}

/** Writes a notice in the transaction that decided it. */
export async function addNotice(
  tx: Tx,
  key: PacketKey,
  notice: { readonly what: NoticeKind; readonly round?: number; readonly alertId?: Uint8Array; readonly deadlineAtMs?: number },
): Promise<void> {
  await tx.query({
    name: 'armed-notice-add',
    text: `INSERT INTO armed_notice (coalition_id, owner, locator, what, round, alert_id, deadline_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    values: [
      key.coalitionId,
      Buffer.from(key.owner),
      Buffer.from(key.locator),
      notice.what,
      notice.round ?? 0,
      notice.alertId === undefined ? null : Buffer.from(notice.alertId),
      notice.deadlineAtMs === undefined ? null : new Date(notice.deadlineAtMs),
    ],
  });
}

/**
 * Takes the oldest notices out, for the caller to put them into its own outbox within the same transaction: when that
 * rolls back, they are there again. Several instances may take at once.
 */
export async function takeNotices(tx: Tx, limit: number): Promise<Notice[]> {
  const { rows } = await tx.query<Notice & Record<string, unknown>>({
    name: 'armed-notice-take',
    text: `WITH taken AS (
             DELETE FROM armed_notice WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM armed_notice ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))
             RETURNING *)
           SELECT notice_id AS "noticeId", coalition_id AS "coalitionId", owner, locator, what, round,
                  alert_id AS "alertId", deadline_at AS "deadlineAt", created_at AS "createdAt"
           FROM taken ORDER BY created_at`,
    values: [limit],
  });
  return rows;
}

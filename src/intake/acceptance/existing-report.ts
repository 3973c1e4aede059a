import { equalBytes } from '@jardam/protocol';
import type { Database } from '../../platform/database/database.js';

/** What is already there under an alert id. */
export type ExistingReport =
  /** Exactly this report: a client that lost our answer sends the same bytes again. */
  | { readonly known: 'same'; readonly receivedAt: Date }
  /** The same sender signed another first message. */
  | { readonly known: 'other-message' }
  /** Somebody else's alert. */
  | { readonly known: 'other-sender' }
  | { readonly known: 'nothing' };

/** Compares a report with what is stored under its alert id. */
export async function findExistingReport(
  database: Pick<Database, 'query'>,
  coalitionId: number,
  report: { readonly alertId: Uint8Array; readonly senderPk: Uint8Array; readonly envelopeHash: Uint8Array },
): Promise<ExistingReport> {
  const { rows } = await database.query<{ sender_pk: Buffer; envelope_hash: Buffer; received_at: Date }>({
    name: 'intake-existing',
    text: `SELECT a.sender_pk, e.envelope_hash, a.received_at
           FROM alert a JOIN envelope e USING (coalition_id, alert_id, sender_pk)
           WHERE a.coalition_id = $1 AND a.alert_id = $2 AND e.seq = 0`,
    values: [coalitionId, Buffer.from(report.alertId)],
  });
  const row = rows[0];
  if (row === undefined) return { known: 'nothing' };
  if (!equalBytes(row.sender_pk, report.senderPk)) return { known: 'other-sender' };
  return equalBytes(row.envelope_hash, report.envelopeHash) ? { known: 'same', receivedAt: row.received_at } : { known: 'other-message' };
}

import type { Purpose } from '../domain/alert.js';
import type { Severity } from '../domain/severity.js';
import type { Database } from '../platform/database/database.js';
import type { ContactLanguage } from '../roster/contact-book.js';

/** A message that this process may now try to send, under a lease; the attempt is already on record. */
export interface ClaimedDelivery {
  readonly coalitionId: number;
  readonly deliveryId: string;
  readonly alertId: Buffer;
  readonly contactId: string;
  readonly channel: string;
  readonly purpose: Purpose;
  readonly severity: Severity;
  /** The fencing token: whoever comes with an older one changes nothing. */
  readonly attempt: number;
  readonly addressSealed: Buffer;
  readonly pgpKey: string | null;
  readonly lang: ContactLanguage;
  /** The contact is still verified and enabled, and its person still an active responder. */
  readonly usable: boolean;
}

/**
 * Takes messages that are ready, the most urgent first, in one statement that commits before anything is sent: state,
 * lease, the fencing attempt and the row in delivery_attempt. A crash at any later moment leaves a row that says that
 * something may have been sent.
 *
 * SKIP LOCKED: several instances take different messages. And an acknowledgement that withdraws messages at the same
 * moment either finds them still pending, or waits for this statement and finds them on their way; there is no state
 * in between. What lost: taking with a plain UPDATE … LIMIT in a subselect without SKIP LOCKED (instances queue behind
 * each other), and two statements in a transaction (three more round trips before the first byte leaves).
 *
 * @param channels without: take from every other channel; only: take from this one
 */
export async function claimDeliveries(
  database: Pick<Database, 'query'>,
  limit: number,
  leaseMs: number,
  channels: { readonly without: readonly string[] } | { readonly only: string },
): Promise<ClaimedDelivery[]> {
  const only = 'only' in channels;
  const { rows } = await database.query<ClaimedDelivery & Record<string, unknown>>({
    name: only ? 'outbox-claim-probe' : 'outbox-claim',
    text: `WITH ready AS MATERIALIZED (
             SELECT coalition_id, delivery_id FROM delivery
             WHERE state IN ('pending', 'failed') AND next_at <= now() AND ${only ? 'channel = $3' : 'channel <> ALL ($3::text[])'}
             ORDER BY severity, next_at LIMIT $1 FOR UPDATE SKIP LOCKED
           ), claimed AS (
             UPDATE delivery d SET state = 'sending', attempt = d.attempt + 1, lease_until = now() + make_interval(secs => $2)
             FROM ready r WHERE d.coalition_id = r.coalition_id AND d.delivery_id = r.delivery_id
             RETURNING d.*
           ), attempts AS (
             INSERT INTO delivery_attempt (coalition_id, delivery_id, attempt) SELECT coalition_id, delivery_id, attempt FROM claimed
           )
           SELECT d.coalition_id AS "coalitionId", d.delivery_id AS "deliveryId", d.alert_id AS "alertId", d.contact_id AS "contactId", d.channel,
                  d.purpose, d.severity, d.attempt, c.address_sealed AS "addressSealed", c.pgp_key AS "pgpKey", c.lang,
                  c.verified_at IS NOT NULL AND c.disabled_at IS NULL AND (c.rid IS NULL OR coalesce(r.status = 'active', false)) AS usable
           FROM claimed d
           JOIN contact c USING (coalition_id, contact_id)
           LEFT JOIN responder r ON r.coalition_id = c.coalition_id AND r.rid = c.rid
           ORDER BY d.severity, d.next_at`,
    values: [limit, leaseMs / 1000, only ? channels.only : [...channels.without]],
  });
  return rows;
}

/** Deliveries whose sender has not been heard of for a whole lease: it died, or is stopped. */
export async function findAbandoned(
  database: Pick<Database, 'query'>,
  limit: number,
): Promise<Pick<ClaimedDelivery, 'coalitionId' | 'deliveryId' | 'alertId' | 'attempt'>[]> {
  const { rows } = await database.query<ClaimedDelivery & Record<string, unknown>>({
    name: 'outbox-abandoned',
    text: `SELECT coalition_id AS "coalitionId", delivery_id AS "deliveryId", alert_id AS "alertId", attempt FROM delivery
           WHERE state = 'sending' AND lease_until < now() ORDER BY severity, lease_until LIMIT $1`,
    values: [limit],
  });
  return rows;
}

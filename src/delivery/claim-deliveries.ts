import type { Purpose } from '../domain/alert.js';
import type { Severity } from '../domain/severity.js';
import type { Database } from '../platform/database/database.js';
import type { ContactLanguage } from '../roster/contact-book.js';
import { CONTACT_KEY_PREFIX } from './rate-limits.js';

/** A message that this process may now try to send, under a lease; the attempt is already on record. */
export interface ClaimedDelivery {
  readonly coalitionId: number;
  readonly deliveryId: string;
  readonly alertId: Buffer;
  readonly contactId: string;
  readonly channel: string;
  /** Whose breaker and rate limit this message stands behind. */
  readonly provider: string;
  readonly purpose: Purpose;
  readonly severity: Severity;
  /** The fencing token: whoever comes with an older one changes nothing. */
  readonly attempt: number;
  /** The answer to the attempt before was lost: this one may be a second copy. */
  readonly repeatsAmbiguous: boolean;
  /** Null when the contact was taken away meanwhile. */
  readonly addressSealed: Buffer | null;
  readonly pgpKey: string | null;
  readonly lang: ContactLanguage;
  /** The contact is still verified and enabled, and its person still an active responder. */
  readonly usable: boolean;
}

/** What one claim takes. */
export interface ClaimScope {
  /** Messages looked at in one statement. */
  readonly limit: number;
  readonly leaseMs: number;
  /** without: take from every other provider; only: take from this one. */
  readonly providers: { readonly without: readonly string[] } | { readonly only: string };
  /** Contacts that have enough on its way already. */
  readonly withoutContacts: readonly string[];
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
 * Whoever waits for a provider's "not before" is passed over here and not by a later next_at of each message: one row
 * then holds for messages that are queued afterwards too.
 */
export async function claimDeliveries(database: Pick<Database, 'query'>, scope: ClaimScope): Promise<ClaimedDelivery[]> {
  const { limit, leaseMs, providers, withoutContacts } = scope;
  const only = 'only' in providers;
  const { rows } = await database.query<ClaimedDelivery & Record<string, unknown>>({
    name: only ? 'outbox-claim-probe' : 'outbox-claim',
    text: `WITH ready AS MATERIALIZED (
             SELECT d.coalition_id, d.delivery_id
             FROM delivery d LEFT JOIN contact c ON c.coalition_id = d.coalition_id AND c.contact_id = d.contact_id
             WHERE d.state IN ('pending', 'failed') AND d.next_at <= now()
               AND coalesce(c.provider, d.channel) ${only ? '= $3' : '<> ALL ($3::text[])'} AND d.contact_id <> ALL ($4::uuid[])
               AND NOT EXISTS (SELECT FROM channel_health h WHERE h.coalition_id = d.coalition_id AND h.blocked_until > now()
                                 AND h.key IN (coalesce(c.provider, d.channel), '${CONTACT_KEY_PREFIX}' || d.contact_id))
             ORDER BY d.severity, d.next_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED
           ), claimed AS (
             UPDATE delivery d SET state = 'sending', attempt = d.attempt + 1, lease_until = now() + make_interval(secs => $2)
             FROM ready r WHERE d.coalition_id = r.coalition_id AND d.delivery_id = r.delivery_id
             RETURNING d.*
           ), attempts AS (
             INSERT INTO delivery_attempt (coalition_id, delivery_id, attempt) SELECT coalition_id, delivery_id, attempt FROM claimed
           )
           SELECT d.coalition_id AS "coalitionId", d.delivery_id AS "deliveryId", d.alert_id AS "alertId", d.contact_id AS "contactId", d.channel,
                  coalesce(c.provider, d.channel) AS provider, d.purpose, d.severity, d.attempt,
                  EXISTS (SELECT FROM delivery_attempt p WHERE p.coalition_id = d.coalition_id AND p.delivery_id = d.delivery_id
                            AND p.attempt = d.attempt - 1 AND p.outcome = 'ambiguous') AS "repeatsAmbiguous",
                  c.address_sealed AS "addressSealed", c.pgp_key AS "pgpKey", c.lang,
                  c.verified_at IS NOT NULL AND c.disabled_at IS NULL AND (c.rid IS NULL OR coalesce(r.status = 'active', false)) AS usable
           FROM claimed d
           LEFT JOIN contact c ON c.coalition_id = d.coalition_id AND c.contact_id = d.contact_id
           LEFT JOIN responder r ON r.coalition_id = c.coalition_id AND r.rid = c.rid
           ORDER BY d.severity, d.next_at`,
    values: [limit, leaseMs / 1000, only ? providers.only : [...providers.without], [...withoutContacts]],
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

import { maxRateLimitMs } from '../domain/delivery-outcome.js';
import type { Database } from '../platform/database/database.js';

/** Keys of channel_health that are about one contact and not about a provider. */
export const CONTACT_KEY_PREFIX = 'contact:';

/** Nobody waits for a provider for longer than this, whatever it says: a wrong header must not switch a channel off. */
const longestBlockMs = 24 * 3_600_000;

/**
 * Takes note that a provider said "not before". The answer does not tell whether it meant this recipient or us as a
 * whole: so it holds for the recipient, and for the whole provider as soon as a second recipient gets the same answer
 * meanwhile. That costs one more refused request; the other way round, one person's limit would silence everybody.
 */
export async function rememberRateLimit(database: Pick<Database, 'query'>, { coalitionId, provider, contactId }: { coalitionId: number; provider: string; contactId: string }, retryAfterMs: number): Promise<void> {
  await database.query({
    name: 'outbox-rate-limit',
    text: `WITH gone AS (
             DELETE FROM channel_health WHERE coalition_id = $1 AND key LIKE '${CONTACT_KEY_PREFIX}%' AND key <> $2 AND blocked_until < now()
           ), other AS (
             SELECT FROM channel_health h JOIN contact c ON c.coalition_id = h.coalition_id AND h.key = '${CONTACT_KEY_PREFIX}' || c.contact_id
             WHERE h.coalition_id = $1 AND h.key <> $2 AND h.blocked_until > now() AND coalesce(c.provider, c.channel) = $3 LIMIT 1
           )
           INSERT INTO channel_health (coalition_id, key, blocked_until)
           SELECT $1, key, now() + make_interval(secs => $4)
           FROM (SELECT $2 AS key UNION ALL SELECT $3 FROM other) keys
           ON CONFLICT (coalition_id, key) DO UPDATE SET blocked_until = greatest(channel_health.blocked_until, excluded.blocked_until)`,
    values: [coalitionId, `${CONTACT_KEY_PREFIX}${contactId}`, provider, Math.min(retryAfterMs, longestBlockMs) / 1000],
  });
}

/** A message that waits behind a rate limit or an open breaker and should not. */
export interface HeldUp {
  readonly coalitionId: number;
  readonly deliveryId: string;
  readonly alertId: Buffer;
  readonly attempt: number;
  /** How long the provider still wants to be left alone; null when it is only a breaker that is open. */
  readonly waitMs: number | null;
}

/**
 * Messages that wait for a provider though they have another way, or no time: those whose tier is over before the
 * provider may be asked again, and critical ones whose person has another contact.
 */
export async function findHeldUp(database: Pick<Database, 'query'>, openProviders: readonly string[], limit: number): Promise<HeldUp[]> {
  const { rows } = await database.query<HeldUp & Record<string, unknown>>({
    name: 'outbox-held-up',
    text: `SELECT d.coalition_id AS "coalitionId", d.delivery_id AS "deliveryId", d.alert_id AS "alertId", d.attempt,
                  extract(epoch FROM h.until - now())::float8 * 1000 AS "waitMs"
           FROM delivery d
           JOIN contact c ON c.coalition_id = d.coalition_id AND c.contact_id = d.contact_id
           CROSS JOIN LATERAL (
             SELECT max(blocked_until) AS until FROM channel_health
             WHERE coalition_id = d.coalition_id AND blocked_until > now()
               AND key IN (coalesce(c.provider, c.channel), '${CONTACT_KEY_PREFIX}' || c.contact_id)
           ) h
           WHERE d.state IN ('pending', 'failed') AND d.next_at <= now()
             AND (h.until > coalesce(d.tier_deadline, now() + make_interval(secs => $2))
                  OR d.severity = 1 AND (h.until IS NOT NULL OR coalesce(c.provider, c.channel) = ANY ($1::text[]))
                     AND EXISTS (SELECT FROM contact o WHERE o.coalition_id = c.coalition_id AND o.rid = c.rid AND o.contact_id <> c.contact_id
                                   AND o.verified_at IS NOT NULL AND o.disabled_at IS NULL
                                   AND NOT EXISTS (SELECT FROM delivery u WHERE u.coalition_id = d.coalition_id AND u.alert_id = d.alert_id AND u.gen = d.gen
                                                     AND u.purpose = d.purpose AND u.nth = d.nth AND u.contact_id = o.contact_id)))
           ORDER BY d.severity, d.next_at LIMIT $3`,
    values: [[...openProviders], maxRateLimitMs / 1000, limit],
  });
  return rows;
}

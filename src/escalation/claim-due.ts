import type { Tx } from '../platform/database/database.js';
import { LOCKED_COLUMNS, type LockedRow } from './lock-alert.js';

/** Claims look no further back than this, except in a sweep. */
export const lookBackMs = 60_000;

/**
 * Locks the timers that are due, critical ones first, and returns them with what decides about them.
 *
 * - Every instance asks; SKIP LOCKED gives each timer to one of them. The lock lasts until the decision is committed:
 *   an instance that dies gives everything back at once, there is no lease to wait for.
 * - Two partial indexes, one for S1, because one index over all severities would put a critical alert behind whatever
 *   else came due before it after downtime.
 * - The lower bound: when an old transaction somewhere holds back vacuum, every timer that ever rang is still in the
 *   index as a dead entry, and a claim without a lower bound walks over all of them (50 to 87 ms instead of 0.15 ms).
 *   What it could miss, a timer that somebody kept locked for longer than that, is found by the sweep, which has none.
 * - The locked rows themselves go on to the join: locking returns each row as it is now, not as the statement's snapshot
 *   saw it. Looking the timers up once more by key was a fifth of the statement's time.
 * - OFFSET 0 keeps the planner from joining by hash. It cannot know how many rows a LIMIT of a parameter lets through,
 *   and read the whole table of alerts for every batch: 30 instead of 7 ms at 100,000 alerts, and more with each further one.
 * - What lost: one statement that also advances the tier in SQL (the rules of tiers, quorum and catch-up are not
 *   testable there), and UPDATE … RETURNING with a lease (two index updates for each tier instead of one, and a dead
 *   instance's timers wait for the lease).
 */
export async function claimDue(tx: Tx, limit: number, sweep: boolean): Promise<LockedRow[]> {
  const { rows } = await tx.query<LockedRow>({
    name: sweep ? 'escalation-claim-sweep' : 'escalation-claim',
    text: `WITH critical AS MATERIALIZED (
             SELECT * FROM alert_timer
             WHERE severity = 1 AND due_at <= now() ${sweep ? '' : LOWER_BOUND}
             ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
           ), rest AS MATERIALIZED (
             SELECT * FROM alert_timer
             WHERE severity > 1 AND due_at <= now() ${sweep ? '' : LOWER_BOUND}
             ORDER BY due_at LIMIT $1 - (SELECT count(*) FROM critical) FOR UPDATE SKIP LOCKED
           )
           SELECT ${LOCKED_COLUMNS}
           FROM (SELECT * FROM critical UNION ALL SELECT * FROM rest) t
           CROSS JOIN LATERAL (
             SELECT tag, tiers, excluded_orgs FROM alert
             WHERE coalition_id = t.coalition_id AND alert_id = t.alert_id OFFSET 0
           ) a`,
    values: [limit],
  });
  return rows;
}

const LOWER_BOUND = `AND due_at > now() - interval '${lookBackMs} milliseconds'`;

/** The database's time and the earliest timer, without locking anything: what an idle tick costs. */
export const PEEK = {
  name: 'escalation-peek',
  text: `SELECT clock_timestamp() AS now,
           (SELECT due_at FROM alert_timer WHERE severity = 1 AND due_at IS NOT NULL ${LOWER_BOUND} ORDER BY due_at LIMIT 1) AS critical,
           (SELECT due_at FROM alert_timer WHERE severity > 1 AND due_at IS NOT NULL ${LOWER_BOUND} ORDER BY due_at LIMIT 1) AS rest`,
} as const;

import type { Reachable, TierOutcome } from '../domain/alert.js';
import type { Leap, TickContext } from '../domain/decide.js';
import { WATCH_POLICY_ID } from '../domain/policy.js';
import { byteaArray, int2Array, int4Array } from '../platform/database/binary-arrays.js';
import type { Tx } from '../platform/database/database.js';
import type { LockedAlert } from './lock-alert.js';
import { contactsOf, readReachable } from './reachable-contacts.js';

interface FactsRow extends Record<string, unknown> {
  at: number;
  outcome: TierOutcome | null;
  entered_at: Date | null;
  late_ms: number | null;
  queued: number;
  accepted: number;
  acknowledged: string[];
}

/**
 * What the decisions of one batch need, for all its alerts at once. Asked in a statement of its own after the locks
 * are held: joined to the claim it would see deliveries as they were before the lock, and a tier whose message was
 * accepted a moment ago could be called not reached.
 */
export async function readTickContexts(tx: Tx, alerts: readonly LockedAlert[], leap: Leap | null): Promise<TickContext[]> {
  const { rows } = await tx.query<FactsRow>({
    name: 'escalation-tick-context',
    text: `SELECT n.at::int AS at, e.outcome, e.entered_at, e.late_ms, m.queued, m.accepted,
                  ARRAY(SELECT encode(k.rid, 'hex') FROM ack k
                        WHERE k.coalition_id = n.coalition_id AND k.alert_id = n.alert_id AND k.decision = 'ack' AND k.gen >= n.round_gen) AS acknowledged
           FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::int[]) WITH ORDINALITY
             AS n (coalition_id, alert_id, gen, tier, round_gen, at)
           LEFT JOIN tier_entry e ON e.coalition_id = n.coalition_id AND e.alert_id = n.alert_id AND e.gen = n.gen AND e.tier = n.tier
           CROSS JOIN LATERAL (
             SELECT count(*) AS queued, count(*) FILTER (WHERE state IN ('sent', 'delivered')) AS accepted FROM delivery d
             WHERE d.coalition_id = n.coalition_id AND d.alert_id = n.alert_id AND d.gen = n.gen AND d.purpose IN ('notify', 'task')
           ) m`,
    values: [
      int4Array(alerts, ({ coalitionId }) => coalitionId),
      byteaArray(alerts, ({ alertId }) => alertId),
      int4Array(alerts, ({ timer }) => timer.gen),
      int2Array(alerts, ({ timer }) => timer.tier),
      int4Array(alerts, ({ timer }) => timer.roundGen),
    ],
  });
  const facts = new Map(rows.map((row) => [row.at - 1, row]));
  const reachable = await reachableOf(tx, alerts);
  return alerts.map((alert, at) => {
    const fact = facts.get(at);
    const people = reachable.get(alert.coalitionId);
    if (!fact || !people) throw new Error('the facts of a claimed alert are missing');
    return {
      // A test that failed is told by metrics and the switch outside; the duty desk sleeps on.
      reachable: alert.ladder.policy.id === WATCH_POLICY_ID ? { ...people, dutyDesk: [] } : people,
      excludedOrgs: alert.excludedOrgs,
      acknowledged: new Set(fact.acknowledged),
      entry: fact.outcome === null || fact.entered_at === null ? null : { outcome: fact.outcome, enteredAt: fact.entered_at.getTime(), lateMs: fact.late_ms ?? 0 },
      messages: { queued: fact.queued, accepted: fact.accepted },
      leap,
      ownerContacts: alert.timer.owner === null ? [] : contactsOf(people, alert.timer.owner),
    };
  });
}

async function reachableOf(tx: Tx, alerts: readonly LockedAlert[]): Promise<Map<number, Reachable>> {
  const byCoalition = new Map<number, Reachable>();
  for (const coalitionId of new Set(alerts.map((alert) => alert.coalitionId))) byCoalition.set(coalitionId, await readReachable(tx, coalitionId));
  return byCoalition;
}

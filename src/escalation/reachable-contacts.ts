import type { Contact, Reachable } from '../domain/alert.js';
import type { Database, Tx } from '../platform/database/database.js';
import { dutiesOf } from './duties.js';

type ContactRow = { now: Date; revision: string | null; tier: number | null; contact_id: string | null; rid: string | null; org: string | null; channel: string | null; priority: number };

/**
 * Who can be reached at this moment, in one statement: active responders whose key is valid now, each with the
 * contacts that were verified and have not been disabled; who of them has duty now; and the duty desk and the operator.
 *
 * Read anew for every batch of the tick, not from the cache: a few dozen rows cost a fraction of a millisecond, and a
 * person revoked a second ago must not be told.
 */
export async function readReachable(reader: Pick<Tx, 'query'> | Pick<Database, 'query'>, coalitionId: number): Promise<Reachable> {
  const { rows } = await reader.query<ContactRow>({
    name: 'escalation-reachable',
    text: `SELECT found.*, clock.now, clock.revision FROM (
           SELECT m.tier, c.contact_id, encode(c.rid, 'hex') AS rid, m.org, c.channel, c.priority
           FROM tier_member m
           JOIN responder r USING (coalition_id, rid)
           JOIN contact c USING (coalition_id, rid)
           WHERE coalition_id = $1 AND r.status = 'active' AND now() >= r.not_before AND now() < r.not_after
             AND c.purpose = 'responder' AND c.verified_at IS NOT NULL AND c.disabled_at IS NULL
           UNION ALL
           SELECT NULL, c.contact_id, NULL, NULL, c.channel, c.priority
           FROM contact c
           WHERE coalition_id = $1 AND c.purpose IN ('duty_desk', 'operator') AND c.verified_at IS NOT NULL AND c.disabled_at IS NULL
           ) found
           RIGHT JOIN (SELECT now() AS now, (SELECT revision FROM rota WHERE coalition_id = $1) AS revision) clock ON true
           ORDER BY tier, priority, contact_id`,
    values: [coalitionId],
  });
  const byTier = new Map<number, Contact[]>();
  const dutyDesk: Contact[] = [];
  for (const row of rows) {
    if (row.contact_id === null || row.channel === null) continue; // nobody at all, only the clock
    const contact = { contactId: row.contact_id, rid: row.rid, org: row.org, channel: row.channel, priority: row.priority };
    if (row.tier === null) dutyDesk.push(contact);
    else byTier.set(row.tier, [...(byTier.get(row.tier) ?? []), contact]);
  }
  const clock = rows[0];
  if (!clock) throw new Error('the database did not tell the time');
  const duty = await dutiesOf(reader, coalitionId, clock.revision, byTier, clock.now.getTime());
  return { byTier, dutyDesk, ...(duty === undefined ? {} : { duty }) };
}

/** All ways to reach one person, best first, whatever tiers they are in. */
export function contactsOf(reachable: Reachable, rid: string): Contact[] {
  const found = new Map<string, Contact>();
  for (const contacts of reachable.byTier.values()) {
    for (const contact of contacts) if (contact.rid === rid) found.set(contact.contactId, contact);
  }
  return [...found.values()].sort((a, b) => a.priority - b.priority);
}

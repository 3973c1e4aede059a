import type { Ground } from './ground.js';

/**
 * Open alerts by the million, as plain rows: S1 to S4 in turn, in tier 1, their timers due between one and two days
 * from now. Ids follow from the number, so that the same alerts can be made again.
 */
export async function makeOpenAlerts(ground: Ground, count: number): Promise<void> {
  await insertAlerts(ground, count, `1 + i % 4`, `now() + interval '1 day' + i % 86400 * interval '1 second'`, 'open');
}

/** Alerts that are all due at this moment, critical, in the first tier, told to its people. */
export async function makeDueAlerts(ground: Ground, count: number): Promise<void> {
  await insertAlerts(ground, count, `1`, `now() - interval '1 second' - i * interval '1 microsecond'`, 'due');
  await ground.asOwner(
    `INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome)
     SELECT 1, decode(md5('due' || i), 'hex'), 1, 1, 'notified' FROM generate_series(1, $1::int) i`,
    [count],
  );
  await ground.asOwner(
    `INSERT INTO delivery (coalition_id, alert_id, gen, tier, severity, purpose, contact_id, rid, channel, state, sent_at)
     SELECT 1, decode(md5('due' || i), 'hex'), 1, 1, 1, 'notify', c.contact_id, c.rid, 'email', 'sent', now()
     FROM generate_series(1, $1::int) i, (SELECT contact_id, rid FROM contact WHERE rid IS NOT NULL LIMIT 1) c`,
    [count],
  );
  await ground.asOwner('ANALYZE');
}

async function insertAlerts(ground: Ground, count: number, severity: string, dueAt: string, prefix: string): Promise<void> {
  const id = `decode(md5('${prefix}' || i), 'hex')`;
  const thirtyTwo = (salt: string): string => `decode(md5('${salt}' || i) || md5(i || '${salt}'), 'hex')`;
  await ground.asOwner(
    `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
     SELECT 1, ${id}, ${thirtyTwo('tag')}, ${severity}, (SELECT max(policy_version_id) FROM policy_version), 1,
            ${thirtyTwo('sender')}, ${thirtyTwo(`${prefix}mailbox`)}, '{1,2,3,4,5}'
     FROM generate_series(1, $1::int) i`,
    [count],
  );
  await ground.asOwner(
    `INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, gen, round_gen, due_at, due_kind,
                              chain_n, chain_head, chain_at)
     SELECT 1, ${id}, (SELECT max(policy_version_id) FROM policy_version), ${severity}, 'notifying', 1, 1, 1,
            ${dueAt}, 'escalate', 1, ${thirtyTwo('head')}, now()
     FROM generate_series(1, $1::int) i`,
    [count],
  );
  await ground.asOwner('VACUUM ANALYZE alert_timer');
}

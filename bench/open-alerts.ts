import type { Ground } from './ground.js';

/**
 * Open alerts by the million, S1 to S4 in turn, due between one and two days from now: only their timers, because a
 * look that finds nothing due reads nothing else.
 */
export async function makeOpenTimers(ground: Ground, count: number): Promise<void> {
  // "replica": no check of the foreign key to rows that are not there.
  await ground.asOwner(`SET session_replication_role = replica`);
  await insertTimers(ground, count, { severity: `1 + i % 4`, dueAt: `now() + interval '1 day' + i % 86400 * interval '1 second'` });
  await ground.asOwner(`RESET session_replication_role`);
  await ground.asOwner('VACUUM ANALYZE alert_timer');
}

export interface DueAlerts {
  /** SQL for the severity of number i, 1 to count. */
  readonly severity: string;
  /** SQL for the time at which number i is due. */
  readonly dueAt: string;
}

/** All critical, and due a moment ago. */
export const JUST_DUE: DueAlerts = { severity: '1', dueAt: `now() - interval '1 second' - i * interval '1 microsecond'` };

/** Alerts that are due now, in the first tier, of which one person was told. Ids follow from the number. */
export async function makeDueAlerts(ground: Ground, count: number, due: DueAlerts = JUST_DUE): Promise<void> {
  await ground.asOwner(
    `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
     SELECT 1, ${alertId}, ${thirtyTwo('tag')}, ${due.severity}, (SELECT max(policy_version_id) FROM policy_version), 1,
            ${thirtyTwo('sender')}, ${thirtyTwo('mailbox')}, '{1,2,3,4,5}'
     FROM generate_series(1, $1::int) i`,
    [count],
  );
  await insertTimers(ground, count, due);
  await ground.asOwner(
    `INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome)
     SELECT 1, ${alertId}, 1, 1, 'notified' FROM generate_series(1, $1::int) i`,
    [count],
  );
  await ground.asOwner(
    `INSERT INTO delivery (coalition_id, alert_id, gen, tier, severity, purpose, contact_id, rid, channel, state, sent_at)
     SELECT 1, ${alertId}, 1, 1, ${due.severity}, 'notify', c.contact_id, c.rid, 'email', 'sent', now()
     FROM generate_series(1, $1::int) i, (SELECT contact_id, rid FROM contact WHERE rid IS NOT NULL LIMIT 1) c`,
    [count],
  );
  for (const table of ['alert', 'alert_timer', 'tier_entry', 'delivery']) await ground.asOwner(`VACUUM ANALYZE ${table}`);
  await ground.asOwner('CHECKPOINT');
}

const alertId = `decode(md5('alert' || i), 'hex')`;
const thirtyTwo = (salt: string): string => `decode(md5('${salt}' || i) || md5(i || '${salt}'), 'hex')`;

async function insertTimers(ground: Ground, count: number, due: DueAlerts): Promise<void> {
  await ground.asOwner(
    `INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, gen, round_gen, due_at, due_kind,
                              chain_n, chain_head, chain_at)
     SELECT 1, ${alertId}, (SELECT max(policy_version_id) FROM policy_version), ${due.severity}, 'notifying', 1, 1, 1,
            ${due.dueAt}, 'escalate', 1, ${thirtyTwo('head')}, now()
     FROM generate_series(1, $1::int) i`,
    [count],
  );
}

import type { Contact } from '../domain/alert.js';
import type { Answer } from '../domain/answers.js';
import type { CloseRequest } from '../domain/ending.js';
import type { HandOverTarget } from '../domain/handling.js';
import type { TickContext } from '../domain/decide.js';
import type { Tx } from '../platform/database/database.js';
import type { LockedAlert } from './lock-alert.js';

type Key = Pick<LockedAlert, 'coalitionId' | 'alertId'>;

const keyOf = ({ coalitionId, alertId }: Key): unknown[] => [coalitionId, alertId];

/** Every decision that anybody gave about the alert. */
export async function readAnswers(tx: Tx, alert: Key): Promise<Answer[]> {
  const { rows } = await tx.query<Answer & Record<string, unknown>>({
    name: 'acts-answers',
    text: `SELECT encode(rid, 'hex') AS rid, org, tier, gen, decision FROM ack WHERE coalition_id = $1 AND alert_id = $2`,
    values: keyOf(alert),
  });
  return rows;
}

/** The people who were sent a message for a tier since generation `sinceGen`, with their organisations. */
export async function readTold(tx: Tx, alert: Key, tier: number, sinceGen: number): Promise<{ rid: string; org: string }[]> {
  const { rows } = await tx.query<{ rid: string; org: string }>({
    name: 'acts-told',
    text: `SELECT DISTINCT encode(d.rid, 'hex') AS rid, r.org
           FROM delivery d JOIN responder r USING (coalition_id, rid)
           WHERE d.coalition_id = $1 AND d.alert_id = $2 AND d.tier = $3 AND d.gen >= $4 AND d.purpose IN ('notify', 'task')`,
    values: [...keyOf(alert), tier, sinceGen],
  });
  return rows;
}

/** Contacts, still working, of everybody to whom a message about this alert may have come, without `exceptRid`. */
export async function readNotified(tx: Tx, alert: Key, exceptRid: string | null = null): Promise<Contact[]> {
  const { rows } = await tx.query<Contact & Record<string, unknown>>({
    name: 'acts-notified',
    // An attempt may have arrived although its answer was lost, so every attempt counts.
    text: `SELECT DISTINCT c.contact_id AS "contactId", encode(c.rid, 'hex') AS rid, r.org, c.channel, c.priority
           FROM delivery d
           JOIN contact c USING (coalition_id, contact_id)
           LEFT JOIN responder r ON r.coalition_id = c.coalition_id AND r.rid = c.rid
           WHERE d.coalition_id = $1 AND d.alert_id = $2 AND d.attempt > 0 AND d.state <> 'dead' AND c.disabled_at IS NULL
             AND (c.rid IS NULL OR (r.status = 'active' AND encode(c.rid, 'hex') IS DISTINCT FROM $3))`,
    values: [...keyOf(alert), exceptRid],
  });
  return rows;
}

/** The entry of the current generation, for deciding when a paused ladder goes on. */
export async function readEntry(tx: Tx, alert: Key & Pick<LockedAlert, 'timer'>): Promise<TickContext['entry']> {
  const { rows } = await tx.query<{ outcome: 'notified' | 'not_reached' | 'not_consented' | 'task'; entered_at: Date; late_ms: number }>({
    name: 'acts-entry',
    text: `SELECT outcome, entered_at, late_ms FROM tier_entry WHERE coalition_id = $1 AND alert_id = $2 AND gen = $3 AND tier = $4`,
    values: [...keyOf(alert), alert.timer.gen, alert.timer.tier],
  });
  return rows[0] ? { outcome: rows[0].outcome, enteredAt: rows[0].entered_at.getTime(), lateMs: rows[0].late_ms } : null;
}

/** Tiers that have had their turn; their gates may be open. */
export async function readEnteredTiers(tx: Tx, alert: Key): Promise<Set<number>> {
  const { rows } = await tx.query<{ tier: number }>({
    name: 'acts-entered-tiers',
    text: `SELECT DISTINCT tier FROM tier_entry WHERE coalition_id = $1 AND alert_id = $2 AND outcome <> 'not_consented'`,
    values: keyOf(alert),
  });
  return new Set(rows.map(({ tier }) => tier));
}

/** Wishes to close that were signed before. */
export async function readCloseRequests(tx: Tx, alert: Key): Promise<CloseRequest[]> {
  const { rows } = await tx.query<CloseRequest & Record<string, unknown>>({
    name: 'acts-close-requests',
    text: `SELECT encode(rid, 'hex') AS rid, outcome FROM close_request WHERE coalition_id = $1 AND alert_id = $2`,
    values: keyOf(alert),
  });
  return rows;
}

/** Hand-overs that nobody has accepted yet. */
export async function readHandOvers(tx: Tx, alert: Key): Promise<{ from: string; target: HandOverTarget }[]> {
  const { rows } = await tx.query<{ from: string; to_rid: string | null; to_org: string | null }>({
    name: 'acts-hand-overs',
    text: `SELECT encode(from_rid, 'hex') AS from, encode(to_rid, 'hex') AS to_rid, to_org FROM hand_over
           WHERE coalition_id = $1 AND alert_id = $2 AND accepted_at IS NULL`,
    values: keyOf(alert),
  });
  return rows.map(({ from, to_rid, to_org }) => ({ from, target: to_rid === null ? { org: to_org ?? '' } : { rid: to_rid } }));
}

/** Whether the ledger has an event of this type, by this person if one is given, in this generation if one is given. */
export async function hasEvent(tx: Tx, alert: Key, type: 'PAUSE' | 'SEEN', rid: Uint8Array | null = null, gen: number | null = null): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'acts-has-event',
    text: `SELECT FROM event WHERE coalition_id = $1 AND alert_id = $2 AND type = $3
             AND ($4::bytea IS NULL OR actor_rid = $4) AND ($5::int IS NULL OR (detail ->> 'gen')::int = $5) LIMIT 1`,
    values: [...keyOf(alert), type, rid === null ? null : Buffer.from(rid), gen],
  });
  return rowCount > 0;
}

/** For how long this person has put the alert off since they last took it or did something for it, in milliseconds. */
export async function readSnoozedMs(tx: Tx, alert: Key, rid: Uint8Array): Promise<number> {
  const { rows } = await tx.query<{ minutes: number }>({
    name: 'acts-snoozed',
    // "Still mine" is no act: with it, an alert could be put off for ever.
    text: `WITH own AS (
             SELECT n, type, detail, detail ->> 'code' AS code FROM event WHERE coalition_id = $1 AND alert_id = $2 AND actor_rid = $3
           )
           SELECT coalesce(sum((detail ->> 'minutes')::int), 0)::int AS minutes FROM own
           WHERE type = 'ACTION' AND code = 'snoozed' AND n > coalesce((
             SELECT max(n) FROM own WHERE type = 'ACK' OR (type = 'HAND_OVER' AND detail ->> 'phase' = 'accepted')
               OR (type = 'ACTION' AND code NOT IN ('snoozed', 'renewed', 'close_requested', 'stand_down_checked'))), -1)`,
    values: [...keyOf(alert), Buffer.from(rid)],
  });
  return (rows[0]?.minutes ?? 0) * 60_000;
}

import type { Cancellation, Change, Rid } from '../domain/alert.js';
import type { EvidenceLog, NewEvent, OwnedEventRow } from '../evidence/evidence-log.js';
import { byteaArray, int2Array, int4Array, int8Array, textArray, timestamptzArray, uuidArray } from '../platform/database/binary-arrays.js';
import type { Tx } from '../platform/database/database.js';
import type { LockedAlert } from './lock-alert.js';

/** A decision about a locked alert; `signed` is what a person adds to the events that are their act. */
export interface Decided {
  readonly alert: LockedAlert;
  readonly change: Change;
  /** Events in the order in which they happened; by default those of the change, as the server's. */
  readonly events?: readonly NewEvent[];
}

/**
 * Writes any number of decisions: at most six statements, each for all alerts at once.
 *
 * Arrays and unnest, because 500 alerts with placeholders would need more than the 65,535 parameters that a statement
 * may have, and one statement per alert costs a round trip each: at 500 alerts the batch is what makes the tick fast.
 * Order matters: what is withdrawn is withdrawn before new messages are queued.
 */
export async function writeChanges(tx: Tx, log: EvidenceLog, decided: readonly Decided[]): Promise<void> {
  if (decided.length === 0) return;
  const eventRows: OwnedEventRow[] = [];
  const heads = decided.map(({ alert, change, events }) => {
    const chained = log.chain(alert.head, alert.tag, alert.now, events ?? change.events.map(serverEvent));
    for (const row of chained.rows) eventRows.push({ coalitionId: alert.coalitionId, alertId: alert.alertId, row });
    return chained.head;
  });
  await updateTimers(tx, decided, heads);
  await insertEntries(tx, decided);
  await updateEntries(tx, decided);
  for (const kind of ['all', 'ladder', 'person'] as const) await cancelDeliveries(tx, kind, decided);
  await insertDeliveries(tx, decided);
  await log.insertMany(tx, eventRows);
}

function serverEvent(event: Change['events'][number]): NewEvent {
  return { type: event.type, tier: event.tier, detail: event.detail ?? null };
}

async function updateTimers(tx: Tx, decided: readonly Decided[], heads: readonly LockedAlert['head'][]): Promise<void> {
  const timers = decided.map(({ change }) => change.timer);
  const { rowCount } = await tx.query({
    name: 'escalation-update-timers',
    text: `UPDATE alert_timer t SET state = n.state, tier = n.tier, loop = n.loop, gen = n.gen, round_gen = n.round_gen, due_at = n.due_at,
             due_kind = n.due_kind, owner_rid = n.owner_rid, ack_expires_at = n.ack_expires_at, chain_n = n.chain_n,
             chain_head = n.chain_head, chain_at = n.chain_at
           FROM unnest($1::int[], $2::bytea[], $3::text[], $4::smallint[], $5::smallint[], $6::int[], $7::int[], $8::timestamptz[], $9::text[],
                       $10::bytea[], $11::timestamptz[], $12::bigint[], $13::bytea[], $14::timestamptz[])
             AS n (coalition_id, alert_id, state, tier, loop, gen, round_gen, due_at, due_kind, owner_rid, ack_expires_at, chain_n, chain_head, chain_at)
           WHERE t.coalition_id = n.coalition_id AND t.alert_id = n.alert_id`,
    values: [
      ...keysOf(decided),
      textArray(timers, ({ state }) => state),
      int2Array(timers, ({ tier }) => tier),
      int2Array(timers, ({ loop }) => loop),
      int4Array(timers, ({ gen }) => gen),
      int4Array(timers, ({ roundGen }) => roundGen),
      timestamptzArray(timers, ({ dueAt }) => dueAt),
      textArray(timers, ({ dueKind }) => dueKind),
      byteaArray(timers, ({ owner }) => bytesOf(owner)),
      timestamptzArray(timers, ({ ackExpiresAt }) => ackExpiresAt),
      int8Array(heads, ({ n }) => n),
      byteaArray(heads, ({ hash }) => hash),
      timestamptzArray(heads, ({ at }) => at?.getTime() ?? null),
    ],
  });
  if (rowCount !== decided.length) throw new Error('a locked alert was not there to be changed');
}

async function insertEntries(tx: Tx, decided: readonly Decided[]): Promise<void> {
  const rows = decided.flatMap(({ alert, change }) => change.entries.map((entry) => ({ alert, entry })));
  if (rows.length === 0) return;
  await tx.query({
    name: 'escalation-insert-entries',
    text: `INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, loop, outcome, reason, late_ms)
           SELECT * FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::bigint[])`,
    values: [
      ...keysOf(rows),
      int4Array(rows, ({ entry }) => entry.gen),
      int2Array(rows, ({ entry }) => entry.tier),
      int2Array(rows, ({ entry }) => entry.loop),
      textArray(rows, ({ entry }) => entry.outcome),
      textArray(rows, ({ entry }) => entry.reason),
      int8Array(rows, ({ entry }) => entry.lateMs),
    ],
  });
}

async function updateEntries(tx: Tx, decided: readonly Decided[]): Promise<void> {
  const rows = decided.flatMap(({ alert, change: { entryUpdate } }) => (entryUpdate ? [{ alert, entryUpdate }] : []));
  if (rows.length === 0) return;
  await tx.query({
    name: 'escalation-update-entries',
    text: `UPDATE tier_entry e SET outcome = n.outcome, reason = n.reason
           FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::text[], $6::text[]) AS n (coalition_id, alert_id, gen, tier, outcome, reason)
           WHERE e.coalition_id = n.coalition_id AND e.alert_id = n.alert_id AND e.gen = n.gen AND e.tier = n.tier`,
    values: [
      ...keysOf(rows),
      int4Array(rows, ({ entryUpdate }) => entryUpdate.gen),
      int2Array(rows, ({ entryUpdate }) => entryUpdate.tier),
      textArray(rows, ({ entryUpdate }) => entryUpdate.outcome),
      textArray(rows, ({ entryUpdate }) => entryUpdate.reason),
    ],
  });
}

const CANCELLED_PURPOSES: Readonly<Record<Exclude<Cancellation['kind'], 'none'>, string>> = {
  all: '',
  ladder: `AND d.purpose IN ('notify', 'task', 'unanswered')`,
  person: `AND d.purpose IN ('notify', 'task') AND d.rid = n.rid`,
};

/**
 * Withdraws what has not been sent. A message that is on its way ('sending') cannot be called back; its sender looks
 * at the alert's state, under this same lock, before it would try again.
 */
async function cancelDeliveries(tx: Tx, kind: Exclude<Cancellation['kind'], 'none'>, decided: readonly Decided[]): Promise<void> {
  const rows = decided.filter(({ change }) => change.cancel.kind === kind);
  if (rows.length === 0) return;
  await tx.query({
    name: `escalation-cancel-${kind}`,
    text: `UPDATE delivery d SET state = 'cancelled'
           FROM unnest($1::int[], $2::bytea[], $3::bytea[]) AS n (coalition_id, alert_id, rid)
           WHERE d.coalition_id = n.coalition_id AND d.alert_id = n.alert_id AND d.state IN ('pending', 'failed') ${CANCELLED_PURPOSES[kind]}`,
    values: [...keysOf(rows), byteaArray(rows, ({ change: { cancel } }) => (cancel.kind === 'person' ? bytesOf(cancel.rid) : null))],
  });
}

async function insertDeliveries(tx: Tx, decided: readonly Decided[]): Promise<void> {
  const rows = decided.flatMap(({ alert, change }) => change.deliveries.map((delivery) => ({ alert, delivery })));
  if (rows.length === 0) return;
  await tx.query({
    name: 'escalation-insert-deliveries',
    // The key of a message exists already only when the same decision was written before; the first one stands.
    text: `INSERT INTO delivery (coalition_id, alert_id, gen, tier, severity, purpose, nth, contact_id, rid, channel, tier_deadline)
           SELECT * FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::smallint[], $6::text[], $7::bigint[], $8::uuid[], $9::bytea[],
                                $10::text[], $11::timestamptz[])
           ON CONFLICT (coalition_id, alert_id, gen, contact_id, purpose, nth) DO NOTHING`,
    values: [
      ...keysOf(rows),
      int4Array(rows, ({ delivery }) => delivery.gen),
      int2Array(rows, ({ delivery }) => delivery.tier),
      int2Array(rows, ({ alert }) => alert.severity),
      textArray(rows, ({ delivery }) => delivery.purpose),
      int8Array(rows, ({ delivery }) => delivery.nth),
      uuidArray(rows, ({ delivery }) => delivery.contact.contactId),
      byteaArray(rows, ({ delivery }) => bytesOf(delivery.contact.rid)),
      textArray(rows, ({ delivery }) => delivery.contact.channel),
      timestamptzArray(rows, ({ delivery }) => delivery.deadline),
    ],
  });
}

function keysOf(rows: readonly { readonly alert: LockedAlert }[]): [Buffer, Buffer] {
  return [int4Array(rows, ({ alert }) => alert.coalitionId), byteaArray(rows, ({ alert }) => alert.alertId)];
}

function bytesOf(rid: Rid | null): Buffer | null {
  return rid === null ? null : Buffer.from(rid, 'hex');
}

import type { NewDelivery, TierEntry, AlertTimer } from '../../domain/alert.js';
import type { Severity } from '../../domain/severity.js';
import type { ChainHead, EventRow } from '../../evidence/evidence-log.js';
import type { SealedReleaseKey } from '../../gatekeeper/gatekeeper.js';
import {
  boolArray,
  byteaArray,
  int2Array,
  int4Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from '../../platform/database/binary-arrays.js';
import type { Database } from '../../platform/database/database.js';

/** Everything that one accepted alert writes. Spans are relative to `decidedAtMs`, the time the decision assumed. */
export interface NewAlert {
  readonly alertId: Uint8Array;
  readonly tag: Uint8Array;
  readonly severity: Severity;
  readonly drill: boolean;
  readonly policyVersionId: number;
  readonly rosterVersion: number;
  readonly senderPk: Uint8Array;
  readonly mailboxHash: Uint8Array;
  readonly tiers: readonly number[];
  readonly excludedOrgs: readonly string[];
  readonly envelope: { readonly bytes: Uint8Array; readonly kind: number; readonly envelopeHash: Uint8Array; readonly hh: Uint8Array };
  readonly releaseKeys: readonly SealedReleaseKey[];
  readonly timer: AlertTimer;
  readonly tierEntries: readonly TierEntry[];
  readonly deliveries: readonly NewDelivery[];
  readonly events: readonly EventRow[];
  readonly chain: ChainHead;
  /** Milliseconds since 1970 of the `now` that the decision was made with. */
  readonly decidedAtMs: number;
}

/** The times of an accepted alert by the database's clock. */
export interface InsertedAlert {
  readonly receivedAt: Date;
  readonly dueAt: Date;
}

/**
 * Writes alerts with all that belongs to them in one statement, one round trip, one commit; with separate statements
 * in a transaction the same rows took 2.1 to 2.8 times as long.
 *
 * Times are written as now() plus a span, so that every deadline is the database's. The sealed bytes go as one binary
 * parameter that is cut up there: in an array they would travel as hexadecimal text, twice as long.
 *
 * ON CONFLICT DO NOTHING and no error for an alert that is there already: it must not undo its neighbours. Alerts are
 * ordered by id, so that two batches with the same ids (a client that retried) wait for each other in one direction.
 *
 * @returns for each alert its times, or null when an alert with that id, or that mailbox, was there before
 */
export async function insertAlerts(
  database: Pick<Database, 'query'>,
  coalitionId: number,
  alerts: readonly NewAlert[],
): Promise<(InsertedAlert | null)[]> {
  const { rows } = await database.query<{ alert_id: Buffer; received_at: Date; due_at: Date }>({
    name: 'intake-insert-alerts',
    text: INSERT_ALERTS,
    values: [coalitionId, ...parametersOf(alerts)],
  });
  const inserted = new Map(rows.map((row) => [row.alert_id.toString('hex'), { receivedAt: row.received_at, dueAt: row.due_at }]));
  return alerts.map((alert) => inserted.get(hex(alert.alertId)) ?? null);
}

const INSERT_ALERTS = `
WITH given AS (
  SELECT *
  FROM unnest($2::bytea[], $3::bytea[], $4::smallint[], $5::boolean[], $6::int[], $7::bigint[], $8::bytea[], $9::bytea[],
              $10::text[], $11::jsonb[], $12::smallint[], $13::bytea[], $14::bytea[], $15::int[], $16::int[],
              $18::text[], $19::smallint[], $20::int[], $21::int[], $22::bigint[], $23::text[],
              $24::bigint[], $25::bytea[], $26::timestamptz[])
    AS a (alert_id, tag, severity, drill, policy_version_id, roster_version, sender_pk, mailbox_hash,
          tiers, excluded_orgs, kind, envelope_hash, hh, sealed_start, sealed_length,
          state, tier, gen, round_gen, due_after_ms, due_kind,
          chain_n, chain_head, chain_at)
), accepted AS (
  INSERT INTO alert (coalition_id, alert_id, tag, severity, drill, policy_version_id, roster_version, sender_pk,
                     mailbox_hash, tiers, excluded_orgs)
  SELECT $1, alert_id, tag, severity, drill, policy_version_id, roster_version, sender_pk, mailbox_hash,
         tiers::smallint[], ARRAY(SELECT jsonb_array_elements_text(excluded_orgs))
  FROM given ORDER BY alert_id
  ON CONFLICT DO NOTHING
  RETURNING alert_id, received_at
), timer AS (
  INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, gen, round_gen, due_at,
                           due_kind, chain_n, chain_head, chain_at)
  SELECT $1, alert_id, policy_version_id, severity, state, tier, gen, round_gen,
         now() + due_after_ms * interval '1 millisecond', due_kind, chain_n, chain_head, chain_at
  FROM given JOIN accepted USING (alert_id)
  RETURNING alert_id, due_at
), envelope AS (
  INSERT INTO envelope (coalition_id, alert_id, sender_pk, seq, kind, envelope_hash, hh, sealed)
  SELECT $1, alert_id, sender_pk, 0, kind, envelope_hash, hh, substring($17::bytea FROM sealed_start FOR sealed_length)
  FROM given JOIN accepted USING (alert_id)
), kept_keys AS (
  INSERT INTO release_key (coalition_id, alert_id, tier, rk_sealed)
  SELECT $1, alert_id, tier, rk_sealed
  FROM unnest($27::bytea[], $28::smallint[], $29::bytea[]) AS k (alert_id, tier, rk_sealed)
  JOIN accepted USING (alert_id)
), entries AS (
  INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome, reason)
  SELECT $1, alert_id, gen, tier, outcome, reason
  FROM unnest($30::bytea[], $31::int[], $32::smallint[], $33::text[], $34::text[]) AS e (alert_id, gen, tier, outcome, reason)
  JOIN accepted USING (alert_id)
), outbox AS (
  INSERT INTO delivery (coalition_id, alert_id, gen, tier, severity, purpose, contact_id, rid, channel, tier_deadline)
  SELECT $1, alert_id, gen, tier, severity, purpose, contact_id, rid, channel,
         now() + deadline_after_ms * interval '1 millisecond'
  FROM unnest($35::bytea[], $36::int[], $37::smallint[], $38::smallint[], $39::text[], $40::uuid[], $41::bytea[],
              $42::text[], $43::bigint[])
    AS d (alert_id, gen, tier, severity, purpose, contact_id, rid, channel, deadline_after_ms)
  JOIN accepted USING (alert_id)
), ledger AS (
  INSERT INTO event (coalition_id, alert_id, n, type, at, tier, body, hash, detail)
  SELECT $1, alert_id, n, type, at, tier, body, hash, detail
  FROM unnest($44::bytea[], $45::bigint[], $46::text[], $47::timestamptz[], $48::smallint[], $49::bytea[], $50::bytea[],
              $51::jsonb[])
    AS v (alert_id, n, type, at, tier, body, hash, detail)
  JOIN accepted USING (alert_id)
)
SELECT alert_id, received_at, due_at FROM accepted JOIN timer USING (alert_id)`;

/** $2 and following. */
function parametersOf(alerts: readonly NewAlert[]): unknown[] {
  let end = 1; // substring counts from 1
  const starts = alerts.map(({ envelope }) => (end += envelope.bytes.length) - envelope.bytes.length);
  const keys = alerts.flatMap((alert) => alert.releaseKeys.map((key) => ({ alert, key })));
  const entries = alerts.flatMap((alert) => alert.tierEntries.map((entry) => ({ alert, entry })));
  const deliveries = alerts.flatMap((alert) => alert.deliveries.map((delivery) => ({ alert, delivery })));
  const events = alerts.flatMap((alert) => alert.events.map((event) => ({ alert, event })));
  return [
    byteaArray(alerts, (each) => each.alertId),
    byteaArray(alerts, (each) => each.tag),
    int2Array(alerts, (each) => each.severity),
    boolArray(alerts, (each) => each.drill),
    int4Array(alerts, (each) => each.policyVersionId),
    int8Array(alerts, (each) => each.rosterVersion),
    byteaArray(alerts, (each) => each.senderPk),
    byteaArray(alerts, (each) => each.mailboxHash),
    textArray(alerts, (each) => `{${each.tiers.join(',')}}`),
    jsonbArray(alerts, (each) => each.excludedOrgs),
    int2Array(alerts, (each) => each.envelope.kind),
    byteaArray(alerts, (each) => each.envelope.envelopeHash),
    byteaArray(alerts, (each) => each.envelope.hh),
    int4Array(starts, (start) => start),
    int4Array(alerts, (each) => each.envelope.bytes.length),
    Buffer.concat(alerts.map((each) => each.envelope.bytes)),
    textArray(alerts, (each) => each.timer.state),
    int2Array(alerts, (each) => each.timer.tier),
    int4Array(alerts, (each) => each.timer.gen),
    int4Array(alerts, (each) => each.timer.roundGen),
    int8Array(alerts, (each) => spanMs(each, each.timer.dueAt)),
    textArray(alerts, (each) => each.timer.dueKind),
    int8Array(alerts, (each) => each.chain.n),
    byteaArray(alerts, (each) => each.chain.hash),
    timestamptzArray(alerts, (each) => each.chain.at?.getTime() ?? null),
    byteaArray(keys, ({ alert }) => alert.alertId),
    int2Array(keys, ({ key }) => key.tier),
    byteaArray(keys, ({ key }) => key.rkSealed),
    byteaArray(entries, ({ alert }) => alert.alertId),
    int4Array(entries, ({ entry }) => entry.gen),
    int2Array(entries, ({ entry }) => entry.tier),
    textArray(entries, ({ entry }) => entry.outcome),
    textArray(entries, ({ entry }) => entry.reason),
    byteaArray(deliveries, ({ alert }) => alert.alertId),
    int4Array(deliveries, ({ delivery }) => delivery.gen),
    int2Array(deliveries, ({ delivery }) => delivery.tier),
    int2Array(deliveries, ({ alert }) => alert.severity),
    textArray(deliveries, ({ delivery }) => delivery.purpose),
    uuidArray(deliveries, ({ delivery }) => delivery.contact.contactId),
    byteaArray(deliveries, ({ delivery }) => (delivery.contact.rid === null ? null : Buffer.from(delivery.contact.rid, 'hex'))),
    textArray(deliveries, ({ delivery }) => delivery.contact.channel),
    int8Array(deliveries, ({ alert, delivery }) => spanMs(alert, delivery.deadline)),
    byteaArray(events, ({ alert }) => alert.alertId),
    int8Array(events, ({ event }) => event.n),
    textArray(events, ({ event }) => event.type),
    timestamptzArray(events, ({ event }) => event.at.getTime()),
    int2Array(events, ({ event }) => event.tier),
    byteaArray(events, ({ event }) => event.body),
    byteaArray(events, ({ event }) => event.hash),
    jsonbArray(events, ({ event }) => event.detail),
  ];
}

function spanMs(alert: NewAlert, atMs: number | null): number | null {
  return atMs === null ? null : Math.round(atMs - alert.decidedAtMs);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

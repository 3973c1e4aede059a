import { Inject, Injectable } from '@nestjs/common';
import { alertTag, encodeEvent, eventHash, type EventType, type Primitives } from '@jardam/protocol';
import { PRIMITIVES } from '../platform/crypto.js';
import { byteaArray, int2Array, int4Array, int8Array, jsonbArray, textArray, timestamptzArray } from '../platform/database/binary-arrays.js';
import type { Database, Tx } from '../platform/database/database.js';

/** One thing that happened, before it has its place in a chain. */
export interface NewEvent {
  readonly type: EventType;
  readonly tier?: number | null | undefined;
  /** The person who acted (16 bytes); none when the server did. */
  readonly actorRid?: Uint8Array | null | undefined;
  /** 32-byte hash of what the event is about: envelope, statement, roster, policy. */
  readonly object?: Uint8Array | null | undefined;
  /** The exact bytes that the person signed. */
  readonly statement?: Uint8Array | null | undefined;
  readonly signature?: Uint8Array | null | undefined;
  /** What the ladder shows. Never content, never an address. */
  readonly detail?: Readonly<Record<string, unknown>> | null | undefined;
}

/** The end of a chain; `at` is the time of its last event. */
export interface ChainHead {
  readonly n: number;
  readonly hash: Uint8Array;
  readonly at: Date | null;
}

/** Where a new chain starts: its first event gets n = 0 and 32 zeros as the hash before it. */
export const EMPTY_CHAIN: ChainHead = { n: -1, hash: new Uint8Array(32), at: null };

/** A row of the table `event`, ready to be inserted. */
export interface EventRow {
  readonly n: number;
  readonly type: EventType;
  readonly at: Date;
  readonly actorRid: Uint8Array | null;
  readonly tier: number | null;
  readonly body: Uint8Array;
  readonly hash: Uint8Array;
  readonly statement: Uint8Array | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** A row together with the chain that it belongs to. */
export interface OwnedEventRow {
  readonly coalitionId: number;
  readonly alertId: Uint8Array;
  readonly row: EventRow;
}

/** The coalition's own chain (ROSTER, POLICY) is kept under an alert id of zeros. */
export const COALITION_CHAIN: Uint8Array = new Uint8Array(16);

/** The event chains: every change of state writes here, in its own transaction. The table is append-only. */
@Injectable()
export class EvidenceLog {
  constructor(@Inject(PRIMITIVES) private readonly p: Primitives) {}

  /**
   * Gives events their numbers, times and hashes behind `head`. Pure: writes nothing.
   *
   * Times never go back within a chain, although transactions get the row's lock in another order than they began.
   */
  chain(head: ChainHead, tag: Uint8Array, at: Date, news: readonly NewEvent[]): { rows: EventRow[]; head: ChainHead } {
    const time = head.at !== null && head.at > at ? head.at : at;
    let { n, hash } = head;
    const rows = news.map((event): EventRow => {
      const body = encodeEvent({
        type: event.type,
        tag,
        n: ++n,
        time: time.getTime(),
        rid: event.actorRid ?? null,
        tier: event.tier ?? 0,
        object: event.object ?? new Uint8Array(32),
        prev: hash,
        signature: event.signature ?? null,
      });
      hash = eventHash(this.p, body);
      return {
        n,
        type: event.type,
        at: time,
        actorRid: event.actorRid ?? null,
        tier: event.tier ?? null,
        body,
        hash,
        statement: event.statement ?? null,
        detail: event.detail ?? null,
      };
    });
    return { rows, head: rows.length === 0 ? head : { n, hash, at: time } };
  }

  /** The tag under which an alert appears in its chain. */
  tagOf(alertId: Uint8Array): Uint8Array {
    return alertTag(this.p, alertId);
  }

  /** Writes rows of one chain, as `chain` made them. */
  async insert(tx: Tx, coalitionId: number, alertId: Uint8Array, rows: readonly EventRow[]): Promise<void> {
    await this.insertMany(tx, rows.map((row) => ({ coalitionId, alertId, row })));
  }

  /** Writes rows of many chains in one statement: for the tick. */
  async insertMany(tx: Tx, rows: readonly OwnedEventRow[]): Promise<void> {
    if (rows.length > 0) await tx.query({ name: 'evidence-insert', text: INSERT_EVENTS, values: eventColumns(rows) });
  }

  /**
   * Adds events to an alert's chain and moves the chain's end in alert_timer. The caller holds that row's lock.
   *
   * @param head what the lock returned: chain_n, chain_head, chain_at
   * @returns the new end of the chain, for further calls in the same transaction
   */
  async appendToAlert(
    tx: Tx,
    coalitionId: number,
    alertId: Uint8Array,
    head: ChainHead,
    at: Date,
    news: readonly NewEvent[],
  ): Promise<ChainHead> {
    if (news.length === 0) return head;
    const chained = this.chain(head, this.tagOf(alertId), at, news);
    const { rowCount } = await tx.query({
      // One round trip: this is done for every message that is sent.
      name: 'evidence-append',
      text: `WITH added AS (${INSERT_EVENTS})
             UPDATE alert_timer SET chain_n = $12, chain_head = $13, chain_at = $14
             WHERE coalition_id = $15 AND alert_id = $16 AND chain_n = $17`,
      values: [
        ...eventColumns(chained.rows.map((row) => ({ coalitionId, alertId, row }))),
        chained.head.n,
        Buffer.from(chained.head.hash),
        chained.head.at,
        coalitionId,
        Buffer.from(alertId),
        head.n,
      ],
    });
    // Only possible when somebody appended without the lock: the primary key would have caught it, too.
    if (rowCount !== 1) throw new Error('the event chain was moved by somebody else: the alert was not locked');
    return chained.head;
  }

  /** Adds events to the coalition's own chain (ROSTER, POLICY), under the lock of the coalition's row. */
  async appendToCoalition(tx: Tx, coalitionId: number, at: Date, news: readonly NewEvent[]): Promise<void> {
    await tx.query('SELECT FROM coalition WHERE coalition_id = $1 FOR NO KEY UPDATE', [coalitionId]);
    const last = (await this.readAlert(tx, coalitionId, COALITION_CHAIN)).at(-1);
    const head = last === undefined ? EMPTY_CHAIN : { n: last.n, hash: last.hash, at: last.at };
    const { rows } = this.chain(head, this.tagOf(COALITION_CHAIN), at, news);
    await this.insert(tx, coalitionId, COALITION_CHAIN, rows);
  }

  /** All events of an alert, from n = 0 on; empty when there is no such alert. */
  async readAlert(reader: Tx | Database, coalitionId: number, alertId: Uint8Array): Promise<EventRow[]> {
    const { rows } = await reader.query<EventRow & Record<string, unknown>>({
      name: 'evidence-read',
      text: `SELECT n, type, at, actor_rid AS "actorRid", tier, body, hash, statement, detail FROM event
             WHERE coalition_id = $1 AND alert_id = $2 ORDER BY n`,
      values: [coalitionId, Buffer.from(alertId)],
    });
    return rows;
  }
}

/**
 * One statement for any number of rows: arrays, because a row of placeholders each would stop at 65,535 parameters
 * and prepare a new plan for every count.
 */
const INSERT_EVENTS = `INSERT INTO event (coalition_id, alert_id, n, type, at, actor_rid, tier, body, hash, statement, detail)
  SELECT * FROM unnest($1::int[], $2::bytea[], $3::bigint[], $4::text[], $5::timestamptz[], $6::bytea[],
                       $7::smallint[], $8::bytea[], $9::bytea[], $10::bytea[], $11::jsonb[])`;

/** $1 to $11 of INSERT_EVENTS. */
function eventColumns(rows: readonly OwnedEventRow[]): Buffer[] {
  return [
    int4Array(rows, (each) => each.coalitionId),
    byteaArray(rows, (each) => each.alertId),
    int8Array(rows, ({ row }) => row.n),
    textArray(rows, ({ row }) => row.type),
    timestamptzArray(rows, ({ row }) => row.at.getTime()),
    byteaArray(rows, ({ row }) => row.actorRid),
    int2Array(rows, ({ row }) => row.tier),
    byteaArray(rows, ({ row }) => row.body),
    byteaArray(rows, ({ row }) => row.hash),
    byteaArray(rows, ({ row }) => row.statement),
    jsonbArray(rows, ({ row }) => row.detail),
  ];
}

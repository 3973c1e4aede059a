import { Injectable } from '@nestjs/common';
import { ByteReader, ENVELOPE_KINDS, gateBytes, maxGates, preludeBytes, toBase64url } from '@jardam/protocol';
import type { Database, Tx } from '../../platform/database/database.js';
import type { OpenedMailbox } from './mailbox-access.js';

/** A reply that waits for the defender. */
export interface WaitingMessage {
  /** Envelope hash, base64url of 32 bytes. */
  readonly id: string;
  readonly kind: number;
  readonly receivedAt: Date;
  /** Length of the envelope in bytes. */
  readonly bytes: number;
}

/** The end of the defender's own chain: what their next message continues from. */
export interface SenderChainEnd {
  readonly lastSeq: number;
  /** Envelope hash, 32 bytes. */
  readonly lastHash: Uint8Array;
}

/** What the sender chose when the alert was sealed, as far as the server was told. Somebody who comes back with the words
 *  needs it to seal an addition to the same people; their page shows it and lets them change it. */
export interface SentChoices {
  readonly tiers: readonly number[];
  /** Organisations that got no stanza. */
  readonly exclude: readonly string[];
  /** Tiers behind a gate: an addition with a gate that the report has not would stay closed for ever. */
  readonly gated: readonly number[];
}

/** Bytes of an envelope up to the end of its gates, at most. */
const gatesEndBytes = preludeBytes + maxGates * gateBytes;
/** Where the prelude says how many gates there are: before slots (1), reserved (2) and payload length (4). */
const gateCountAt = preludeBytes - 8;

/** What waits in the mailbox of one alert. Replies leave the server when they have been fetched and confirmed. */
@Injectable()
export class Mailbox {
  /** Replies in the order in which they came. */
  async list(reader: Tx | Database, { coalitionId, alertId }: OpenedMailbox): Promise<WaitingMessage[]> {
    const { rows } = await reader.query<Omit<WaitingMessage, 'id'> & { envelopeHash: Buffer }>({
      name: 'mailbox-list',
      text: `SELECT envelope_hash AS "envelopeHash", kind, received_at AS "receivedAt", octet_length(sealed) AS bytes
             FROM envelope WHERE coalition_id = $1 AND alert_id = $2 AND kind = $3 ORDER BY received_at, envelope_hash`,
      values: [coalitionId, alertId, ENVELOPE_KINDS.reply],
    });
    return rows.map(({ envelopeHash, ...rest }) => ({ id: toBase64url(envelopeHash), ...rest }));
  }

  /** The bytes of one reply, or null: not there, or not a reply. */
  async read(reader: Tx | Database, { coalitionId, alertId }: OpenedMailbox, envelopeHash: Uint8Array): Promise<Buffer | null> {
    const { rows } = await reader.query<{ sealed: Buffer }>({
      name: 'mailbox-read',
      text: `SELECT sealed FROM envelope
             WHERE coalition_id = $1 AND alert_id = $2 AND envelope_hash = $3 AND kind = $4`,
      values: [coalitionId, alertId, Buffer.from(envelopeHash), ENVELOPE_KINDS.reply],
    });
    return rows[0]?.sealed ?? null;
  }

  /** Deletes a reply that the defender has shown and confirmed. Confirming twice is harmless. */
  async confirm(tx: Tx | Database, { coalitionId, alertId }: OpenedMailbox, envelopeHash: Uint8Array): Promise<void> {
    await tx.query(
      'DELETE FROM envelope WHERE coalition_id = $1 AND alert_id = $2 AND envelope_hash = $3 AND kind = $4',
      [coalitionId, alertId, Buffer.from(envelopeHash), ENVELOPE_KINDS.reply],
    );
  }

  /** Where the defender's own messages stand; every accepted alert has at least its report. */
  async chainEnd(reader: Tx | Database, { coalitionId, alertId, senderPk }: OpenedMailbox): Promise<SenderChainEnd> {
    const { rows } = await reader.query<SenderChainEnd & Record<string, unknown>>({
      name: 'mailbox-chain-end',
      text: `SELECT seq AS "lastSeq", envelope_hash AS "lastHash" FROM envelope
             WHERE coalition_id = $1 AND alert_id = $2 AND sender_pk = $3 ORDER BY seq DESC LIMIT 1`,
      values: [coalitionId, alertId, senderPk],
    });
    const end = rows[0];
    if (end === undefined) throw new Error('an alert without its report');
    return end;
  }
  /** The choices of the report. Reads the beginning of the envelope only: pages ask every few seconds. */
  async sentChoices(reader: Tx | Database, { coalitionId, alertId, senderPk }: OpenedMailbox): Promise<SentChoices> {
    const { rows } = await reader.query<{ tiers: number[]; exclude: string[]; head: Buffer }>({
      name: 'mailbox-sent-choices',
      text: `SELECT a.tiers, a.excluded_orgs AS exclude, substring(e.sealed from 1 for $4) AS head
             FROM alert a JOIN envelope e USING (coalition_id, alert_id)
             WHERE a.coalition_id = $1 AND a.alert_id = $2 AND e.sender_pk = $3 AND e.seq = 0`,
      values: [coalitionId, alertId, senderPk, gatesEndBytes],
    });
    const row = rows[0];
    if (row === undefined) throw new Error('an alert without its report');
    return { tiers: row.tiers, exclude: row.exclude, gated: gatedTiers(row.head) };
  }
}

/** The tiers of the gates, out of the beginning of an envelope that was accepted. */
function gatedTiers(head: Uint8Array): number[] {
  const reader = new ByteReader(head);
  reader.take(gateCountAt);
  const count = reader.u8();
  reader.take(preludeBytes - gateCountAt - 1);
  return Array.from({ length: count }, () => reader.take(gateBytes)[0] ?? 0);
}

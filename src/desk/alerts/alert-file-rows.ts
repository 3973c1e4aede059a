import { toBase64url, toHex } from '@jardam/protocol';
import type { Tx } from '../../platform/database/database.js';

// The rows that make up an alert's file. Whether the person may see the alert was decided before (visible-alerts.ts).

/** coalition_id and alert_id. */
export type AlertKey = readonly [number, Buffer];

export interface EnvelopeEntry {
  readonly kind: number;
  readonly seq: number;
  readonly senderPk: string;
  readonly envelopeHash: string;
  readonly hh: string;
  readonly receivedAt: Date;
  readonly authorRid: string | null;
}

export interface AnswerEntry {
  readonly rid: string;
  readonly org: string;
  readonly tier: number;
  readonly gen: number;
  readonly decision: string;
  readonly at: Date;
  readonly statement: string;
  readonly signature: string;
  /** Whoever has the content key can check it; the server cannot. */
  readonly proof: string | null;
}

export interface HandOverEntry {
  readonly fromRid: string;
  readonly toRid: string | null;
  readonly toOrg: string | null;
  readonly askedAt: Date;
  readonly acceptedAt: Date | null;
  readonly acceptedBy: string | null;
}

export interface AttachmentEntry {
  readonly objectId: string;
  readonly totalBytes: number;
  readonly complete: boolean;
}

export interface CloseRequestEntry {
  readonly rid: string;
  readonly outcome: string;
  readonly at: Date;
}

/** Every message about the alert, in the order in which the server received them. */
export async function readEnvelopes(tx: Tx, key: AlertKey): Promise<EnvelopeEntry[]> {
  const { rows } = await tx.query<{
    kind: number;
    seq: number;
    sender_pk: Buffer;
    envelope_hash: Buffer;
    hh: Buffer;
    received_at: Date;
    author_rid: Buffer | null;
  }>(
    {
      name: 'desk-file-envelopes',
      text: `SELECT kind, seq, sender_pk, envelope_hash, hh, received_at, author_rid FROM envelope
             WHERE coalition_id = $1 AND alert_id = $2 ORDER BY received_at, seq`,
    },
    key,
  );
  return rows.map((row) => ({
    kind: row.kind,
    seq: row.seq,
    senderPk: toBase64url(row.sender_pk),
    envelopeHash: toBase64url(row.envelope_hash),
    hh: toBase64url(row.hh),
    receivedAt: row.received_at,
    authorRid: hexOrNull(row.author_rid),
  }));
}

/** Attachments by the defender, complete or still on their way. */
export async function readAttachments(tx: Tx, key: AlertKey): Promise<AttachmentEntry[]> {
  const { rows } = await tx.query<{ object_id: Buffer; total_bytes: number; complete: boolean }>(
    {
      name: 'desk-file-attachments',
      text: `SELECT object_id, total_bytes, complete_at IS NOT NULL AS complete FROM attachment WHERE coalition_id = $1 AND alert_id = $2 ORDER BY created_at`,
    },
    key,
  );
  return rows.map((row) => ({ objectId: toHex(row.object_id), totalBytes: row.total_bytes, complete: row.complete }));
}

/** Every decision, with the signed statement that proves it. */
export async function readAnswers(tx: Tx, key: AlertKey): Promise<AnswerEntry[]> {
  const { rows } = await tx.query<
    Pick<AnswerEntry, 'org' | 'tier' | 'gen' | 'decision' | 'at'> & { rid: Buffer; statement: Buffer; signature: Buffer; proof: Buffer | null }
  >(
    {
      name: 'desk-file-answers',
      text: `SELECT rid, org, tier, gen, decision, at, statement, signature, proof FROM ack WHERE coalition_id = $1 AND alert_id = $2 ORDER BY at, rid`,
    },
    key,
  );
  return rows.map((row) => ({
    ...row,
    rid: toHex(row.rid),
    statement: toBase64url(row.statement),
    signature: toBase64url(row.signature),
    proof: row.proof === null ? null : toBase64url(row.proof),
  }));
}

/** Who wants to close, and how. */
export async function readCloseRequests(tx: Tx, key: AlertKey): Promise<CloseRequestEntry[]> {
  const { rows } = await tx.query<{ rid: Buffer; outcome: string; at: Date }>(
    { name: 'desk-file-close-requests', text: `SELECT rid, outcome, at FROM close_request WHERE coalition_id = $1 AND alert_id = $2 ORDER BY at` },
    key,
  );
  return rows.map((row) => ({ ...row, rid: toHex(row.rid) }));
}

/** The newest hand-over, accepted or not. */
export async function readHandOver(tx: Tx, key: AlertKey): Promise<HandOverEntry | null> {
  const { rows } = await tx.query<{
    from_rid: Buffer;
    to_rid: Buffer | null;
    to_org: string | null;
    asked_at: Date;
    accepted_at: Date | null;
    accepted_by: Buffer | null;
  }>(
    {
      name: 'desk-file-hand-over',
      text: `SELECT from_rid, to_rid, to_org, asked_at, accepted_at, accepted_by FROM hand_over
             WHERE coalition_id = $1 AND alert_id = $2 ORDER BY asked_at DESC LIMIT 1`,
    },
    key,
  );
  const row = rows[0];
  return row === undefined
    ? null
    : {
        fromRid: toHex(row.from_rid),
        toRid: hexOrNull(row.to_rid),
        toOrg: row.to_org,
        askedAt: row.asked_at,
        acceptedAt: row.accepted_at,
        acceptedBy: hexOrNull(row.accepted_by),
      };
}

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : toHex(bytes);
}

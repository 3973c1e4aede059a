import { Inject, Injectable } from '@nestjs/common';
import { attachmentCiphertextBytes, equalBytes } from '@jardam/protocol';
import { HTTP_CONFIG, RETENTION_CONFIG, type HttpConfig, type RetentionConfig } from '../../platform/config/slices.js';
import type { Tx } from '../../platform/database/database.js';
import type { OpenedMailbox } from '../mailbox/mailbox-access.js';
import { streamedHash } from './streamed-hash.js';

/** How far an upload has come. */
export interface UploadState {
  readonly totalBytes: number;
  readonly receivedBytes: number;
  readonly complete: boolean;
}

export type CreateRefusal =
  | { readonly refused: 'attachment-too-large'; readonly limitBytes: number }
  | { readonly refused: 'too-many-attachments'; readonly limit: number }
  /** The same id was announced with another length or hash. */
  | { readonly refused: 'attachment-exists' }
  /** The files of the last 24 hours fill what the operator gave them. The alert itself is not touched; try again. */
  | { readonly refused: 'attachments-full' };

export type AppendRefusal =
  | { readonly refused: 'unknown-attachment' }
  | { readonly refused: 'wrong-offset'; readonly offset: number }
  | { readonly refused: 'empty-part' }
  | { readonly refused: 'attachment-too-large'; readonly limitBytes: number }
  /** All bytes are there and are not those that were announced; nothing is kept, begin again at 0. */
  | { readonly refused: 'attachment-damaged' };

/**
 * Sealed files, taken in parts that can be resumed. The server never learns a name or a type; it checks that what
 * arrived is what was announced.
 */
@Injectable()
export class Attachments {
  constructor(
    @Inject(HTTP_CONFIG) private readonly http: HttpConfig,
    @Inject(RETENTION_CONFIG) private readonly limits: RetentionConfig,
  ) {}

  /** The most bytes a sealed file may have: a file of the configured size, padded and encrypted. */
  get sealedLimitBytes(): number {
    return attachmentCiphertextBytes(this.limits.attachmentLimitBytes);
  }

  /**
   * Announces a file of `totalBytes` whose BLAKE2b-256 is `hash`. Announcing the same again tells how far it has come.
   */
  async create(
    tx: Tx,
    { coalitionId, alertId }: OpenedMailbox,
    object: { readonly objectId: Uint8Array; readonly totalBytes: number; readonly hash: Uint8Array },
  ): Promise<UploadState | CreateRefusal> {
    if (object.totalBytes > this.sealedLimitBytes) return { refused: 'attachment-too-large', limitBytes: this.sealedLimitBytes };
    // Two announcements at once would both count too few; the alert's row lets them count one after the other.
    await tx.query('SELECT FROM alert WHERE coalition_id = $1 AND alert_id = $2 FOR NO KEY UPDATE', [coalitionId, alertId]);
    const { rows } = await tx.query<{ object_id: Buffer; total_bytes: number; received_bytes: number; hash: Buffer; complete_at: Date | null }>(
      'SELECT object_id, total_bytes, received_bytes, hash, complete_at FROM attachment WHERE coalition_id = $1 AND alert_id = $2',
      [coalitionId, alertId],
    );
    const known = rows.find((row) => equalBytes(row.object_id, object.objectId));
    if (known !== undefined) {
      if (known.total_bytes !== object.totalBytes || !equalBytes(known.hash, object.hash)) return { refused: 'attachment-exists' };
      return { totalBytes: known.total_bytes, receivedBytes: known.received_bytes, complete: known.complete_at !== null };
    }
    if (rows.length >= this.limits.attachmentsPerAlert) {
      return { refused: 'too-many-attachments', limit: this.limits.attachmentsPerAlert };
    }
    if (object.totalBytes > (await this.bytesLeftToday(tx, coalitionId, alertId))) return { refused: 'attachments-full' };
    await tx.query('INSERT INTO attachment (coalition_id, alert_id, object_id, total_bytes, hash) VALUES ($1, $2, $3, $4, $5)', [
      coalitionId,
      alertId,
      Buffer.from(object.objectId),
      object.totalBytes,
      Buffer.from(object.hash),
    ]);
    return { totalBytes: object.totalBytes, receivedBytes: 0, complete: false };
  }

  /** Two announcements at once may both still fit and overshoot by a file: a budget, not a promise. */
  private async bytesLeftToday(tx: Tx, coalitionId: number, alertId: Uint8Array): Promise<number> {
    const { rows } = await tx.query<{ announced: number }>({
      name: 'attachment-announced-today',
      text: `SELECT coalesce(sum(o.total_bytes), 0)::float8 AS announced
             FROM attachment o JOIN alert of_o ON of_o.coalition_id = o.coalition_id AND of_o.alert_id = o.alert_id
             WHERE o.coalition_id = $1 AND o.created_at > now() - interval '1 day'
               AND (of_o.severity = 1) = (SELECT severity = 1 FROM alert WHERE coalition_id = $1 AND alert_id = $2)`,
      values: [coalitionId, alertId],
    });
    return this.limits.attachmentBytesPerDay - (rows[0]?.announced ?? 0);
  }

  /** How far a file has come; null when it was never announced. */
  async state(tx: Tx, mailbox: OpenedMailbox, objectId: Uint8Array): Promise<UploadState | null> {
    const row = await this.lock(tx, mailbox, objectId);
    return row === null ? null : { totalBytes: row.total_bytes, receivedBytes: row.received_bytes, complete: row.complete_at !== null };
  }

  /**
   * Appends a part. It is kept whole or not at all, so a connection that breaks costs one part; the part that
   * completes the file also has the whole of it hashed, read from the database piece by piece.
   *
   * The caller commits also on refusal: 'attachment-damaged' has thrown the damaged parts away.
   *
   * @param offset where the client believes the part begins
   */
  async append(
    tx: Tx,
    mailbox: OpenedMailbox,
    part: { readonly objectId: Uint8Array; readonly offset: number; readonly bytes: Uint8Array },
  ): Promise<UploadState | AppendRefusal> {
    const { bytes, objectId, offset } = part;
    if (bytes.length === 0) return { refused: 'empty-part' };
    if (bytes.length > this.http.chunkLimitBytes) return { refused: 'attachment-too-large', limitBytes: this.http.chunkLimitBytes };
    const row = await this.lock(tx, mailbox, objectId);
    if (row === null) return { refused: 'unknown-attachment' };
    if (offset !== row.received_bytes) return { refused: 'wrong-offset', offset: row.received_bytes };
    const received = offset + bytes.length;
    if (received > row.total_bytes) return { refused: 'attachment-too-large', limitBytes: row.total_bytes };

    const key = [mailbox.coalitionId, mailbox.alertId, Buffer.from(objectId)];
    await tx.query({
      name: 'attachment-chunk',
      text: `INSERT INTO attachment_chunk (coalition_id, alert_id, object_id, start_byte, sealed) VALUES ($1, $2, $3, $4, $5)`,
      values: [...key, offset, Buffer.from(bytes)],
    });
    const complete = received === row.total_bytes;
    if (complete && !equalBytes(await hashOf(tx, key), row.hash)) {
      await tx.query('DELETE FROM attachment_chunk WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3', key);
      await tx.query('UPDATE attachment SET received_bytes = 0 WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3', key);
      return { refused: 'attachment-damaged' };
    }
    await tx.query(
      `UPDATE attachment SET received_bytes = $4, complete_at = CASE WHEN $5::boolean THEN now() END
       WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3`,
      [...key, received, complete],
    );
    return { totalBytes: row.total_bytes, receivedBytes: received, complete };
  }

  private async lock(tx: Tx, { coalitionId, alertId }: OpenedMailbox, objectId: Uint8Array) {
    const { rows } = await tx.query<{ total_bytes: number; received_bytes: number; hash: Buffer; complete_at: Date | null }>({
      name: 'attachment-lock',
      text: `SELECT total_bytes, received_bytes, hash, complete_at FROM attachment
             WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3 FOR NO KEY UPDATE`,
      values: [coalitionId, alertId, Buffer.from(objectId)],
    });
    return rows[0] ?? null;
  }
}

/** BLAKE2b-256 over all parts in order; holds one part in memory at a time. */
async function hashOf(tx: Tx, key: readonly unknown[]): Promise<Uint8Array> {
  const hash = await streamedHash();
  for (let at = 0; ; ) {
    const { rows } = await tx.query<{ sealed: Buffer }>({
      name: 'attachment-read',
      text: `SELECT sealed FROM attachment_chunk
             WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3 AND start_byte = $4`,
      values: [...key, at],
    });
    const part = rows[0]?.sealed;
    if (part === undefined) return hash.digest();
    hash.update(part);
    at += part.length;
  }
}

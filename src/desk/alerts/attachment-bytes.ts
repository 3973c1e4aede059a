import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { VISIBLE_ALERTS } from './visible-alerts.js';

export interface Attachment {
  readonly totalBytes: number;
  /** Bytes from `start` up to and without `end`, in pieces as they are stored. */
  read(start: number, end: number): AsyncGenerator<Buffer>;
}

/** Sealed attachments, read piece by piece: a whole one is never in memory, and no transaction waits for a slow line. */
@Injectable()
export class AttachmentBytes {
  constructor(@Inject(Database) private readonly database: Database) {}

  /** A complete attachment of an alert that the person may see, or null. */
  async find(session: DeskSession, alertId: Uint8Array, objectId: Uint8Array): Promise<Attachment | null> {
    const { rows } = await this.database.query<{ total_bytes: number }>({
      name: 'desk-attachment-find',
      text: `SELECT o.total_bytes FROM (${VISIBLE_ALERTS}) v JOIN attachment o USING (coalition_id, alert_id)
             WHERE v.alert_id = $3 AND o.object_id = $4 AND o.complete_at IS NOT NULL`,
      values: [session.coalitionId, session.rid, Buffer.from(alertId), Buffer.from(objectId)],
    });
    const totalBytes = rows[0]?.total_bytes;
    if (totalBytes === undefined) return null;
    const key = [session.coalitionId, Buffer.from(alertId), Buffer.from(objectId)] as const;
    return { totalBytes, read: (start, end) => this.pieces(key, start, end) };
  }

  private async *pieces(key: readonly [number, Buffer, Buffer], start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; ) {
      const { rows } = await this.database.query<{ start_byte: number; sealed: Buffer }>({
        name: 'desk-attachment-piece',
        text: `SELECT start_byte, sealed FROM attachment_chunk
               WHERE coalition_id = $1 AND alert_id = $2 AND object_id = $3 AND start_byte <= $4
               ORDER BY start_byte DESC LIMIT 1`,
        values: [...key, at],
      });
      const chunk = rows[0];
      const piece = chunk?.sealed.subarray(at - chunk.start_byte, end - chunk.start_byte);
      // Ends the connection in the middle: the reader sees a cut answer and not a shorter file.
      if (piece === undefined || piece.length === 0) throw new Error('a piece of an attachment is missing');
      yield piece;
      at += piece.length;
    }
  }
}

export type ByteRange = { readonly start: number; readonly end: number } | 'whole' | 'unsatisfiable';

/**
 * A Range header of one range of bytes (RFC 9110 section 14.1.2). `end` is exclusive. Anything else, several ranges
 * included, is answered with the whole, as the standard allows.
 */
export function readRange(header: string | undefined, totalBytes: number): ByteRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [first = '', last = ''] = match?.slice(1) ?? [];
  if (match === null || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), totalBytes);
    return length === 0 ? 'unsatisfiable' : { start: totalBytes - length, end: totalBytes };
  }
  const start = Number(first);
  const end = last === '' ? totalBytes : Math.min(Number(last) + 1, totalBytes);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= totalBytes ? 'unsatisfiable' : { start, end };
}

import { Inject, Injectable } from '@nestjs/common';
import {
  aeadTagBytes,
  ENVELOPE_KINDS,
  EnvelopeError,
  equalBytes,
  isAllZero,
  minPayloadBytes,
  replyTier,
  verifyEnvelope,
  type EnvelopeErrorCode,
  type Primitives,
  type VerifiedEnvelope,
} from '@jardam/protocol';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Tx } from '../../platform/database/database.js';
import { maxTeamMessages } from '../limits.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { VISIBLE_ALERTS } from './visible-alerts.js';

export type MessageRefusal =
  | EnvelopeErrorCode
  | 'not-found'
  | 'not-a-team-message'
  | 'wrong-size'
  | 'no-stanza-for-defender'
  | 'stanza-for-defender'
  | 'unknown-roster'
  | 'replayed'
  | 'too-many-messages';

export type Posted =
  | { readonly envelopeHash: Uint8Array; readonly receivedAt: Date; readonly repeated: boolean }
  | { readonly refused: MessageRefusal };

/**
 * Replies to the defender (kind 4) and notes for the team (kind 5). The server checks what it can see: shape, the
 * one-time sender key's signature, size, and whom the stanzas are for. Who wrote is inside, signed by the responder's
 * key; beside it the session's person is recorded, so that a stranger's text can be traced to an account.
 */
@Injectable()
export class TeamMessages {
  constructor(@Inject(PRIMITIVES) private readonly p: Primitives) {}

  /** Stores a message. The same bytes sent again get the same answer. */
  async post(tx: Tx, session: DeskSession, alertId: Uint8Array, bytes: Uint8Array): Promise<Posted> {
    const read = this.read(bytes, alertId);
    if ('refused' in read) return read;
    const { envelope } = read;

    const { rows } = await tx.query<{ messages: number; known_roster: boolean }>({
      name: 'desk-message-check',
      // The row lock keeps two posts at once from both being the last one that fits.
      text: `SELECT (SELECT count(*) FROM envelope e
                     WHERE e.coalition_id = $1 AND e.alert_id = $3 AND e.author_rid IS NOT NULL) AS messages,
                    EXISTS (SELECT FROM roster_version r
                            WHERE r.coalition_id = $1 AND r.version = $4 AND r.hash = $5) AS known_roster
             FROM (${VISIBLE_ALERTS}) v JOIN alert_timer t USING (coalition_id, alert_id)
             WHERE v.alert_id = $3 FOR UPDATE OF t`,
      values: [session.coalitionId, session.rid, Buffer.from(alertId), envelope.rosterVersion, Buffer.from(envelope.rosterHash)],
    });
    const alert = rows[0];
    if (alert === undefined) return { refused: 'not-found' };

    const before = await this.stored(tx, session, envelope);
    if (before !== null) {
      return equalBytes(before.envelope_hash, envelope.envelopeHash)
        ? { envelopeHash: envelope.envelopeHash, receivedAt: before.received_at, repeated: true }
        : { refused: 'replayed' };
    }
    if (!alert.known_roster) return { refused: 'unknown-roster' };
    if (alert.messages >= maxTeamMessages) return { refused: 'too-many-messages' };
    const receivedAt = await this.insert(tx, session, envelope);
    return { envelopeHash: envelope.envelopeHash, receivedAt, repeated: false };
  }

  private read(bytes: Uint8Array, alertId: Uint8Array): { readonly envelope: VerifiedEnvelope } | { readonly refused: MessageRefusal } {
    let envelope: VerifiedEnvelope;
    try {
      envelope = verifyEnvelope(this.p, bytes);
    } catch (error) {
      if (error instanceof EnvelopeError) return { refused: error.code };
      throw error;
    }
    const { kind } = envelope;
    if (kind !== ENVELOPE_KINDS.reply && kind !== ENVELOPE_KINDS.note) return { refused: 'not-a-team-message' };
    if (!equalBytes(envelope.alertId, alertId)) return { refused: 'wrong-alert' };
    // The sender key is drawn for this one message, so there is nothing before it.
    if (envelope.seq !== 0) return { refused: 'wrong-seq' };
    if (!isAllZero(envelope.prevHash)) return { refused: 'wrong-prev' };
    if (envelope.gates.length > 0) return { refused: 'bad-gates' };
    if (envelope.payload.length !== minPayloadBytes + aeadTagBytes) return { refused: 'wrong-size' };
    const forDefender = envelope.stanzaTiers.includes(replyTier);
    if (kind === ENVELOPE_KINDS.reply && !forDefender) return { refused: 'no-stanza-for-defender' };
    // What colleagues write about a case is not for the phone of somebody who may be searched.
    if (kind === ENVELOPE_KINDS.note && forDefender) return { refused: 'stanza-for-defender' };
    return { envelope };
  }

  private async stored(tx: Tx, session: DeskSession, envelope: VerifiedEnvelope): Promise<{ envelope_hash: Buffer; received_at: Date } | null> {
    const { rows } = await tx.query<{ envelope_hash: Buffer; received_at: Date }>(
      `SELECT envelope_hash, received_at FROM envelope
       WHERE coalition_id = $1 AND alert_id = $2 AND sender_pk = $3 AND seq = $4`,
      [session.coalitionId, Buffer.from(envelope.alertId), Buffer.from(envelope.senderPk), envelope.seq],
    );
    return rows[0] ?? null;
  }

  private async insert(tx: Tx, session: DeskSession, envelope: VerifiedEnvelope): Promise<Date> {
    const { rows } = await tx.query<{ received_at: Date }>({
      name: 'desk-message-insert',
      text: `INSERT INTO envelope (coalition_id, alert_id, sender_pk, seq, kind, envelope_hash, hh, author_rid, sealed)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING received_at`,
      values: [
        session.coalitionId,
        Buffer.from(envelope.alertId),
        Buffer.from(envelope.senderPk),
        envelope.seq,
        envelope.kind,
        Buffer.from(envelope.envelopeHash),
        Buffer.from(envelope.hh),
        session.rid,
        Buffer.from(envelope.bytes),
      ],
    });
    const receivedAt = rows[0]?.received_at;
    if (receivedAt === undefined) throw new Error('a message was not stored');
    return receivedAt;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import {
  checkChain,
  ENVELOPE_KINDS,
  EnvelopeError,
  equalBytes,
  verifyEnvelope,
  type EnvelopeErrorCode,
  type Primitives,
  type VerifiedEnvelope,
} from '@jardam/protocol';
import { isClosed, type AlertLifeState } from '../../domain/life-cycle.js';
import { Acts, type ActRefusal } from '../../escalation/acts.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { RosterStore } from '../../roster/roster-store.js';

export interface StoredMessage {
  readonly envelopeHash: Uint8Array;
  readonly receivedAt: Date;
  /** Exactly these bytes were there before. */
  readonly repeated: boolean;
}

export type MessageRefusal =
  | { readonly refused: EnvelopeErrorCode }
  | { readonly refused: 'not-for-here' | 'unknown-alert' | 'bad-gate' | 'replayed' | ActRefusal }
  /** The message skips one, or does not continue from the last: fetch the mailbox and seal again. */
  | { readonly refused: 'out-of-order'; readonly expectedSeq: number }
  | { readonly refused: 'too-many-messages'; readonly limit: number };

/** What one alert may fill: at 256 KiB each this is 128 MiB. */
const maxMessagesPerAlert = 500;

interface LastMessage {
  readonly seq: number;
  readonly hash: Buffer;
}

/** The defender's further messages about their alert: more to say (kind 3), or the wish to stand down (kind 6). */
@Injectable()
export class SenderMessages {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Database) private readonly database: Database,
    @Inject(RosterStore) private readonly rosters: RosterStore,
    @Inject(Acts) private readonly acts: Acts,
    @Inject(Gatekeeper) private readonly gatekeeper: Gatekeeper,
  ) {}

  /**
   * Verifies and stores a message behind the sender's last one, and tells whom it concerns. Needs no token: the
   * signature by the alert's own sender key is the right to write. The same bytes again are answered as the first time.
   */
  async accept(alertId: Uint8Array, bytes: Uint8Array): Promise<StoredMessage | MessageRefusal> {
    const envelope = await this.check(alertId, bytes);
    return 'refused' in envelope ? envelope : this.database.transaction((tx) => this.store(tx, envelope));
  }

  /** The same as part of a larger transaction. */
  async acceptWithin(tx: Tx, alertId: Uint8Array, bytes: Uint8Array): Promise<StoredMessage | MessageRefusal> {
    const envelope = await this.check(alertId, bytes);
    return 'refused' in envelope ? envelope : this.store(tx, envelope);
  }

  private async check(alertId: Uint8Array, bytes: Uint8Array): Promise<VerifiedEnvelope | MessageRefusal> {
    const envelope = this.verify(bytes);
    if ('refused' in envelope) return envelope;
    const { kind } = envelope;
    if (kind !== ENVELOPE_KINDS.followup && kind !== ENVELOPE_KINDS.standDown) return { refused: 'not-for-here' };
    if (!equalBytes(envelope.alertId, alertId)) return { refused: 'wrong-alert' };
    const roster = await this.rosters.find(DEFAULT_COALITION, envelope.rosterVersion, envelope.rosterHash);
    if (roster === null) return { refused: 'unknown-roster' };
    return envelope;
  }

  private verify(bytes: Uint8Array): VerifiedEnvelope | { readonly refused: EnvelopeErrorCode } {
    try {
      return verifyEnvelope(this.p, bytes);
    } catch (error) {
      if (error instanceof EnvelopeError) return { refused: error.code };
      throw error;
    }
  }

  private async store(tx: Tx, envelope: VerifiedEnvelope): Promise<StoredMessage | MessageRefusal> {
    const key = [DEFAULT_COALITION, Buffer.from(envelope.alertId)];
    // The lock that orders all changes of this alert; two copies of one message meet here.
    const { rows } = await tx.query<{ sender_pk: Buffer; state: AlertLifeState }>(
      `SELECT a.sender_pk, t.state FROM alert_timer t JOIN alert a USING (coalition_id, alert_id)
       WHERE t.coalition_id = $1 AND t.alert_id = $2 FOR UPDATE OF t`,
      key,
    );
    const alert = rows[0];
    if (alert === undefined) return { refused: 'unknown-alert' };
    const senderPk = alert.sender_pk;
    if (!equalBytes(senderPk, envelope.senderPk)) return { refused: 'wrong-sender' };
    const place = await this.placeOf(tx, key, envelope);
    if (place !== 'next') return place;
    // Nobody watches a closed alert any more: a message there would lie unread. A new alert is the way to be heard.
    if (isClosed(alert.state)) return { refused: 'already-closed' };
    if (!(await this.gatekeeper.keepsKeysFor(tx, DEFAULT_COALITION, envelope))) return { refused: 'bad-gate' };

    const { alertId, seq, envelopeHash } = envelope;
    const done =
      envelope.kind === ENVELOPE_KINDS.standDown
        ? await this.acts.standDownRequested(tx, DEFAULT_COALITION, alertId, seq, envelopeHash)
        : await this.acts.followUp(tx, DEFAULT_COALITION, alertId, seq, envelopeHash);
    if ('refused' in done) return done;
    const stored = await tx.query<{ received_at: Date }>(
      `INSERT INTO envelope (coalition_id, alert_id, sender_pk, seq, kind, envelope_hash, hh, sealed)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING received_at`,
      [...key, senderPk, seq, envelope.kind, Buffer.from(envelopeHash), Buffer.from(envelope.hh), Buffer.from(envelope.bytes)],
    );
    const receivedAt = stored.rows[0]?.received_at;
    if (receivedAt === undefined) throw new Error('a message was not stored');
    return { envelopeHash, receivedAt, repeated: false };
  }

  /** 'next' when the message continues the sender's chain; otherwise the answer. */
  private async placeOf(tx: Tx, key: readonly unknown[], envelope: VerifiedEnvelope): Promise<'next' | StoredMessage | MessageRefusal> {
    const same = await tx.query<{ envelope_hash: Buffer; received_at: Date }>(
      'SELECT envelope_hash, received_at FROM envelope WHERE coalition_id = $1 AND alert_id = $2 AND sender_pk = $3 AND seq = $4',
      [...key, Buffer.from(envelope.senderPk), envelope.seq],
    );
    const stored = same.rows[0];
    if (stored !== undefined) {
      if (!equalBytes(stored.envelope_hash, envelope.envelopeHash)) return { refused: 'replayed' };
      return { envelopeHash: envelope.envelopeHash, receivedAt: stored.received_at, repeated: true };
    }
    const last = await this.lastOf(tx, key, envelope.senderPk);
    const { alertId, senderPk } = envelope;
    const check = checkChain({ alertId, senderPk, seq: last.seq, envelopeHash: last.hash }, envelope);
    if ('refused' in check) return { refused: 'out-of-order', expectedSeq: last.seq + 1 };
    if (last.seq >= maxMessagesPerAlert) return { refused: 'too-many-messages', limit: maxMessagesPerAlert };
    return 'next';
  }

  private async lastOf(tx: Tx, key: readonly unknown[], senderPk: Uint8Array): Promise<LastMessage> {
    const { rows } = await tx.query<{ seq: number; envelope_hash: Buffer }>(
      `SELECT seq, envelope_hash FROM envelope
       WHERE coalition_id = $1 AND alert_id = $2 AND sender_pk = $3 ORDER BY seq DESC LIMIT 1`,
      [...key, Buffer.from(senderPk)],
    );
    const row = rows[0];
    if (row === undefined) throw new Error('an alert without its report');
    return { seq: row.seq, hash: row.envelope_hash };
  }
}

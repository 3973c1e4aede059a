import { Inject, Injectable } from '@nestjs/common';
import { CLOSED_STATES } from '../../domain/life-cycle.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Database, Tx } from '../../platform/database/database.js';
import type { ChainPlace } from '../sealing/chat-sealer.js';
import { ChatSecrets } from '../secrets.js';

/** An alert whose state a chat is told. */
export interface ChatAlert {
  readonly alertId: Buffer;
  readonly owner: Buffer;
  /** Names the alert in the buttons below its status. */
  readonly tag: string;
  /** Written in the chat; otherwise sealed on the person's own phone, and the bot can add nothing to it. */
  readonly fromChat: boolean;
  readonly statusMessageId: number;
  readonly additions: number;
  readonly addedAt: Date | null;
  readonly filesWaiting: number;
  readonly filesRefused: number;
  readonly undeleted: boolean;
  readonly askingToStop: boolean;
  readonly held: { readonly envelope: Buffer; readonly messageId: number } | null;
  /** The message that was corrected or moves, also after its latest state was handed over. */
  readonly movingMessageId: number | null;
}

interface Row extends Record<string, unknown> {
  alert_id: Buffer;
  owner: Buffer;
  sign_seed_sealed: Buffer | null;
  status_message_id: number;
  additions: number;
  added_at: Date | null;
  files_waiting: number;
  files_refused: number;
  undeleted: boolean;
  asking_to_stop: boolean;
  held_envelope: Buffer | null;
  held_message_id: number | null;
}

const COLUMNS = `c.alert_id, c.owner, c.sign_seed_sealed, c.status_message_id, c.additions, c.added_at, c.files_waiting, c.files_refused,
  c.undeleted, c.asking_to_stop, c.held_envelope, c.held_message_id`;

/** The rows that tie alerts to chats. They go when the alert is closed, and when the person leaves. */
@Injectable()
export class ChatAlerts {
  constructor(@Inject(ChatSecrets) private readonly secrets: ChatSecrets) {}

  /** The open alert that this account began by writing, locked; null when there is none. */
  async openFor(tx: Tx, owner: Uint8Array): Promise<ChatAlert | null> {
    return this.one(
      tx,
      `JOIN alert_timer t USING (coalition_id, alert_id)
       WHERE c.coalition_id = $1 AND c.owner = $2 AND c.sign_seed_sealed IS NOT NULL AND NOT t.state = ANY ($3)
       ORDER BY t.chain_at DESC LIMIT 1 FOR UPDATE OF c`,
      [Buffer.from(owner), CLOSED_STATES],
    );
  }

  /** @param locking 'FOR UPDATE OF c' to change it afterwards */
  async byAlert(reader: Tx | Database, alertId: Uint8Array, locking: 'FOR UPDATE OF c' | '' = ''): Promise<ChatAlert | null> {
    return this.one(reader, `WHERE c.coalition_id = $1 AND c.alert_id = $2 ${locking}`, [Buffer.from(alertId)]);
  }

  /**
   * The alert that a pressed button names, locked; null when the account has none of that name any more. Not looked up by
   * the message: a person can be quicker than the note of its number, and that note is missing when Telegram's answer is lost.
   */
  async byTag(tx: Tx, owner: Uint8Array, tag: string): Promise<ChatAlert | null> {
    const { rows } = await tx.query<Row>(`SELECT ${COLUMNS} FROM telegram_alert c WHERE c.coalition_id = $1 AND c.owner = $2 FOR UPDATE OF c`, [
      DEFAULT_COALITION,
      Buffer.from(owner),
    ]);
    return rows.map((row) => this.chatAlertOf(row)).find((alert) => alert.tag === tag) ?? null;
  }

  async add(tx: Tx, owner: Uint8Array, alertId: Uint8Array, parts: { readonly signSeed?: Uint8Array; readonly statusMessageId?: number }): Promise<void> {
    await tx.query(
      `INSERT INTO telegram_alert (coalition_id, alert_id, owner, sign_seed_sealed, status_message_id) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT DO NOTHING`,
      [
        DEFAULT_COALITION,
        Buffer.from(alertId),
        Buffer.from(owner),
        parts.signSeed === undefined ? null : this.secrets.sealSignSeed(alertId, parts.signSeed),
        parts.statusMessageId ?? 0,
      ],
    );
  }

  /** Where the person's next message about this alert stands. Holds the alert's lock until the transaction ends. */
  async place(tx: Tx, alertId: Uint8Array): Promise<ChainPlace> {
    const key = [DEFAULT_COALITION, Buffer.from(alertId)];
    await tx.query('SELECT FROM alert_timer WHERE coalition_id = $1 AND alert_id = $2 FOR UPDATE', key);
    const { rows } = await tx.query<{ sign_seed_sealed: Buffer | null; seq: number; envelope_hash: Buffer }>(
      `SELECT c.sign_seed_sealed, e.seq, e.envelope_hash
       FROM telegram_alert c JOIN alert a USING (coalition_id, alert_id) JOIN envelope e USING (coalition_id, alert_id, sender_pk)
       WHERE c.coalition_id = $1 AND c.alert_id = $2 ORDER BY e.seq DESC LIMIT 1`,
      key,
    );
    const row = rows[0];
    if (row === undefined || row.sign_seed_sealed === null) throw new Error('nothing can be added from here to an alert that was sealed elsewhere');
    return { alertId, signSeed: this.secrets.openSignSeed(alertId, row.sign_seed_sealed), lastSeq: row.seq, lastHash: row.envelope_hash };
  }

  /** The person's public key of the alert, which its attachments are filed under. */
  async senderPk(tx: Tx, alertId: Uint8Array): Promise<Buffer> {
    const { rows } = await tx.query<{ sender_pk: Buffer }>('SELECT sender_pk FROM alert WHERE coalition_id = $1 AND alert_id = $2', [
      DEFAULT_COALITION,
      Buffer.from(alertId),
    ]);
    if (rows[0] === undefined) throw new Error('a chat is told of an alert that does not exist');
    return rows[0].sender_pk;
  }

  async countAddition(tx: Tx, alertId: Uint8Array): Promise<void> {
    await this.set(tx, alertId, 'additions = additions + 1, added_at = now()');
  }

  async countFiles(tx: Tx, alertId: Uint8Array, change: { readonly waiting?: number; readonly refused?: number }): Promise<void> {
    await this.set(tx, alertId, 'files_waiting = greatest(0, files_waiting + $3), files_refused = files_refused + $4', [change.waiting ?? 0, change.refused ?? 0]);
  }

  async hold(tx: Tx, alertId: Uint8Array, held: { readonly envelope: Uint8Array; readonly messageId: number; readonly forMs: number }): Promise<void> {
    // A newer state takes the place of the older one but not its time: somebody on the move is still heard regularly.
    await this.set(
      tx,
      alertId,
      `held_envelope = $3, held_message_id = $4, held_until = coalesce(held_until, now() + $5 * interval '1 millisecond')`,
      [Buffer.from(held.envelope), held.messageId, held.forMs],
    );
  }

  async release(tx: Tx, alertId: Uint8Array): Promise<void> {
    await this.set(tx, alertId, 'held_envelope = NULL, held_until = NULL');
  }

  async setStatusMessage(tx: Tx, alertId: Uint8Array, messageId: number): Promise<void> {
    await this.set(tx, alertId, 'status_message_id = $3', [messageId]);
  }

  /** Notes a message that was just sent. False when the status has another place by now, or none: nobody waits for this one. */
  async noteStatusMessage(tx: Tx, { alertId, statusMessageId }: ChatAlert, messageId: number): Promise<boolean> {
    const { rowCount } = await tx.query('UPDATE telegram_alert SET status_message_id = $3 WHERE coalition_id = $1 AND alert_id = $2 AND status_message_id = $4', [
      DEFAULT_COALITION,
      alertId,
      messageId,
      statusMessageId,
    ]);
    return rowCount === 1;
  }

  async setUndeleted(tx: Tx, alertId: Uint8Array): Promise<void> {
    await this.set(tx, alertId, 'undeleted = true');
  }

  async setAskingToStop(tx: Tx, alertId: Uint8Array, asking: boolean): Promise<void> {
    await this.set(tx, alertId, 'asking_to_stop = $3', [asking]);
  }

  /** Has the status told anew, whatever was told before. */
  async tellAgain(tx: Tx, owner: Uint8Array): Promise<void> {
    await tx.query('UPDATE telegram_alert SET told_n = -1 WHERE coalition_id = $1 AND owner = $2', [DEFAULT_COALITION, Buffer.from(owner)]);
  }

  /** Alerts that have changed since their chats were told, marked as being told. Locked against another instance. */
  async takeChanged(tx: Tx, limit: number): Promise<{ readonly alertId: Buffer; readonly owner: Buffer }[]> {
    const { rows } = await tx.query<{ alert_id: Buffer; owner: Buffer }>({
      name: 'telegram-changed',
      text: `UPDATE telegram_alert AS c SET told_n = found.chain_n
             FROM (SELECT coalition_id, alert_id, t.chain_n FROM telegram_alert JOIN alert_timer t USING (coalition_id, alert_id)
                   WHERE coalition_id = $1 AND t.chain_n <> told_n LIMIT $2 FOR UPDATE OF telegram_alert SKIP LOCKED) AS found
             WHERE c.coalition_id = found.coalition_id AND c.alert_id = found.alert_id
             RETURNING c.alert_id, c.owner`,
      values: [DEFAULT_COALITION, limit],
    });
    return rows.map(({ alert_id: alertId, owner }) => ({ alertId, owner }));
  }

  /** Alerts whose latest correction or place has waited long enough. */
  async dueHeld(database: Database, limit: number): Promise<Buffer[]> {
    const { rows } = await database.query<{ alert_id: Buffer }>({
      name: 'telegram-held',
      text: 'SELECT alert_id FROM telegram_alert WHERE coalition_id = $1 AND held_until <= now() ORDER BY held_until LIMIT $2',
      values: [DEFAULT_COALITION, limit],
    });
    return rows.map(({ alert_id }) => alert_id);
  }

  async remove(tx: Tx, alertId: Uint8Array): Promise<void> {
    await tx.query('DELETE FROM telegram_alert WHERE coalition_id = $1 AND alert_id = $2', [DEFAULT_COALITION, Buffer.from(alertId)]);
  }

  private async set(tx: Tx, alertId: Uint8Array, change: string, values: readonly unknown[] = []): Promise<void> {
    await tx.query(`UPDATE telegram_alert SET ${change} WHERE coalition_id = $1 AND alert_id = $2`, [DEFAULT_COALITION, Buffer.from(alertId), ...values]);
  }

  private async one(reader: Tx | Database, rest: string, values: readonly unknown[]): Promise<ChatAlert | null> {
    const { rows } = await reader.query<Row>(`SELECT ${COLUMNS} FROM telegram_alert c ${rest}`, [DEFAULT_COALITION, ...values]);
    return rows[0] === undefined ? null : this.chatAlertOf(rows[0]);
  }

  private chatAlertOf(row: Row): ChatAlert {
    return {
      alertId: row.alert_id,
      owner: row.owner,
      tag: this.secrets.buttonTag(row.alert_id),
      fromChat: row.sign_seed_sealed !== null,
      statusMessageId: row.status_message_id,
      additions: row.additions,
      addedAt: row.added_at,
      filesWaiting: row.files_waiting,
      filesRefused: row.files_refused,
      undeleted: row.undeleted,
      askingToStop: row.asking_to_stop,
      held: row.held_envelope === null || row.held_message_id === null ? null : { envelope: row.held_envelope, messageId: row.held_message_id },
      movingMessageId: row.held_message_id,
    };
  }
}

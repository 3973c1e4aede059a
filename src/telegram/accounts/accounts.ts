import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Database, Tx } from '../../platform/database/database.js';
import { ChatSecrets } from '../secrets.js';
import type { BotLanguage } from '../texts.js';

/** Somebody who has joined. */
export interface Account {
  /** Keyed hash of the Telegram user id, 32 bytes. */
  readonly owner: Buffer;
  readonly lang: BotLanguage;
  /** What they agreed to for what they type into the chat. */
  readonly abroad: boolean;
  readonly eu: boolean;
  readonly blockedAt: Date | null;
  readonly buttonMessageId: number;
}

interface AccountRow extends Record<string, unknown> {
  owner: Buffer;
  lang: BotLanguage;
  abroad: boolean;
  eu: boolean;
  blocked_at: Date | null;
  button_message_id: number;
}

const COLUMNS = 'owner, lang, abroad, eu, blocked_at, button_message_id';

/** Who has joined the bot. The database knows an account by a keyed hash and holds its Telegram id sealed. */
@Injectable()
export class Accounts {
  constructor(@Inject(ChatSecrets) private readonly secrets: ChatSecrets) {}

  /** The account, locked against a second update of the same person; null when they have not joined. */
  async lock(tx: Tx, owner: Uint8Array): Promise<Account | null> {
    return this.find(tx, owner, 'FOR UPDATE');
  }

  async find(reader: Tx | Database, owner: Uint8Array, locking: 'FOR UPDATE' | '' = ''): Promise<Account | null> {
    const { rows } = await reader.query<AccountRow>(`SELECT ${COLUMNS} FROM telegram_account WHERE coalition_id = $1 AND owner = $2 ${locking}`, [
      DEFAULT_COALITION,
      Buffer.from(owner),
    ]);
    return rows[0] === undefined ? null : accountOf(rows[0]);
  }

  /** The chat to write to; null when the account is gone. In private chats it has the number of the user. */
  async chatOf(reader: Tx | Database, owner: Uint8Array): Promise<number | null> {
    const { rows } = await reader.query<{ user_id_sealed: Buffer }>('SELECT user_id_sealed FROM telegram_account WHERE coalition_id = $1 AND owner = $2', [
      DEFAULT_COALITION,
      Buffer.from(owner),
    ]);
    return rows[0] === undefined ? null : this.secrets.openUserId(owner, rows[0].user_id_sealed);
  }

  /** Opens an account. Consents begin as "no". */
  async open(tx: Tx, userId: number, lang: BotLanguage): Promise<Account> {
    const owner = this.secrets.ownerOf(userId);
    const { rows } = await tx.query<AccountRow>(
      `INSERT INTO telegram_account (coalition_id, owner, user_id_sealed, lang) VALUES ($1, $2, $3, $4) RETURNING ${COLUMNS}`,
      [DEFAULT_COALITION, Buffer.from(owner), this.secrets.sealUserId(owner, userId), lang],
    );
    if (rows[0] === undefined) throw new Error('an account was not stored');
    return accountOf(rows[0]);
  }

  async setLanguage(tx: Tx, owner: Uint8Array, lang: BotLanguage): Promise<void> {
    await this.set(tx, owner, 'lang', lang);
  }

  async setConsent(tx: Tx, owner: Uint8Array, audience: 'abroad' | 'eu', given: boolean): Promise<void> {
    await this.set(tx, owner, audience, given);
  }

  async setButton(tx: Tx, owner: Uint8Array, messageId: number): Promise<void> {
    await this.set(tx, owner, 'button_message_id', messageId);
  }

  async setBlocked(tx: Tx, owner: Uint8Array, blocked: boolean): Promise<void> {
    await this.set(tx, owner, 'blocked_at', blocked ? new Date() : null);
  }

  /** Everything we hold about the account, but what it still has to be told. */
  async forget(tx: Tx, owner: Uint8Array): Promise<void> {
    const key = [DEFAULT_COALITION, Buffer.from(owner)];
    await tx.query('DELETE FROM telegram_job WHERE coalition_id = $1 AND owner = $2', key);
    await tx.query('DELETE FROM telegram_alert WHERE coalition_id = $1 AND owner = $2', key);
    await tx.query('DELETE FROM telegram_account WHERE coalition_id = $1 AND owner = $2', key);
  }

  private async set(tx: Tx, owner: Uint8Array, column: 'lang' | 'abroad' | 'eu' | 'button_message_id' | 'blocked_at', value: unknown): Promise<void> {
    await tx.query(`UPDATE telegram_account SET ${column} = $3 WHERE coalition_id = $1 AND owner = $2`, [DEFAULT_COALITION, Buffer.from(owner), value]);
  }
}

function accountOf(row: AccountRow): Account {
  const { owner, lang, abroad, eu } = row;
  return { owner, lang, abroad, eu, blockedAt: row.blocked_at, buttonMessageId: row.button_message_id };
}

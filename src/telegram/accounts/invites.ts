import { randomBytes } from 'node:crypto';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Tx } from '../../platform/database/database.js';
import { ChatSecrets } from '../secrets.js';

/** 192 bits; 32 characters, of the 64 that a t.me link may carry. */
const tokenBytes = 24;
/** What a token looks like, also when somebody types it. */
export const INVITE_TOKEN = /^[A-Za-z0-9_-]{32}$/;

/** Single-use tokens with which defenders join the bot. Only their keyed hashes are stored. */
export class Invites {
  constructor(private readonly secrets: ChatSecrets) {}

  async create(tx: Tx, lifetimeMs: number): Promise<{ readonly token: string; readonly expiresAt: Date }> {
    const token = randomBytes(tokenBytes).toString('base64url');
    const { rows } = await tx.query<{ expires_at: Date }>(
      `INSERT INTO telegram_invite (coalition_id, token_hash, expires_at) VALUES ($1, $2, now() + $3 * interval '1 millisecond')
       RETURNING expires_at`,
      [DEFAULT_COALITION, Buffer.from(this.secrets.inviteHash(token)), lifetimeMs],
    );
    const expiresAt = rows[0]?.expires_at;
    if (expiresAt === undefined) throw new Error('an invitation was not stored');
    return { token, expiresAt };
  }

  /** Uses a token up. False for a wrong, a used and an expired one alike. */
  async use(tx: Tx, token: string): Promise<boolean> {
    const { rows } = await tx.query<{ valid: boolean }>(
      'DELETE FROM telegram_invite WHERE coalition_id = $1 AND token_hash = $2 RETURNING expires_at > now() AS valid',
      [DEFAULT_COALITION, Buffer.from(this.secrets.inviteHash(token))],
    );
    return rows[0]?.valid === true;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { fromBase64url, H, toBase64url, toHex, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { maxSessionsPerResponder, sessionIdleMs, sessionLifetimeMs, sessionTouchMs } from '../limits.js';
import { standingOf, type Standing, type StandingRow } from './responder-standing.js';

const tokenBytes = 32;

/** A person at the desk, as of this request: the roster is asked every time, so revoking somebody ends their session. */
export interface DeskSession {
  readonly coalitionId: number;
  readonly tokenHash: Buffer;
  /** 16 bytes. */
  readonly rid: Buffer;
  /** 32 hexadecimal characters. */
  readonly ridHex: string;
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  /** Ed25519 key that the roster (or the enrolment) names, 32 bytes. */
  readonly sigPk: Buffer;
  readonly standing: Standing;
  readonly expiresAt: Date;
}

/**
 * Sessions of the desk. The token is a bearer token that the page keeps in memory; here only its hash is stored, so
 * that a copy of the database signs nobody in.
 */
@Injectable()
export class Sessions {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PRIMITIVES) private readonly p: Primitives,
  ) {}

  /** Starts a session of a person who has proved who they are. @returns the token, base64url of 32 bytes */
  async open(tx: Tx, rid: Uint8Array): Promise<string> {
    const token = this.p.randomBytes(tokenBytes);
    await tx.query(
      `INSERT INTO desk_session (coalition_id, token_hash, rid, expires_at)
       VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond')`,
      [DEFAULT_COALITION, this.hashOf(token), Buffer.from(rid), sessionLifetimeMs],
    );
    // The oldest give way: refusing the new one would let a thief with old sessions lock the person out.
    await tx.query(
      `DELETE FROM desk_session WHERE coalition_id = $1 AND rid = $2 AND token_hash NOT IN (
         SELECT token_hash FROM desk_session WHERE coalition_id = $1 AND rid = $2
         ORDER BY created_at DESC LIMIT $3)`,
      [DEFAULT_COALITION, Buffer.from(rid), maxSessionsPerResponder],
    );
    return toBase64url(token);
  }

  /** The session of a token, or null: unknown, ended, too old, idle for too long, or of somebody revoked. */
  async find(token: string): Promise<DeskSession | null> {
    const bytes = fromBase64url(token, tokenBytes);
    return bytes === null ? null : this.findByHash(this.hashOf(bytes));
  }

  /** The same by the stored hash: for a stream that outlives the request that opened it. */
  async findByHash(tokenHash: Buffer): Promise<DeskSession | null> {
    const { rows } = await this.database.query<StandingRow & { rid: Buffer; expires_at: Date; stale: boolean }>({
      name: 'desk-session-find',
      text: `SELECT s.rid, s.expires_at, s.used_at < now() - $3 * interval '1 millisecond' AS stale, person.*
             FROM desk_session s CROSS JOIN LATERAL (${standingOf('s.coalition_id', 's.rid')}) person
             WHERE s.coalition_id = $1 AND s.token_hash = $2
               AND s.expires_at > now() AND s.used_at > now() - $4 * interval '1 millisecond'`,
      values: [DEFAULT_COALITION, tokenHash, sessionTouchMs, sessionIdleMs],
    });
    const row = rows[0];
    if (row === undefined) return null;
    if (row.stale) {
      await this.database.query('UPDATE desk_session SET used_at = now() WHERE coalition_id = $1 AND token_hash = $2', [
        DEFAULT_COALITION,
        tokenHash,
      ]);
    }
    return {
      coalitionId: DEFAULT_COALITION,
      tokenHash,
      rid: row.rid,
      ridHex: toHex(row.rid),
      org: row.org,
      role: row.role,
      tiers: row.tiers,
      sigPk: row.sig_pk,
      standing: row.standing,
      expiresAt: row.expires_at,
    };
  }

  /** Ends one session. */
  async end(tokenHash: Buffer): Promise<void> {
    await this.database.query('DELETE FROM desk_session WHERE coalition_id = $1 AND token_hash = $2', [
      DEFAULT_COALITION,
      tokenHash,
    ]);
  }

  /** Ends every session of a person, on every machine. */
  async endAllOf(rid: Uint8Array): Promise<void> {
    await this.database.query('DELETE FROM desk_session WHERE coalition_id = $1 AND rid = $2', [
      DEFAULT_COALITION,
      Buffer.from(rid),
    ]);
  }

  private hashOf(token: Uint8Array): Buffer {
    return Buffer.from(H(this.p, 'jardam/desk-session', token));
  }
}

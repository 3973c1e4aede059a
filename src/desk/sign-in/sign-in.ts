import { Inject, Injectable } from '@nestjs/common';
import { signInMessage, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database } from '../../platform/database/database.js';
import { challengeLifetimeMs } from '../limits.js';
import { standingOf, type StandingRow } from './responder-standing.js';
import { Sessions, type DeskSession } from './sessions.js';

const challengeBytes = 32;

export interface Challenge {
  /** 32 bytes, good for one attempt. */
  readonly challenge: Uint8Array;
  readonly expiresAt: Date;
}

export type SignedIn = { readonly token: string; readonly session: DeskSession } | { readonly refused: 'sign-in-refused' };

/**
 * Sign-in by signature: the server sends 32 random bytes, the responder's key signs them together with the instance
 * and the responder id. No passphrase ever comes here.
 *
 * Attempts are not counted against a responder id. The ids stand in the public roster, so a limit would let anybody
 * lock a responder out, and an Ed25519 key is not guessed.
 */
@Injectable()
export class SignIn {
  /** Verified against when nobody has that id, so that the answer takes as long as for a wrong signature. */
  private readonly nobodysKey: Uint8Array;

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {
    this.nobodysKey = p.ed25519.keypair(p.randomBytes(32)).publicKey;
  }

  /** A challenge for whoever claims to be `rid`. Says nothing about whether there is such a person. */
  async challenge(rid: Uint8Array): Promise<Challenge> {
    const challenge = this.p.randomBytes(challengeBytes);
    const { rows } = await this.database.query<{ expires_at: Date }>({
      name: 'desk-challenge',
      text: `INSERT INTO desk_challenge (coalition_id, challenge, rid, expires_at)
             VALUES ($1, $2, $3, now() + $4 * interval '1 millisecond') RETURNING expires_at`,
      values: [DEFAULT_COALITION, Buffer.from(challenge), Buffer.from(rid), challengeLifetimeMs],
    });
    const expiresAt = rows[0]?.expires_at;
    if (expiresAt === undefined) throw new Error('a challenge was not stored');
    return { challenge, expiresAt };
  }

  /**
   * Takes the challenge away, whatever comes of it, and opens a session when the signature holds. Unknown id, revoked
   * person, wrong or late or repeated challenge and wrong signature are one and the same refusal.
   */
  async signIn(rid: Uint8Array, challenge: Uint8Array, signature: Uint8Array): Promise<SignedIn> {
    const { rows } = await this.database.query<{ fresh: boolean | null; instance_id: Buffer | null } & Partial<StandingRow>>({
      name: 'desk-challenge-spend',
      text: `WITH spent AS (
               DELETE FROM desk_challenge WHERE coalition_id = $1 AND challenge = $2 AND rid = $3
               RETURNING expires_at > now() AS fresh)
             SELECT c.instance_id, (SELECT fresh FROM spent), person.*
             FROM coalition c LEFT JOIN LATERAL (${standingOf('c.coalition_id', '$3')}) person ON true
             WHERE c.coalition_id = $1`,
      values: [DEFAULT_COALITION, Buffer.from(challenge), Buffer.from(rid)],
    });
    const row = rows[0];
    const message = signInMessage(this.p, row?.instance_id ?? new Uint8Array(32), challenge, rid);
    const signed = this.p.ed25519.verify(signature, message, row?.sig_pk ?? this.nobodysKey);
    const known = row?.sig_pk !== undefined && row.sig_pk !== null && row.instance_id !== null;
    if (!signed || !known || row.fresh !== true) return { refused: 'sign-in-refused' };

    const token = await this.database.transaction((tx) => this.sessions.open(tx, rid));
    const session = await this.sessions.find(token);
    return session === null ? { refused: 'sign-in-refused' } : { token, session };
  }
}

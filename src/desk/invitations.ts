import { Inject, Injectable } from '@nestjs/common';
import { H, toBase64url, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { PRIMITIVES } from '../platform/crypto.js';
import type { Database, Tx } from '../platform/database/database.js';
import { ContactBook } from '../roster/contact-book.js';

export const invitationTokenBytes = 32;

/** What somebody is invited to be. The custodians decide at the next roster whether it becomes true. */
export interface Place {
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
}

export interface OpenInvitation extends Place {
  readonly expiresAt: Date;
  /** 32 bytes; null while no roster was published. */
  readonly instanceId: Buffer | null;
}

export interface UsedInvitation extends Place {
  readonly tokenHash: Buffer;
  /** Where it was mailed to, sealed by the contact book; null when it was handed over another way. */
  readonly addressSealed: Buffer | null;
}

/**
 * Invitations: single use, stored as a hash, ended by date. Wrong, used and expired ones are not told apart, so that
 * whoever finds an old link learns nothing from trying it.
 */
@Injectable()
export class Invitations {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(ContactBook) private readonly contacts: ContactBook,
  ) {}

  /**
   * Makes an invitation. Used by the command line.
   *
   * @param input.address where the link will be mailed to; enrolling with the same address proves it
   * @returns the token, base64url of 32 bytes: it belongs into the fragment of a link (`/desk#invite=…`), where no
   *   server log sees it, and nowhere else
   */
  async create(tx: Tx, input: Place & { readonly lifetimeMs: number; readonly address?: string }): Promise<{ readonly token: string; readonly expiresAt: Date }> {
    const token = this.p.randomBytes(invitationTokenBytes);
    const tokenHash = this.hashOf(token);
    const sealed = input.address === undefined ? null : Buffer.from(this.contacts.sealInvited(DEFAULT_COALITION, tokenHash, input.address));
    const { rows } = await tx.query<{ expires_at: Date }>(
      `INSERT INTO invitation (coalition_id, token_hash, org, role, tiers, expires_at, address_sealed)
       VALUES ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond', $7) RETURNING expires_at`,
      [DEFAULT_COALITION, tokenHash, input.org, input.role, [...input.tiers], input.lifetimeMs, sealed],
    );
    const expiresAt = rows[0]?.expires_at;
    if (expiresAt === undefined) throw new Error('an invitation was not stored');
    return { token: toBase64url(token), expiresAt };
  }

  /** What an invitation is for, or null. Looking does not use it up. */
  async look(reader: Tx | Database, token: Uint8Array): Promise<OpenInvitation | null> {
    const { rows } = await reader.query<{ org: string; role: string; tiers: number[]; expires_at: Date; instance_id: Buffer | null }>({
      name: 'desk-invitation-look',
      text: `SELECT i.org, i.role, i.tiers, i.expires_at, c.instance_id
             FROM invitation i JOIN coalition c USING (coalition_id)
             WHERE i.coalition_id = $1 AND i.token_hash = $2 AND i.used_at IS NULL AND i.expires_at > now()`,
      values: [DEFAULT_COALITION, this.hashOf(token)],
    });
    const row = rows[0];
    return row === undefined
      ? null
      : { org: row.org, role: row.role, tiers: row.tiers, expiresAt: row.expires_at, instanceId: row.instance_id };
  }

  /** Uses an invitation up, or null. Two who try at the same time: one statement decides, one of them gets it. */
  async use(tx: Tx, token: Uint8Array): Promise<UsedInvitation | null> {
    const tokenHash = this.hashOf(token);
    const { rows } = await tx.query<{ org: string; role: string; tiers: number[]; address_sealed: Buffer | null }>(
      `UPDATE invitation SET used_at = now()
       WHERE coalition_id = $1 AND token_hash = $2 AND used_at IS NULL AND expires_at > now()
       RETURNING org, role, tiers, address_sealed`,
      [DEFAULT_COALITION, tokenHash],
    );
    const row = rows[0];
    return row === undefined ? null : { org: row.org, role: row.role, tiers: row.tiers, tokenHash, addressSealed: row.address_sealed };
  }

  private hashOf(token: Uint8Array): Buffer {
    return Buffer.from(H(this.p, 'jardam/invitation', token));
  }
}

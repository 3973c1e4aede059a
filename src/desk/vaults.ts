import { Inject, Injectable } from '@nestjs/common';
import { H, verifyVaultChange, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database, type Tx } from '../platform/database/database.js';
import type { DeskSession } from './sign-in/sessions.js';

export const vaultLocatorBytes = 16;

/**
 * Responders' wrapped keys, as bytes that nobody here can open. They are found by a locator of 128 random bits that
 * only the responder's own link and browser hold; here only its hash is kept, so that a copy of the database does
 * not tell which link opens what.
 */
@Injectable()
export class Vaults {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(PRIMITIVES) private readonly p: Primitives,
  ) {}

  /** The vault under that locator, or null. */
  async read(locator: Uint8Array): Promise<Uint8Array | null> {
    return this.readIn(this.database, locator);
  }

  /** The same within a transaction. */
  async readIn(reader: Tx | Database, locator: Uint8Array): Promise<Uint8Array | null> {
    const { rows } = await reader.query<{ sealed: Buffer }>({
      name: 'desk-vault-read',
      text: 'SELECT sealed FROM vault WHERE coalition_id = $1 AND locator_hash = $2',
      values: [DEFAULT_COALITION, this.hashOf(locator)],
    });
    return rows[0]?.sealed ?? null;
  }

  /** Stores the vault of somebody who has just enrolled. */
  async store(tx: Tx, vault: { readonly rid: Uint8Array; readonly locator: Uint8Array; readonly sealed: Uint8Array }): Promise<void> {
    await tx.query('INSERT INTO vault (coalition_id, locator_hash, rid, sealed) VALUES ($1, $2, $3, $4)', [
      DEFAULT_COALITION,
      this.hashOf(vault.locator),
      Buffer.from(vault.rid),
      Buffer.from(vault.sealed),
    ]);
  }

  /**
   * Puts a new vault in the place of the session's own; the old passphrase opens nothing here from then on. Signed by
   * the key inside the vault: somebody who got hold of a session alone cannot destroy the only copy of that key.
   */
  async replace(
    tx: Tx,
    session: DeskSession,
    change: { readonly vault: Uint8Array; readonly signature: Uint8Array },
  ): Promise<{ readonly replaced: true } | { readonly refused: 'bad-signature' | 'no-vault' }> {
    const { rows } = await tx.query<{ instance_id: Buffer | null }>('SELECT instance_id FROM coalition WHERE coalition_id = $1', [
      session.coalitionId,
    ]);
    const instanceId = rows[0]?.instance_id;
    const input = { rid: session.rid, vault: change.vault, signPk: session.sigPk, signature: change.signature };
    if (!instanceId || !verifyVaultChange(this.p, { ...input, instanceId })) return { refused: 'bad-signature' };
    const { rowCount } = await tx.query('UPDATE vault SET sealed = $3, updated_at = now() WHERE coalition_id = $1 AND rid = $2', [
      session.coalitionId,
      session.rid,
      Buffer.from(change.vault),
    ]);
    return rowCount === 0 ? { refused: 'no-vault' } : { replaced: true };
  }

  private hashOf(locator: Uint8Array): Buffer {
    return Buffer.from(H(this.p, 'jardam/vault-locator', locator));
  }
}

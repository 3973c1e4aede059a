import { Inject, Injectable } from '@nestjs/common';
import { concatBytes, H, K, u8, wrappedSecretBytes, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { ADMISSION_KEY } from '../admission/admission.js';
import type { OpenedMailbox } from './mailbox-access.js';

/** The wrapped sender secrets that seven words lead to. The server can open none of them. */
@Injectable()
export class Receipts {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(ADMISSION_KEY) private readonly key: Uint8Array,
    @Inject(Database) private readonly database: Database,
  ) {}

  /**
   * Keeps the 48 wrapped bytes under a locator, in place of whatever this alert had before: only the words shown last
   * count, so that a device that lost our answer may draw new ones. Sending the same again changes nothing.
   *
   * @returns refused 'locator-taken' when another alert uses the locator, which honest words never meet
   */
  async store(tx: Tx, mailbox: OpenedMailbox, locator: Uint8Array, wrapped: Uint8Array): Promise<'stored' | { readonly refused: 'locator-taken' }> {
    const locatorHash = this.hashOf(locator);
    const { rowCount } = await tx.query(
      `INSERT INTO receipt (coalition_id, locator_hash, alert_id, wrapped) VALUES ($1, $2, $3, $4)
       ON CONFLICT (coalition_id, locator_hash) DO UPDATE SET wrapped = excluded.wrapped
       WHERE receipt.alert_id = excluded.alert_id`,
      [mailbox.coalitionId, locatorHash, mailbox.alertId, Buffer.from(wrapped)],
    );
    if (rowCount === 0) return { refused: 'locator-taken' };
    await tx.query('DELETE FROM receipt WHERE coalition_id = $1 AND alert_id = $2 AND locator_hash <> $3', [
      mailbox.coalitionId,
      mailbox.alertId,
      locatorHash,
    ]);
    return 'stored';
  }

  /**
   * The 48 bytes under a locator. For an unknown one, bytes that look the same and stay the same: whoever tries words
   * learns from the server neither that they are wrong nor that they are right. The stand-in is always computed, so
   * that both answers cost the same.
   */
  async read(locator: Uint8Array): Promise<Uint8Array> {
    const standIn = this.standInFor(locator);
    const { rows } = await this.database.query<{ wrapped: Buffer }>({
      name: 'receipt-read',
      text: 'SELECT wrapped FROM receipt WHERE coalition_id = $1 AND locator_hash = $2',
      values: [DEFAULT_COALITION, this.hashOf(locator)],
    });
    return rows[0]?.wrapped ?? standIn;
  }

  private standInFor(locator: Uint8Array): Uint8Array {
    const part = (n: number): Uint8Array => K(this.p, this.key, 'jardam/unknown-receipt', locator, u8(n));
    return concatBytes(part(0), part(1)).slice(0, wrappedSecretBytes);
  }

  private hashOf(locator: Uint8Array): Buffer {
    return receiptLocatorHash(this.p, locator);
  }
}

/** Under what a receipt is kept: a leaked table does not lead from a locator to its alert. */
export function receiptLocatorHash(p: Primitives, locator: Uint8Array): Buffer {
  return Buffer.from(H(p, 'jardam/receipt-locator', locator));
}

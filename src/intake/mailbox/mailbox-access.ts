import { Inject, Injectable } from '@nestjs/common';
import { equalBytes, fromBase64url, mailboxTokenHash, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Database, Tx } from '../../platform/database/database.js';

/** The alert whose mailbox somebody has shown the token of. */
export interface OpenedMailbox {
  readonly coalitionId: number;
  readonly alertId: Uint8Array;
  readonly senderPk: Uint8Array;
}

/** Who may read a mailbox: whoever holds its token. There is no account, and the server keeps only the token's hash. */
@Injectable()
export class MailboxAccess {
  constructor(@Inject(PRIMITIVES) private readonly p: Primitives) {}

  /**
   * The mailbox of a bearer token, or null. Found by the hash of 32 random bytes: what the database compares tells
   * nothing about the token, however long it takes.
   *
   * @param authorization the request header, "Bearer " and 43 characters of base64url
   */
  async open(reader: Tx | Database, authorization: string | undefined): Promise<OpenedMailbox | null> {
    const token = fromBase64url(/^Bearer ([A-Za-z0-9_-]{43})$/.exec(authorization ?? '')?.[1] ?? '', 32);
    if (token === null) return null;
    const hash = Buffer.from(mailboxTokenHash(this.p, token));
    const { rows } = await reader.query<{ alert_id: Buffer; sender_pk: Buffer; mailbox_hash: Buffer }>({
      name: 'mailbox-open',
      text: 'SELECT alert_id, sender_pk, mailbox_hash FROM alert WHERE coalition_id = $1 AND mailbox_hash = $2',
      values: [DEFAULT_COALITION, hash],
    });
    const row = rows[0];
    if (row === undefined || !equalBytes(row.mailbox_hash, hash)) return null;
    return { coalitionId: DEFAULT_COALITION, alertId: row.alert_id, senderPk: row.sender_pk };
  }

  /** The same, and only for this alert: the address names one, the token must be its own. */
  async openFor(reader: Tx | Database, authorization: string | undefined, alertId: Uint8Array): Promise<OpenedMailbox | null> {
    const mailbox = await this.open(reader, authorization);
    return mailbox !== null && equalBytes(mailbox.alertId, alertId) ? mailbox : null;
  }
}

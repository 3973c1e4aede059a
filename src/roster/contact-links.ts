import { fromBase64url, H, toBase64url, type Primitives } from '@jardam/protocol';
import type { Tx } from '../platform/database/database.js';
import type { ContactBook, ContactLanguage, ContactPurpose } from './contact-book.js';

/** Whose contact a link will make. */
export interface LinkedContact {
  readonly coalitionId: number;
  readonly purpose: ContactPurpose;
  /** 16 bytes; only for purpose 'responder', and required there. */
  readonly rid?: Uint8Array;
  readonly channel: string;
  readonly lang: ContactLanguage;
  readonly priority: number;
}

/** Before the token in a Telegram link, so that the bot knows it from an invitation of a defender. */
export const DESK_LINK_PREFIX = 'desk-';

const tokenBytes = 16;
/** Long enough to hand it over in person on the next day. */
const linkLifetimeMs = 2 * 86_400_000;

/**
 * Contacts whose address we learn when their person comes through a link: nobody can tell the number of a Telegram
 * chat beforehand. Coming through it is also the proof that the address reaches this person. The token is stored as a
 * hash, works once, and ends by itself.
 */
export class ContactLinks {
  constructor(
    private readonly p: Primitives,
    private readonly contacts: ContactBook,
  ) {}

  /** @returns the token, 22 characters of base64url */
  async create(tx: Tx, contact: LinkedContact): Promise<string> {
    const token = this.p.randomBytes(tokenBytes);
    await tx.query('DELETE FROM contact_link WHERE coalition_id = $1 AND expires_at < now()', [contact.coalitionId]);
    await tx.query(
      `INSERT INTO contact_link (coalition_id, token_hash, channel, rid, purpose, lang, priority, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))`,
      [
        contact.coalitionId,
        this.hashOf(token),
        contact.channel,
        contact.rid === undefined ? null : Buffer.from(contact.rid),
        contact.purpose,
        contact.lang,
        contact.priority,
        linkLifetimeMs / 1_000,
      ],
    );
    return toBase64url(token);
  }

  /** Uses a link up and stores its contact as verified. Null when the token was never given, was used, or has ended. */
  async redeem(tx: Tx, coalitionId: number, { channel, token, address }: { channel: string; token: string; address: string }): Promise<{ readonly contactId: string; readonly lang: ContactLanguage } | null> {
    const bytes = fromBase64url(token, tokenBytes);
    if (bytes === null) return null;
    const { rows } = await tx.query<{ purpose: ContactPurpose; rid: Buffer | null; lang: ContactLanguage; priority: number }>(
      `DELETE FROM contact_link WHERE coalition_id = $1 AND token_hash = $2 AND channel = $3 AND expires_at > now() RETURNING purpose, rid, lang, priority`,
      [coalitionId, this.hashOf(bytes), channel],
    );
    const found = rows[0];
    if (!found) return null;
    const { purpose, rid, lang, priority } = found;
    const contactId = await this.contacts.add(tx, { coalitionId, purpose, ...(rid === null ? {} : { rid }), channel, address, lang, priority, verified: true });
    return { contactId, lang };
  }

  private hashOf(token: Uint8Array): Buffer {
    return Buffer.from(H(this.p, 'jardam/contact-link', token));
  }
}

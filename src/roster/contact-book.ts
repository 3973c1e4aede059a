import { randomUUID } from 'node:crypto';
import { concatBytes, fromUtf8, K, toBase64url, toHex, u32, utf8, type Primitives } from '@jardam/protocol';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database, Tx } from '../platform/database/database.js';
import { openUnder, sealUnder } from '../platform/keys/sealed-box.js';
import { ROSTER_CHANNEL } from './roster-store.js';

export type ContactPurpose = 'responder' | 'duty_desk' | 'operator';
export type ContactLanguage = 'ky' | 'ru' | 'uz' | 'tg' | 'en';

export interface NewContact {
  readonly coalitionId?: number;
  readonly purpose: ContactPurpose;
  /** The responder's id (16 bytes); only for purpose 'responder', and required there. */
  readonly rid?: Uint8Array;
  /** Key of the delivery channel: 'email', 'telegram', 'webhook', 'web-push'. */
  readonly channel: string;
  readonly address: string;
  /** Name of the server behind the address, where each address of the channel may lead to another one. */
  readonly server?: string;
  /** 1 is tried first. */
  readonly priority?: number;
  /** Armoured OpenPGP public key. */
  readonly pgpKey?: string | null;
  readonly lang: ContactLanguage;
  /** True when it is already known that the address reaches this person: an invitation mailed there came back. */
  readonly verified: boolean;
}

/** What opening an address needs of its row. */
export interface SealedContact {
  readonly coalitionId: number;
  readonly contactId: string;
  readonly addressSealed: Uint8Array;
}

/** A contact as the operator sees it; whoever lists contacts opens the addresses one by one. */
export interface ContactRow extends SealedContact {
  readonly purpose: ContactPurpose;
  readonly rid: Uint8Array | null;
  readonly channel: string;
  readonly priority: number;
  readonly lang: ContactLanguage;
  readonly hasPgpKey: boolean;
  readonly verifiedAt: Date | null;
  readonly disabledAt: Date | null;
  readonly disabledReason: string | null;
  /** When the last test message was sent there, and what came of it. */
  readonly testedAt: Date | null;
  readonly testOutcome: string | null;
  readonly testCode: string | null;
}

/** What is written to one contact, beside its sealed address. */
export interface ContactForSending extends SealedContact {
  readonly rid: Uint8Array | null;
  readonly channel: string;
  readonly pgpKey: string | null;
  readonly lang: ContactLanguage;
  readonly verifiedAt: Date | null;
  readonly testedAt: Date | null;
}

/** Addresses are filled up to a multiple of this, so that a length does not tell whose it is. */
const addressBlockBytes = 64;
/** A push subscription is the longest: an address of up to 500 characters with two keys. */
const maxAddressBytes = 1_024;
const providerHashBytes = 8;
const tagBytes = 16;

/**
 * How responders are reached. Addresses are sealed under a key in a file outside the database: a leaked backup does
 * not say who the responders are. Only delivery, and the operator's command line, open them.
 */
export class ContactBook {
  /** @param key 32 bytes of the contact key file */
  constructor(
    private readonly p: Primitives,
    private readonly key: Uint8Array,
  ) {}

  /** Stores a contact and returns its id. Unverified ones are never written to. */
  async add(tx: Tx, contact: NewContact): Promise<string> {
    const contactId = randomUUID();
    const coalitionId = contact.coalitionId ?? DEFAULT_COALITION;
    await tx.query(
      `INSERT INTO contact (coalition_id, contact_id, rid, purpose, channel, priority, address_sealed, pgp_key, lang, verified_at, provider)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10::boolean THEN now() END, $11)`,
      [
        coalitionId,
        contactId,
        contact.rid === undefined ? null : Buffer.from(contact.rid),
        contact.purpose,
        contact.channel,
        contact.priority ?? 1,
        Buffer.from(this.seal(contextOf(coalitionId, contactId), contact.address)),
        contact.pgpKey ?? null,
        contact.lang,
        contact.verified,
        this.providerOf(contact),
      ],
    );
    await announce(tx);
    return contactId;
  }

  /** Marks an address as proven to reach its person. False when there is no such contact. */
  async verify(tx: Tx, coalitionId: number, contactId: string): Promise<boolean> {
    const { rowCount } = await tx.query(
      `UPDATE contact SET verified_at = coalesce(verified_at, now()), disabled_at = NULL, disabled_reason = NULL
       WHERE coalition_id = $1 AND contact_id = $2`,
      [coalitionId, contactId],
    );
    await announce(tx);
    return rowCount === 1;
  }

  /** Stops writing to an address. `reason` is a short code such as 'refused-550', never text of a mail server. */
  async disable(tx: Tx, coalitionId: number, contactId: string, reason: string): Promise<void> {
    await tx.query(
      `UPDATE contact SET disabled_at = now(), disabled_reason = $3
       WHERE coalition_id = $1 AND contact_id = $2 AND disabled_at IS NULL`,
      [coalitionId, contactId, reason],
    );
    await announce(tx);
  }

  /** All contacts of a coalition, addresses still sealed. */
  async list(reader: Tx | Database, coalitionId: number): Promise<ContactRow[]> {
    const { rows } = await reader.query<ContactRow & Record<string, unknown>>(
      `SELECT coalition_id AS "coalitionId", contact_id AS "contactId", address_sealed AS "addressSealed", purpose, rid,
              channel, priority, lang, pgp_key IS NOT NULL AS "hasPgpKey", verified_at AS "verifiedAt",
              disabled_at AS "disabledAt", disabled_reason AS "disabledReason",
              tested_at AS "testedAt", test_outcome AS "testOutcome", test_code AS "testCode"
       FROM contact WHERE coalition_id = $1 ORDER BY purpose, rid, priority, created_at`,
      [coalitionId],
    );
    return rows;
  }

  /** One contact with what is needed to write to it; null when there is none of that id. */
  async find(reader: Pick<Tx, 'query'> | Pick<Database, 'query'>, coalitionId: number, contactId: string): Promise<ContactForSending | null> {
    const { rows } = await reader.query<ContactForSending & Record<string, unknown>>(
      `SELECT coalition_id AS "coalitionId", contact_id AS "contactId", address_sealed AS "addressSealed", rid, channel, pgp_key AS "pgpKey",
              lang, verified_at AS "verifiedAt", tested_at AS "testedAt"
       FROM contact WHERE coalition_id = $1 AND contact_id = $2`,
      [coalitionId, contactId],
    );
    return rows[0] ?? null;
  }

  /** Forgets an address. Messages that wait for it end as undeliverable. False when there is no such contact. */
  async remove(tx: Tx, coalitionId: number, contactId: string): Promise<boolean> {
    const { rowCount } = await tx.query('DELETE FROM contact WHERE coalition_id = $1 AND contact_id = $2', [coalitionId, contactId]);
    await announce(tx);
    return rowCount === 1;
  }

  /** Puts contacts in the order in which they are tried. */
  async prioritise(tx: Tx, coalitionId: number, contactIds: readonly string[]): Promise<void> {
    await tx.query(
      `UPDATE contact c SET priority = n.priority FROM unnest($2::uuid[]) WITH ORDINALITY AS n (contact_id, priority)
       WHERE c.coalition_id = $1 AND c.contact_id = n.contact_id`,
      [coalitionId, [...contactIds]],
    );
    await announce(tx);
  }

  /** Keeps what came of a test message. `code` is short and ours, never text of a provider. */
  async recordTest(tx: Pick<Tx, 'query'>, coalitionId: number, contactId: string, { outcome, code }: { outcome: string; code: string }): Promise<Date> {
    const { rows } = await tx.query<{ tested_at: Date }>(
      `UPDATE contact SET tested_at = clock_timestamp(), test_outcome = $3, test_code = $4
       WHERE coalition_id = $1 AND contact_id = $2 RETURNING tested_at`,
      [coalitionId, contactId, outcome, code],
    );
    if (!rows[0]) throw new Error('the contact went away during its test');
    return rows[0].tested_at;
  }

  /**
   * 22 characters that are the same for all messages about one alert to one contact, and mean nothing to anybody: a
   * receiver can put repeated messages together, and two receivers cannot compare what they have.
   */
  tagOf(coalitionId: number, contactId: string, alertId: Uint8Array): string {
    return toBase64url(K(this.p, this.key, 'jardam/contact-tag', contextOf(coalitionId, contactId), alertId).subarray(0, tagBytes));
  }

  /** A keyed hash of 32 bytes, for codes that come back from a contact: the database alone must not tell them. */
  macOf(coalitionId: number, contactId: string, code: string): Uint8Array {
    return K(this.p, this.key, 'jardam/contact-code', contextOf(coalitionId, contactId), utf8(code));
  }

  /** The address in clear. Only to hand it to a channel or show it to the operator; never to a log. */
  openAddress({ coalitionId, contactId, addressSealed }: SealedContact): string {
    return this.open(contextOf(coalitionId, contactId), addressSealed);
  }

  /** Seals the address that an invitation is mailed to, for the column invitation.address_sealed. */
  sealInvited(coalitionId: number, tokenHash: Uint8Array, address: string): Uint8Array {
    return this.seal(concatBytes(u32(coalitionId), tokenHash), address);
  }

  /**
   * Whether the address given at enrolment is the one the invitation was mailed to. If so the invitation's token,
   * which only that mailbox received, has proved it. Upper and lower case are the same here, as for mail servers.
   */
  provesAddress(coalitionId: number, tokenHash: Uint8Array, sealed: Uint8Array | null, address: string): boolean {
    if (sealed === null) return false;
    return this.open(concatBytes(u32(coalitionId), tokenHash), sealed).toLowerCase() === address.toLowerCase();
  }

  /** A breaker for each server, without a list of servers in the database: a webhook's name may be an organisation's. */
  private providerOf({ channel, server }: NewContact): string {
    if (server === undefined) return channel;
    return `${channel}:${toHex(K(this.p, this.key, 'jardam/contact-provider', utf8(server.toLowerCase())).subarray(0, providerHashBytes))}`;
  }

  private seal(context: Uint8Array, address: string): Uint8Array {
    const bytes = utf8(address);
    if (bytes.length === 0 || bytes.length > maxAddressBytes || address.includes('\0')) {
      throw new RangeError(`an address has 1 to ${maxAddressBytes} bytes and no zero byte`);
    }
    const padded = new Uint8Array(Math.ceil(bytes.length / addressBlockBytes) * addressBlockBytes);
    padded.set(bytes);
    return sealUnder(this.p, this.key, { label: 'jardam/contact', context }, padded);
  }

  private open(context: Uint8Array, sealed: Uint8Array): string {
    const padded = openUnder(this.p, this.key, { label: 'jardam/contact', context }, sealed);
    // The key file was checked at start, so the row itself was damaged or swapped.
    if (padded === null) throw new Error('a contact does not open: its row was altered');
    const end = padded.indexOf(0);
    return fromUtf8(end === -1 ? padded : padded.subarray(0, end));
  }
}

/** Those who are on call are kept in memory (escalation/on-call.ts) and are read again at this. */
async function announce(tx: Tx): Promise<void> {
  await tx.query(`SELECT pg_notify('${ROSTER_CHANNEL}', '')`);
}

function contextOf(coalitionId: number, contactId: string): Uint8Array {
  return concatBytes(u32(coalitionId), utf8(contactId));
}

import { randomInt, randomUUID, timingSafeEqual } from 'node:crypto';
import { utf8 } from '@jardam/protocol';
import type { AttemptOutcome } from '../domain/delivery-outcome.js';
import type { Database } from '../platform/database/database.js';
import type { ContactBook, ContactForSending } from '../roster/contact-book.js';
import type { Channel, Channels } from './channel.js';

/** How long a check may take: as long as a real message. */
const sendTimeoutMs = 10_000;
/** Between two tests of one contact: a button must not become a way to flood somebody. */
export const testPauseMs = 30_000;
/** Between two codes to one contact. */
export const proofPauseMs = 60_000;
/** A mail may be greylisted for hours. */
export const proofLifetimeMs = 24 * 3_600_000;
/** Eight digits and five tries: one chance in twenty million. */
const codeDigits = 8;
export const maxProofTries = 5;

/** Which contact; with `rid`, only when it is that person's own. */
export interface ContactKey {
  readonly coalitionId: number;
  readonly contactId: string;
  readonly rid?: Uint8Array;
}

export type CheckRefusal = 'no-such-contact' | 'channel-not-configured' | 'not-verified' | 'too-soon';

/** What came of a test, as it is stored and shown. */
export interface TestResult {
  readonly outcome: AttemptOutcome['kind'];
  /** Short and ours, like 'smtp-550'. */
  readonly code: string;
  readonly at: Date;
}

/** sent: the code has to come back; verified: the receiver has answered for itself; failed: nothing was handed over. */
export type ProofStart = { readonly proof: 'sent' | 'verified' } | { readonly failed: AttemptOutcome['kind']; readonly code: string } | { readonly refused: CheckRefusal };

export type ProofEnd = { readonly proof: 'verified' } | { readonly refused: 'no-such-contact' | 'wrong-code' | 'no-open-proof' };

/**
 * Messages that nobody's alert depends on: a test that a channel works, and proof that an address reaches its person.
 * Sent directly and not by the outbox, so that whoever asked sees at once what came of it; through the same channels,
 * so that it says something.
 */
export class ContactChecks {
  constructor(
    private readonly database: Database,
    private readonly contacts: ContactBook,
    private readonly channels: Channels,
  ) {}

  /** Sends a neutral message that is marked as a test, and keeps what came of it. */
  async test(key: ContactKey): Promise<TestResult | { readonly refused: CheckRefusal }> {
    const found = await this.find(key);
    if ('refused' in found) return found;
    const { contact, channel } = found;
    if (contact.verifiedAt === null) return { refused: 'not-verified' };
    if (contact.testedAt !== null && Date.now() - contact.testedAt.getTime() < testPauseMs) return { refused: 'too-soon' };
    const outcome = await this.send(channel, contact, 'test');
    return this.database.transaction(async (tx) => {
      if (outcome.kind === 'refused' && outcome.contactIsDead) await this.contacts.disable(tx, contact.coalitionId, contact.contactId, outcome.code);
      const at = await this.contacts.recordTest(tx, contact.coalitionId, contact.contactId, { outcome: outcome.kind, code: outcome.code });
      return { outcome: outcome.kind, code: outcome.code, at };
    });
  }

  /** Sends a code there. An earlier code of the same contact counts no more. */
  async startProof(key: ContactKey): Promise<ProofStart> {
    const found = await this.find(key);
    if ('refused' in found) return found;
    const { contact, channel } = found;
    const { coalitionId, contactId } = contact;
    const code = String(randomInt(10 ** codeDigits)).padStart(codeDigits, '0');
    const { rowCount } = await this.database.query(
      `INSERT INTO contact_proof (coalition_id, contact_id, code_mac, expires_at) VALUES ($1, $2, $3, now() + make_interval(secs => $4))
       ON CONFLICT (coalition_id, contact_id) DO UPDATE SET code_mac = excluded.code_mac, tries = 0, sent_at = now(), expires_at = excluded.expires_at
       WHERE contact_proof.sent_at < now() - make_interval(secs => $5)`,
      [coalitionId, contactId, Buffer.from(this.contacts.macOf(coalitionId, contactId, code)), proofLifetimeMs / 1_000, proofPauseMs / 1_000],
    );
    if (rowCount === 0) return { refused: 'too-soon' };
    const outcome = await this.send(channel, contact, 'proof', code);
    if (outcome.kind !== 'accepted' && outcome.kind !== 'ambiguous') {
      // Nothing was sent, so nobody has to wait before the next one.
      await this.database.query('DELETE FROM contact_proof WHERE coalition_id = $1 AND contact_id = $2', [coalitionId, contactId]);
      return { failed: outcome.kind, code: outcome.code };
    }
    if (channel.capabilities.proof !== 'answer' || outcome.kind !== 'accepted') return { proof: 'sent' };
    await this.finish(contact);
    return { proof: 'verified' };
  }

  /** Takes the code that came back. Every wrong one counts; after five a new one has to be sent. */
  async finishProof(key: ContactKey, code: string): Promise<ProofEnd> {
    const { coalitionId, contactId } = key;
    const contact = await this.contacts.find(this.database, coalitionId, contactId);
    if (contact === null || !isOwn(contact, key.rid)) return { refused: 'no-such-contact' };
    // Counted before it is compared: two guesses at the same moment are two guesses.
    const { rows } = await this.database.query<{ code_mac: Buffer }>(
      `UPDATE contact_proof SET tries = tries + 1
       WHERE coalition_id = $1 AND contact_id = $2 AND expires_at > now() AND tries < $3 RETURNING code_mac`,
      [coalitionId, contactId, maxProofTries],
    );
    const open = rows[0];
    if (!open) return { refused: 'no-open-proof' };
    if (!timingSafeEqual(open.code_mac, this.contacts.macOf(coalitionId, contactId, code.replace(/\s/g, '')))) return { refused: 'wrong-code' };
    await this.finish(contact);
    return { proof: 'verified' };
  }

  private async finish({ coalitionId, contactId }: ContactForSending): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query('DELETE FROM contact_proof WHERE coalition_id = $1 AND contact_id = $2', [coalitionId, contactId]);
      await this.contacts.verify(tx, coalitionId, contactId);
    });
  }

  private async find({ coalitionId, contactId, rid }: ContactKey): Promise<{ contact: ContactForSending; channel: Channel } | { refused: CheckRefusal }> {
    const contact = await this.contacts.find(this.database, coalitionId, contactId);
    if (contact === null || !isOwn(contact, rid)) return { refused: 'no-such-contact' };
    const channel = this.channels.get(contact.channel);
    return channel === undefined ? { refused: 'channel-not-configured' } : { contact, channel };
  }

  private send(channel: Channel, contact: ContactForSending, purpose: 'test' | 'proof', code?: string): Promise<AttemptOutcome> {
    const { coalitionId, contactId, lang, pgpKey } = contact;
    const deliveryId = randomUUID();
    const message = {
      deliveryId,
      address: this.contacts.openAddress(contact),
      lang,
      purpose,
      severity: 4 as const,
      pgpKey,
      tag: this.contacts.tagOf(coalitionId, contactId, utf8(deliveryId)),
      ...(code === undefined ? {} : { code }),
    };
    return channel.send(message, { signal: AbortSignal.timeout(sendTimeoutMs) });
  }
}

function isOwn(contact: ContactForSending, rid: Uint8Array | undefined): boolean {
  return rid === undefined || (contact.rid !== null && Buffer.from(contact.rid).equals(rid));
}

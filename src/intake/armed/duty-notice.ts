import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { utf8 } from '@jardam/protocol';
import { CHANNELS, type Channels } from '../../delivery/channel.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { ContactBook } from '../../roster/contact-book.js';

/** As long as a real message may take. */
const sendTimeoutMs = 10_000;

/**
 * Tells the duty desk that questions could not be delivered and that somebody has to decide. One message for all of
 * them: an outage makes hundreds at once. Repeated until a provider has taken one; nothing in it says whom it is about.
 */
@Injectable()
export class DutyNotice {
  private readonly logger = new Logger('CheckIns');

  constructor(
    private readonly database: Database,
    private readonly contacts: ContactBook,
    @Inject(CHANNELS) private readonly channels: Channels,
  ) {}

  /** Tells whoever has not been told. @returns how many check-ins the message stands for */
  async tell(): Promise<number> {
    return this.database.transaction(async (tx) => {
      // Locked until the message is out: another instance passes over them, and a crash leaves them untold.
      const { rows } = await tx.query<{ coalition_id: number; locator: Buffer }>(
        `SELECT coalition_id, locator FROM check_in WHERE stage = 'undelivered' AND desk_told_at IS NULL FOR UPDATE SKIP LOCKED LIMIT 1000`,
      );
      let told = 0;
      for (const coalitionId of new Set(rows.map((row) => row.coalition_id))) {
        if (!(await this.tellDesk(tx, coalitionId))) continue;
        const locators = rows.filter((row) => row.coalition_id === coalitionId).map(({ locator }) => locator);
        await tx.query('UPDATE check_in SET desk_told_at = now() WHERE coalition_id = $1 AND locator = ANY ($2::bytea[])', [coalitionId, locators]);
        told += locators.length;
      }
      return told;
    });
  }

  /** Whether at least one contact of the duty desk was handed the message. */
  private async tellDesk(tx: Tx, coalitionId: number): Promise<boolean> {
    const { rows } = await tx.query<{ contact_id: string }>(
      `SELECT contact_id FROM contact WHERE coalition_id = $1 AND purpose IN ('duty_desk', 'operator')
         AND verified_at IS NOT NULL AND disabled_at IS NULL ORDER BY purpose, priority`,
      [coalitionId],
    );
    const outcomes = await Promise.all(rows.map(({ contact_id: contactId }) => this.send(tx, coalitionId, contactId)));
    const reached = outcomes.includes(true);
    if (!reached) this.logger.error('check-ins could not be delivered, and the duty desk could not be told; this will be repeated');
    return reached;
  }

  private async send(tx: Tx, coalitionId: number, contactId: string): Promise<boolean> {
    const contact = await this.contacts.find(tx, coalitionId, contactId);
    const channel = contact === null ? undefined : this.channels.get(contact.channel);
    if (contact === null || channel === undefined) return false;
    const deliveryId = randomUUID();
    const message = {
      deliveryId,
      address: this.contacts.openAddress(contact),
      lang: contact.lang,
      purpose: 'check_ins' as const,
      severity: 1 as const,
      pgpKey: contact.pgpKey,
      tag: this.contacts.tagOf(coalitionId, contactId, utf8(deliveryId)),
    };
    const { kind } = await channel.send(message, { signal: AbortSignal.timeout(sendTimeoutMs) });
    return kind === 'accepted' || kind === 'ambiguous';
  }
}

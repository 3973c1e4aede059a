import { Inject, Injectable } from '@nestjs/common';
import { CHANNELS, type Channels } from '../delivery/channel.js';
import { parseSubscriptionAddress, subscriptionAddress, type Subscription } from '../delivery/channels/web-push/subscription.js';
import { WebPushChannel } from '../delivery/channels/web-push/web-push-channel.js';
import { Database, type Tx } from '../platform/database/database.js';
import { ContactBook, type ContactLanguage, type ContactRow } from '../roster/contact-book.js';
import { maxOwnContacts } from './limits.js';
import type { DeskSession } from './sign-in/sessions.js';

/** One of a person's own contacts. Of the address only so much is shown that its owner knows it again. */
export interface OwnContact {
  readonly contactId: string;
  readonly channel: string;
  readonly hint: string | null;
  readonly lang: ContactLanguage;
  readonly priority: number;
  readonly verified: boolean;
  readonly verifiedAt: Date | null;
  /** A short code when nothing is sent there any more. */
  readonly disabled: string | null;
  readonly lastTest: { readonly at: Date; readonly outcome: string; readonly code: string } | null;
}

export type NewOwnContact = { readonly channel: 'email'; readonly address: string } | { readonly channel: 'web-push'; readonly subscription: Subscription };

export type ContactRefusal = 'channel-not-configured' | 'too-many-contacts' | 'last-contact' | 'no-such-contact';

/** A Telegram chat proves itself through the operator's link, and a webhook belongs to an office: neither is added here. */
const ADDED_HERE: ReadonlySet<string> = new Set<NewOwnContact['channel']>(['email', 'web-push']);

/** What people may change about how they themselves are reached. */
@Injectable()
export class OwnContacts {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ContactBook) private readonly contacts: ContactBook,
    @Inject(CHANNELS) private readonly channels: Channels,
  ) {}

  /** What can be added here: channels with how each is proved, and the key that a browser needs to subscribe. */
  offered(): { channels: { channel: string; proof: string }[]; webPushKey: string | null } {
    const webPush = this.channels.get('web-push');
    return {
      channels: [...this.channels.values()].filter(({ key }) => ADDED_HERE.has(key)).map(({ key, capabilities }) => ({ channel: key, proof: capabilities.proof })),
      webPushKey: webPush instanceof WebPushChannel ? webPush.publicKey : null,
    };
  }

  async list(session: DeskSession): Promise<OwnContact[]> {
    const rows = await this.rowsOf(this.database, session);
    return rows.map((row) => ({
      contactId: row.contactId,
      channel: row.channel,
      hint: this.hintOf(row),
      lang: row.lang,
      priority: row.priority,
      verified: row.verifiedAt !== null,
      verifiedAt: row.verifiedAt,
      disabled: row.disabledAt === null ? null : (row.disabledReason ?? 'disabled'),
      lastTest: row.testedAt === null ? null : { at: row.testedAt, outcome: row.testOutcome ?? '', code: row.testCode ?? '' },
    }));
  }

  /** Adds a contact, unverified and last. A browser that subscribes again takes the place of its earlier subscription. */
  async add(tx: Tx, session: DeskSession, lang: ContactLanguage, contact: NewOwnContact): Promise<{ readonly contactId: string } | { readonly refused: ContactRefusal }> {
    if (!this.channels.has(contact.channel)) return { refused: 'channel-not-configured' };
    const rows = await this.rowsOf(tx, session);
    const address = contact.channel === 'email' ? contact.address : subscriptionAddress(contact.subscription);
    const known = rows.find((row) => row.channel === contact.channel && this.contacts.openAddress(row) === address);
    if (known) return { contactId: known.contactId };
    if (rows.length >= maxOwnContacts) return { refused: 'too-many-contacts' };
    const contactId = await this.contacts.add(tx, {
      coalitionId: session.coalitionId,
      purpose: 'responder',
      rid: session.rid,
      channel: contact.channel,
      address,
      ...(contact.channel === 'web-push' ? { server: new URL(contact.subscription.endpoint).host } : {}),
      priority: Math.max(0, ...rows.map(({ priority }) => priority)) + 1,
      lang,
      verified: false,
    });
    return { contactId };
  }

  /** Says which contact is tried first. Those that are not named come after. */
  async order(tx: Tx, session: DeskSession, contactIds: readonly string[]): Promise<{ readonly ordered: true } | { readonly refused: ContactRefusal }> {
    const rows = await this.rowsOf(tx, session);
    if (contactIds.some((id) => !rows.some(({ contactId }) => contactId === id))) return { refused: 'no-such-contact' };
    const rest = rows.map(({ contactId }) => contactId).filter((id) => !contactIds.includes(id));
    await this.contacts.prioritise(tx, session.coalitionId, [...new Set([...contactIds, ...rest])]);
    return { ordered: true };
  }

  /** Removes a contact, but never the last one that works, nor the last mail address: a stolen session must not silence its owner. */
  async remove(tx: Tx, session: DeskSession, contactId: string): Promise<{ readonly removed: true } | { readonly refused: ContactRefusal }> {
    const rows = await this.rowsOf(tx, session);
    if (!rows.some((row) => row.contactId === contactId)) return { refused: 'no-such-contact' };
    const others = rows.filter((row) => row.contactId !== contactId);
    for (const kind of [works, (row: ContactRow) => works(row) && row.channel === 'email']) {
      if (rows.some(kind) && !others.some(kind)) return { refused: 'last-contact' };
    }
    await this.contacts.remove(tx, session.coalitionId, contactId);
    return { removed: true };
  }

  private async rowsOf(reader: Tx | Database, { coalitionId, rid }: DeskSession): Promise<ContactRow[]> {
    return (await this.contacts.list(reader, coalitionId)).filter((row) => row.rid !== null && Buffer.from(row.rid).equals(rid));
  }

  private hintOf(row: ContactRow): string | null {
    const address = this.contacts.openAddress(row);
    if (row.channel === 'email') return address.replace(/^(.).*(@.*)$/, '$1…$2');
    const subscription = row.channel === 'web-push' ? parseSubscriptionAddress(address) : null;
    return subscription === null ? null : new URL(subscription.endpoint).host;
  }
}

function works(row: ContactRow): boolean {
  return row.verifiedAt !== null && row.disabledAt === null;
}

import type { MessageKey } from '../../common/i18n.js';
import type { OwnContact, OwnContacts } from '../service/contacts-api.js';

/** `off`: its provider says that nobody is reached there any more. */
export type ContactState = 'works' | 'unproved' | 'off';

export function contactState({ verifiedAt, disabled }: Pick<OwnContact, 'verifiedAt' | 'disabled'>): ContactState {
  if (disabled !== null) return 'off';
  return verifiedAt === null ? 'unproved' : 'works';
}

/** Whether the desk can prove it by a code that its owner types in. A link or a device proves itself elsewhere. */
export function isProvedByCode({ channel }: Pick<OwnContact, 'channel'>, offered: OwnContacts['offered']): boolean {
  return offered.channels.some((each) => each.channel === channel && each.proof === 'code');
}

/** The order with one of them a step earlier or later; null at the end, where there is no such step. */
export function movedOrder(ids: readonly string[], id: string, step: -1 | 1): readonly string[] | null {
  const at = ids.indexOf(id);
  const other = ids[at + step];
  if (at < 0 || other === undefined) return null;
  return ids.map((each) => (each === id ? other : each === other ? id : each));
}

const channelKeys: Readonly<Record<string, MessageKey>> = {
  email: 'desk.contacts.channel-email',
  telegram: 'desk.contacts.channel-telegram',
  webhook: 'desk.contacts.channel-webhook',
  'web-push': 'desk.contacts.channel-web-push',
};

/** Null for a channel that this page has no word for; it is then shown by its own name. */
export function channelKey(channel: string): MessageKey | null {
  return channelKeys[channel] ?? null;
}

/** What came of a test, in words that promise no more than is known: a provider took it, nobody has seen it. */
export function testKey(outcome: string): MessageKey {
  switch (outcome) {
    case 'accepted':
      return 'desk.contacts.test-accepted';
    case 'ambiguous':
      return 'desk.contacts.test-ambiguous';
    case 'refused':
      return 'desk.contacts.test-refused';
    default:
      return 'desk.contacts.test-later';
  }
}

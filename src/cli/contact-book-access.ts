import { openBounceAddresses, makeChannels } from '../delivery/make-channels.js';
import type { Channels } from '../delivery/channel.js';
import type { ServiceConfig } from '../platform/config/slices.js';
import type { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { ContactBook } from '../roster/contact-book.js';
import { loadCryptography } from './cryptography.js';

/** The contact book under the service's own key file. */
export async function contactBook(database: Database, config: ServiceConfig): Promise<ContactBook> {
  const { p } = await loadCryptography();
  return new ContactBook(p, await openServerKey(database, p, { name: 'contacts', file: config.contacts.keyFile }));
}

/** The channels as the service has them, under the same keys. */
export async function openChannels(database: Database, config: ServiceConfig): Promise<Channels> {
  const { p } = await loadCryptography();
  const { instance, mail } = config;
  return makeChannels({ ...config, p, database, bounces: await openBounceAddresses({ p, database, instance, mail }) });
}

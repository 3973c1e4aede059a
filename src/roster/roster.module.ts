import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { CONTACTS_CONFIG, type ContactsConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { ContactBook } from './contact-book.js';
import { ContactLinks } from './contact-links.js';
import { RosterStore } from './roster-store.js';

@Module({
  imports: [EvidenceModule],
  providers: [
    RosterStore,
    {
      provide: ContactBook,
      useFactory: async (p: Primitives, database: Database, { keyFile }: ContactsConfig) =>
        new ContactBook(p, await openServerKey(database, p, { name: 'contacts', file: keyFile })),
      inject: [PRIMITIVES, Database, CONTACTS_CONFIG],
    },
    { provide: ContactLinks, useFactory: (p: Primitives, contacts: ContactBook) => new ContactLinks(p, contacts), inject: [PRIMITIVES, ContactBook] },
  ],
  exports: [RosterStore, ContactBook, ContactLinks],
})
export class RosterModule {}

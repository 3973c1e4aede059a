import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { ContactBook } from './contact-book.js';
import { RosterStore } from './roster-store.js';

@Module({
  imports: [EvidenceModule],
  providers: [
    RosterStore,
    {
      provide: ContactBook,
      useFactory: async (p: Primitives, database: Database, instance: InstanceConfig) => {
        const file = join(instance.dataDir, 'contacts.key');
        return new ContactBook(p, await openServerKey(database, p, { name: 'contacts', file }));
      },
      inject: [PRIMITIVES, Database, INSTANCE_CONFIG],
    },
  ],
  exports: [RosterStore, ContactBook],
})
export class RosterModule {}

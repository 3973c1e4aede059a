import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { GATEKEEPER_CONFIG, type GatekeeperConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { Gatekeeper } from './gatekeeper.js';
import { LocalGatekeeper } from './local-gatekeeper.js';

@Module({
  providers: [
    {
      provide: Gatekeeper,
      useFactory: async (p: Primitives, database: Database, { keyFile }: GatekeeperConfig) =>
        new LocalGatekeeper(p, await openServerKey(database, p, { name: 'gatekeeper', file: keyFile })),
      inject: [PRIMITIVES, Database, GATEKEEPER_CONFIG],
    },
  ],
  exports: [Gatekeeper],
})
export class GatekeeperModule {}

import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { GATEKEEPER_CONFIG, INSTANCE_CONFIG, type GatekeeperConfig, type InstanceConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { Gatekeeper } from './gatekeeper.js';
import { LocalGatekeeper } from './local-gatekeeper.js';

@Module({
  providers: [
    {
      provide: Gatekeeper,
      useFactory: async (p: Primitives, database: Database, config: GatekeeperConfig, instance: InstanceConfig) => {
        const file = config.keyFile ?? join(instance.dataDir, 'gatekeeper.key');
        return new LocalGatekeeper(p, await openServerKey(database, p, { name: 'gatekeeper', file }));
      },
      inject: [PRIMITIVES, Database, GATEKEEPER_CONFIG, INSTANCE_CONFIG],
    },
  ],
  exports: [Gatekeeper],
})
export class GatekeeperModule {}

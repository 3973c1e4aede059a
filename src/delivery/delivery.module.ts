import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EscalationModule } from '../escalation/escalation.module.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import { INSTANCE_CONFIG, MAIL_CONFIG, type InstanceConfig, type MailConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { RosterModule } from '../roster/roster.module.js';
import { BOUNCE_ADDRESSES, Bounces } from './bounces.js';
import { CHANNELS, type Channel } from './channel.js';
import { BounceAddresses } from './channels/email/bounce-address.js';
import { EmailChannel } from './channels/email/email-channel.js';
import { MailTexts } from './mail-texts.js';
import { Outbox } from './outbox.js';
import { Settlement } from './settle.js';

@Module({
  imports: [EscalationModule, EvidenceModule, RosterModule],
  providers: [
    Bounces,
    Outbox,
    Settlement,
    {
      provide: BOUNCE_ADDRESSES,
      useFactory: async (mail: MailConfig, instance: InstanceConfig, database: Database, p: Primitives) => {
        if (mail.bounceDomain === undefined) return null;
        const file = join(instance.dataDir, 'keys', 'bounces.key');
        return new BounceAddresses(await openServerKey(database, p, { name: 'bounces', file }), mail.bounceDomain);
      },
      inject: [MAIL_CONFIG, INSTANCE_CONFIG, Database, PRIMITIVES],
    },
    {
      provide: CHANNELS,
      useFactory: (mail: MailConfig, instance: InstanceConfig, bounces: BounceAddresses | null): Channel[] => [
        new EmailChannel(mail, `${instance.publicUrl}/desk`, new MailTexts(), bounces),
      ],
      inject: [MAIL_CONFIG, INSTANCE_CONFIG, BOUNCE_ADDRESSES],
    },
  ],
  exports: [Outbox],
})
export class DeliveryModule {}

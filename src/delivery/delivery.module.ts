import { Module } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EscalationModule } from '../escalation/escalation.module.js';
import { EvidenceModule } from '../evidence/evidence.module.js';
import {
  INSTANCE_CONFIG,
  MAIL_CONFIG,
  OUTBOUND_CONFIG,
  TELEGRAM_CONFIG,
  WEB_PUSH_CONFIG,
  type InstanceConfig,
  type MailConfig,
  type OutboundConfig,
  type TelegramConfig,
  type WebPushConfig,
} from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { ContactBook } from '../roster/contact-book.js';
import { RosterModule } from '../roster/roster.module.js';
import { BOUNCE_ADDRESSES, Bounces } from './bounces.js';
import { CHANNELS, type Channels } from './channel.js';
import type { BounceAddresses } from './channels/email/bounce-address.js';
import { ContactChecks } from './contact-checks.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { GapWatch } from './gap-watch.js';
import { makeChannels, openBounceAddresses } from './make-channels.js';
import { Outbox } from './outbox.js';
import { Settlement } from './settle.js';

@Module({
  imports: [EscalationModule, EvidenceModule, RosterModule],
  providers: [
    Bounces,
    DeliveryMetrics,
    GapWatch,
    Outbox,
    Settlement,
    {
      provide: BOUNCE_ADDRESSES,
      useFactory: (p: Primitives, database: Database, instance: InstanceConfig, mail: MailConfig) => openBounceAddresses({ p, database, instance, mail }),
      inject: [PRIMITIVES, Database, INSTANCE_CONFIG, MAIL_CONFIG],
    },
    {
      provide: CHANNELS,
      useFactory: (
        p: Primitives,
        database: Database,
        instance: InstanceConfig,
        mail: MailConfig,
        outbound: OutboundConfig,
        webPush: WebPushConfig,
        telegram: TelegramConfig,
        bounces: BounceAddresses | null,
      ) => makeChannels({ p, database, instance, mail, outbound, webPush, telegram, bounces }),
      inject: [PRIMITIVES, Database, INSTANCE_CONFIG, MAIL_CONFIG, OUTBOUND_CONFIG, WEB_PUSH_CONFIG, TELEGRAM_CONFIG, BOUNCE_ADDRESSES],
    },
    {
      provide: ContactChecks,
      useFactory: (database: Database, contacts: ContactBook, channels: Channels) => new ContactChecks(database, contacts, channels),
      inject: [Database, ContactBook, CHANNELS],
    },
  ],
  exports: [Outbox, CHANNELS, ContactChecks],
})
export class DeliveryModule {}

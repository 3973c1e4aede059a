import { Module, type DynamicModule } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { EscalationModule } from '../escalation/escalation.module.js';
import { ArmedModule } from '../intake/armed/armed.module.js';
import { IntakeModule } from '../intake/intake.module.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../platform/config/slices.js';
import { PRIMITIVES } from '../platform/crypto.js';
import { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { RosterModule } from '../roster/roster.module.js';
import { Accounts } from './accounts/accounts.js';
import { BotClient } from './api/bot-client.js';
import { ArmedButton } from './conversation/armed-button.js';
import { Conversation } from './conversation/conversation.js';
import { Emergency } from './conversation/emergency.js';
import { Joining } from './conversation/joining.js';
import { Ingest } from './ingest/ingest.js';
import { Poller } from './ingest/poller.js';
import { WebhookController } from './ingest/webhook.controller.js';
import { MiniAppController } from './mini-app/mini-app.controller.js';
import { ArmedJobs } from './outbox/armed-jobs.js';
import { FetchFile } from './outbox/fetch-file.js';
import { Jobs } from './outbox/jobs.js';
import { Worker } from './outbox/worker.js';
import { ChatSealer } from './sealing/chat-sealer.js';
import { ChatSecrets } from './secrets.js';
import { ChatAlerts } from './status/chat-alerts.js';
import { StatusBoard } from './status/status-board.js';
import { BotTexts } from './texts.js';

/** The defenders' bot: a doorbell that keeps nothing. Only where a token is configured. */
@Module({})
export class TelegramModule {
  /** @param token of the bot @param options.http whether this process has a door to the outside */
  static forRoot(token: string, options: { readonly http: boolean }): DynamicModule {
    return {
      module: TelegramModule,
      imports: [ArmedModule, IntakeModule, EscalationModule, RosterModule],
      controllers: options.http ? [MiniAppController, WebhookController] : [],
      providers: [
        { provide: BotClient, useFactory: (config: TelegramConfig) => new BotClient(config, token), inject: [TELEGRAM_CONFIG] },
        {
          provide: ChatSecrets,
          useFactory: async (p: Primitives, database: Database, { keyFile }: TelegramConfig) =>
            new ChatSecrets(p, await openServerKey(database, p, { name: 'telegram', file: keyFile })),
          inject: [PRIMITIVES, Database, TELEGRAM_CONFIG],
        },
        Accounts,
        ArmedButton,
        ArmedJobs,
        BotTexts,
        ChatAlerts,
        ChatSealer,
        Conversation,
        Emergency,
        FetchFile,
        Ingest,
        Jobs,
        Joining,
        Poller,
        StatusBoard,
        Worker,
      ],
    };
  }
}

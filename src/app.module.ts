import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { migrations } from '../migrations/index.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { DeskModule } from './desk/desk.module.js';
import { EscalationModule } from './escalation/escalation.module.js';
import { ArmedModule } from './intake/armed/armed.module.js';
import { IntakeDoorModule } from './intake/intake.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import type { ServiceConfig } from './platform/config/slices.js';
import { CryptoModule } from './platform/crypto.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';
import { TelegramModule } from './telegram/telegram.module.js';
import { WatchingModule } from './watching/watching.module.js';

/** The one place that knows every module. */
@Module({})
export class AppModule {
  /** @param databaseUrl address of the database that is really used, configured or embedded */
  static forRoot(config: ServiceConfig, databaseUrl: string): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(databaseUrl, config.database),
        CryptoModule,
        MetricsModule,
        HealthModule.forRoot(migrations),
        ScheduleModule.forRoot(),
        // In every process, because the doors use them; their own work (tick, sending) runs only in the role "engine".
        EscalationModule,
        DeliveryModule,
        WatchingModule,
        ArmedModule,
        ...(config.instance.roles.includes('http') ? [IntakeDoorModule, DeskModule] : []),
        ...telegramModules(config),
      ],
    };
  }
}

/** The bot, where a token is configured and this process has a part in it. */
function telegramModules({ instance: { roles }, telegram: { token } }: ServiceConfig): DynamicModule[] {
  if (token === undefined || !(roles.includes('telegram') || roles.includes('http'))) return [];
  return [TelegramModule.forRoot(token, { http: roles.includes('http') })];
}

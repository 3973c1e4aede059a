import { Module, type DynamicModule } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { migrations } from '../migrations/index.js';
import { IntakeModule } from './intake/intake.module.js';
import { ConfigModule } from './platform/config/config.module.js';
import type { ServiceConfig } from './platform/config/slices.js';
import { CryptoModule } from './platform/crypto.js';
import { DatabaseModule } from './platform/database/database.module.js';
import { HealthModule } from './platform/health/health.module.js';
import { MetricsModule } from './platform/metrics/metrics.module.js';

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
        ...(config.instance.roles.includes('http') ? [IntakeModule] : []),
      ],
    };
  }
}

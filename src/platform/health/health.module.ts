import { Global, Inject, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { Database } from '../database/database.js';
import { MIGRATION_TABLE, missingMigrations, type MigrationClass } from '../database/migrate.js';
import { HealthController } from './health.controller.js';
import { Health } from './health.js';

const MIGRATIONS = Symbol('MIGRATIONS');

/** Health checks of the platform itself; other modules add theirs through the exported Health. */
@Global()
@Module({})
export class HealthModule implements OnModuleInit {
  constructor(
    private readonly health: Health,
    private readonly database: Database,
    @Inject(MIGRATIONS) private readonly migrations: readonly MigrationClass[],
  ) {}

  static forRoot(migrations: readonly MigrationClass[]): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [Health, { provide: MIGRATIONS, useValue: migrations }],
      exports: [Health],
    };
  }

  onModuleInit(): void {
    this.health.register('database', () => this.databaseAnswers(), { required: true });
    this.health.register('migrations', () => this.schemaIsComplete(), { required: true });
  }

  private async databaseAnswers(): Promise<{ ok: true }> {
    await this.database.query('SELECT 1');
    return { ok: true };
  }

  private async schemaIsComplete(): Promise<{ ok: true } | { ok: false; reason: string }> {
    const applied = await this.database.query<{ name: string }>(`SELECT name FROM ${MIGRATION_TABLE}`);
    const missing = missingMigrations(applied.rows.map(({ name }) => name), this.migrations);
    return missing.length === 0 ? { ok: true } : { ok: false, reason: 'migrations-missing' };
  }
}

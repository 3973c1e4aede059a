import { Global, Inject, Logger, Module, type BeforeApplicationShutdown, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/slices.js';
import { Database, dataSourceFor } from './database.js';

/** The address that is really used: the configured one, or that of the embedded server. */
const DATABASE_URL = Symbol('DATABASE_URL');

/**
 * Gives every module the one Database. @nestjs/typeorm opens and closes the pool and collects the entities of
 * TypeOrmModule.forFeature.
 */
@Global()
@Module({})
export class DatabaseModule implements BeforeApplicationShutdown {
  constructor(@Inject(Database) private readonly database: Database) {}

  static forRoot(url: string, config: DatabaseConfig): DynamicModule {
    const log = new Logger('Database');
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          // The service has waited for the database before; retries here would outlive a test.
          useFactory: () => ({ type: 'postgres', autoLoadEntities: true, retryAttempts: 1, retryDelay: 0 }),
          dataSourceFactory: async (options?: DataSourceOptions) => {
            const source = await dataSourceFor({
              url,
              poolSize: config.poolSize,
              statementTimeoutMs: config.statementTimeoutMs,
              entities: options?.entities ?? [],
            });
            return source.initialize();
          },
        }),
      ],
      providers: [
        { provide: DATABASE_URL, useValue: url },
        {
          provide: Database,
          useFactory: (source: DataSource) => new Database(source, { url, log: (message) => log.warn(message) }),
          inject: [DataSource],
        },
      ],
      exports: [Database],
    };
  }

  /** Before the pool is closed: otherwise the listener would take the end of its connection for a fault. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.database.stopListening();
  }
}

import 'reflect-metadata';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { migrations } from '../migrations/index.js';
import { AppModule } from './app.module.js';
import type { ServiceConfig } from './platform/config/slices.js';
import { startEmbedded, type EmbeddedPostgres } from './platform/database/embedded/embedded-postgres.js';
import { migrate } from './platform/database/migrate.js';
import { registerBodyParsers } from './platform/http/body-parsers.js';
import { makeFastifyAdapter } from './platform/http/http-server.js';
import { defaultWebDir, registerPages } from './platform/http/pages.js';
import { ProblemFilter } from './platform/http/problem.filter.js';
import { registerSecurityHeaders } from './platform/http/security-headers.js';
import { ServiceLogger } from './platform/logging/service-logger.js';

export interface Service {
  /** Where the listener is really bound, for example http://127.0.0.1:8080. */
  readonly url: string;
  /** The database in use, embedded or external. */
  readonly databaseUrl: string;
  /** For the command line and tests that need a part of the running program. */
  readonly app: INestApplicationContext;
  /** Refuses new work, finishes what is open, ends the embedded database. Safe to call twice. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  readonly config: ServiceConfig;
  /** One line of the log; by default to standard error. */
  readonly writeLog?: (line: string) => void;
}

/**
 * Starts the whole program in this process: database, migrations, modules, listener, in this order. Used by main, by
 * the demo and by tests, so that all of them start the same thing.
 */
export async function createService({ config, writeLog }: ServiceOptions): Promise<Service> {
  const logger = new ServiceLogger(config.logging, writeLog);
  const embedded = config.database.url === undefined ? await startOwnDatabase(config, logger) : null;
  const databaseUrl = config.database.url ?? embedded?.connection;
  if (databaseUrl === undefined) throw new Error('there is neither an external nor an embedded database');
  let app: NestFastifyApplication | undefined;
  try {
    for (const name of await migrate(databaseUrl, migrations)) logger.log(`migration ${name} done`, 'Database');
    app = await startApplication(config, databaseUrl, logger);
    const url = urlOf(app, config.http.host);
    logger.log(`listening on port ${new URL(url).port}`, 'Http');
    return { url, databaseUrl, app, stop: onlyOnce(() => stopAll(app, embedded)) };
  } catch (error) {
    await stopAll(app, embedded);
    throw error;
  }
}

async function startOwnDatabase(config: ServiceConfig, logger: ServiceLogger): Promise<EmbeddedPostgres> {
  return startEmbedded({
    dataDir: join(config.instance.dataDir, 'postgres'),
    log: (message) => logger.warn(message, 'Database'),
  });
}

async function startApplication(config: ServiceConfig, databaseUrl: string, logger: ServiceLogger): Promise<NestFastifyApplication> {
  const adapter = makeFastifyAdapter(config.http);
  const fastify = adapter.getInstance();
  registerSecurityHeaders(fastify, config.http);
  registerBodyParsers(fastify, config.http);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, databaseUrl), adapter, {
    logger,
    bodyParser: false, // ours are registered above
    abortOnError: false, // throws to our caller instead of ending the process
    forceCloseConnections: true, // event streams stay open for ever and would block the stop
  });
  try {
    app.useGlobalFilters(new ProblemFilter(config.http));
    if (config.instance.roles.includes('http')) registerPages(fastify, config.instance.webDir ?? defaultWebDir());
    await app.listen({ host: config.http.host, port: config.http.port });
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

function urlOf(app: NestFastifyApplication, host: string): string {
  const bound = app.getHttpServer().address();
  if (bound === null || typeof bound === 'string') throw new Error('the listener has no port');
  const shownHost = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${shownHost}:${bound.port}`;
}

async function stopAll(app: NestFastifyApplication | undefined, embedded: EmbeddedPostgres | null): Promise<void> {
  try {
    await app?.close();
  } finally {
    await embedded?.stop();
  }
}

function onlyOnce(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= work());
}

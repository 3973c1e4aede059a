import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { loadSodium } from '@jardam/protocol/sodium';
import { migrations } from '../../migrations/index.js';
import type { Policy } from '../../src/domain/policy.js';
import { Database } from '../../src/platform/database/database.js';
import { startEmbedded, type EmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { openServerKey } from '../../src/platform/keys/server-key.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { freePort, startServiceProcess, type ServiceProcess } from '../e2e/support/service-process.js';
import { shortLadder } from '../e2e/support/world.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { installLimitLog } from './limit-log.js';
import { installMovedClock, moveClock } from './moved-clock.js';
import { Providers } from './providers.js';

export const stepMs = 900;
const ackLifetimeMs = 5_000;
export const leaseMs = 2_000;
const databaseName = 'simulation';

/** One instance of the service as an operator runs it, with lines of its own to the database and to its mail server. */
export interface Instance {
  readonly name: string;
  readonly databaseLine: FaultProxy;
  readonly mailLine: FaultProxy;
  readonly mail: MailSink;
  process: ServiceProcess;
  /** Starts it again after a kill, on the same address. */
  restart(): Promise<void>;
}

/** Everything on real processes: two services, PostgreSQL on a disk, and the providers and lines between them. */
export class Stage {
  private clockMs = 0;
  /** True times at which whatever a provider had asked us to wait for was over: lifted, or the clock was moved. */
  readonly limitsLifted: number[] = [];

  private constructor(
    private server: EmbeddedPostgres,
    private readonly directory: string,
    readonly coalition: StoredCoalition,
    readonly instances: readonly Instance[],
    readonly providers: Providers,
  ) {}

  static async open(): Promise<Stage> {
    const directory = mkdtempSync(join(tmpdir(), 'jardam-simulation-'));
    const server = await startServer(directory);
    try {
      return await Stage.furnish(directory, server);
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private static async furnish(directory: string, server: EmbeddedPostgres): Promise<Stage> {
    const owner = await connected(server.connection);
    await migrate(server.connection, migrations);
    await installMovedClock(owner, databaseName);
    await installLimitLog(owner);
    await owner.end();
    const database = await Database.open({ url: server.connection, poolSize: 2 });
    const p = await loadSodium();
    const key = await openServerKey(database, p, { name: 'contacts', file: join(directory, 'keys', 'contacts.key') });
    const coalition = await demoCoalition(database, { policy: hastyLadder(), contacts: new ContactBook(p, key) });
    const providers = await Providers.start();
    await providers.register(database, coalition);
    await database.close();
    const instances: Instance[] = [];
    try {
      for (const name of ['first', 'second']) instances.push(await startInstance(name, directory, server, providers.environment));
    } catch (error) {
      await Promise.all(instances.map((instance) => instance.process.kill()));
      await providers.stop();
      throw error;
    }
    return new Stage(server, directory, coalition, instances, providers);
  }

  /** As the owner of the database, past all faults. */
  async asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await connected(this.server.connection);
    try {
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** A connection for something that lasts, such as a lock; the caller ends it. */
  hold(): Promise<pg.Client> {
    return connected(this.server.connection);
  }

  /** What the database's clock shows, milliseconds since 1970. */
  databaseNow(): number {
    return Date.now() + this.clockMs;
  }

  /** Moves the database's clock; the service has no other. */
  async moveClock(byMs: number): Promise<void> {
    this.limitsLifted.push(Date.now());
    this.clockMs += byMs;
    await this.asOwner((owner) => moveClock(owner, this.clockMs));
  }

  /** The server ends in the ordinary way and comes back, or dies without writing anything and recovers from its log. */
  async restartServer(how: 'ordinary' | 'crash'): Promise<void> {
    if (how === 'ordinary') {
      await this.server.stop();
      this.server = await startServer(this.directory);
      return;
    }
    const pid = this.server.pid();
    if (pid !== undefined) process.kill(pid, 'SIGQUIT');
    await sleep(300);
    for (let tries = 0; ; tries++) {
      const answer = await this.asOwner((owner) => owner.query('SELECT 1')).catch(() => null);
      if (answer) return;
      if (tries > 300) throw new Error('PostgreSQL did not come back after a crash');
      await sleep(100);
    }
  }

  /** Everything works again. */
  async heal(): Promise<void> {
    for (const { databaseLine, mailLine, mail } of this.instances) {
      databaseLine.behave({ kind: 'none' });
      mailLine.behave({ kind: 'none' });
      mail.behave({ kind: 'accept' });
    }
    this.providers.heal();
    this.limitsLifted.push(Date.now());
    await this.asOwner(async (owner) => {
      await owner.query('UPDATE contact SET disabled_at = NULL, disabled_reason = NULL');
      await owner.query('UPDATE channel_health SET blocked_until = NULL');
    });
  }

  /** What the mail servers took, by the delivery that it belongs to. */
  mailLog(): { deliveryId: string; at: number }[] {
    return this.instances.flatMap(({ mail }) => mail.mails.map(({ messageId, at }) => ({ deliveryId: messageId.replace(/^<|@.*$/g, ''), at })));
  }

  async close(): Promise<void> {
    for (const { process: service, databaseLine, mailLine, mail } of this.instances) {
      await service.kill();
      await databaseLine.stop();
      await mailLine.stop();
      await mail.stop();
    }
    await this.providers.stop();
    await this.server.stop();
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.server.dataDir, { recursive: true, force: true });
  }
}

function startServer(directory: string): Promise<EmbeddedPostgres> {
  return startEmbedded({ dataDir: directory, database: databaseName });
}

async function startInstance(name: string, directory: string, server: EmbeddedPostgres, toProviders: Readonly<Record<string, string>>): Promise<Instance> {
  const folder = decodeURIComponent(new URL(server.connection).hostname);
  const databaseLine = await FaultProxy.to({ path: join(folder, '.s.PGSQL.5432') });
  const mail = await startMailSink();
  const mailLine = await FaultProxy.to({ host: '127.0.0.1', port: mail.port });
  const port = await freePort();
  const environment = {
    ...toProviders,
    // The bot's own work has tests of its own.
    JARDAM_ROLES: 'http,engine',
    DATABASE_URL: `postgresql://jardam@127.0.0.1:${databaseLine.port}/${databaseName}`,
    // Few, so that a handful of stuck transactions is all of them.
    JARDAM_DATABASE_POOL_SIZE: '4',
    JARDAM_DATABASE_STATEMENT_TIMEOUT_MS: '3000',
    JARDAM_DATA_DIR: directory,
    JARDAM_PUBLIC_URL: `http://127.0.0.1:${port}`,
    JARDAM_MAIL_HOST: '127.0.0.1',
    JARDAM_MAIL_PORT: String(mailLine.port),
    JARDAM_MAIL_SECURITY: 'none',
    JARDAM_MAIL_FROM: 'notice@example.org',
    JARDAM_MAIL_CONNECT_TIMEOUT_MS: '1000',
    JARDAM_MAIL_SOCKET_TIMEOUT_MS: '1000',
    JARDAM_ENGINE_TICK_INTERVAL_MS: '250',
    JARDAM_ENGINE_SWEEP_INTERVAL_MS: '1000',
    JARDAM_ENGINE_SEND_LEASE_MS: String(leaseMs),
    JARDAM_ENGINE_SEND_TIMEOUT_MS: '1500',
  };
  const instance: Instance = {
    name,
    databaseLine,
    mailLine,
    mail,
    process: await startServiceProcess(environment, port),
    restart: async () => {
      instance.process = await startServiceProcess(environment, port);
    },
  };
  return instance;
}

/** The whole ladder in seconds; with a quorum in it, and acknowledgements that soon expire. */
function hastyLadder(): Policy {
  const policy = shortLadder(stepMs);
  const everySeverity = (ms: number) => ({ S1: ms, S2: ms, S3: ms, S4: ms });
  return {
    ...policy,
    handedOverMs: stepMs / 2,
    ack: { ...policy.ack, expiresMs: everySeverity(ackLifetimeMs) },
    tiers: policy.tiers.map((tier, at) => ({
      ...tier,
      // Two tiers have time enough to wait for a provider that asks for a second.
      ...(tier.afterMs.S1 === null || at < 3 ? {} : { afterMs: everySeverity((at + Math.min(at - 2, 2)) * stepMs) }),
      ...(tier.tier === 2 ? { satisfiedBy: { quorum: 2 } } : {}),
    })),
  };
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // a fault of ours ends it
  await client.connect();
  return client;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configOf } from '../../src/platform/config/load-config.js';
import type { ServiceConfigInput } from '../../src/platform/config/slices.js';
import { Database } from '../../src/platform/database/database.js';
import { createService, type Service } from '../../src/service.js';
import { testDatabase } from './database.js';
import { startMailSink } from './mail-sink.js';

export interface TestApp {
  /** Origin of the running service, for example http://127.0.0.1:40123. */
  readonly url: string;
  /** The owner's access to the database behind it. */
  readonly databaseUrl: string;
  /** The restricted access, on a pool of the test's own. */
  readonly database: Database;
  readonly service: Service;
  /** Everything the service has logged so far. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

export interface TestAppOptions {
  readonly config?: ServiceConfigInput;
  /** Join the database of another test instance instead of making one. */
  readonly databaseUrl?: string;
}

/** Starts the whole service on a free loopback port, against a fresh test database and a mail server that takes everything. */
export async function testApp(options: TestAppOptions = {}): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'jardam-app-'));
  const own = options.databaseUrl === undefined ? await testDatabase() : null;
  const database = own?.database ?? (await Database.open({ url: options.databaseUrl ?? '', poolSize: 5 }));
  const databaseUrl = own?.url ?? options.databaseUrl ?? '';
  const log: string[] = [];
  const given = options.config ?? {};
  // Without one, mails would go to whatever this machine has on port 25, and where it has nothing the ladder would leave
  // the first tier as not reached while the test looks at it.
  const sink = given.mail ? null : await startMailSink();
  const service = await createService({
    config: configOf({
      ...given,
      instance: { dataDir, ...given.instance },
      database: { url: databaseUrl, poolSize: 10, ...given.database },
      http: { host: '127.0.0.1', port: 0, ...given.http },
      mail: given.mail ?? { host: '127.0.0.1', port: sink?.port, security: 'none' },
    }),
    writeLog: (line) => log.push(line),
  });
  return {
    url: service.url,
    databaseUrl,
    database,
    service,
    log,
    stop: async () => {
      await service.stop();
      await sink?.stop();
      await (own ? own.drop() : database.close());
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

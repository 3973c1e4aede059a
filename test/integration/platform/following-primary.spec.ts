import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/platform/database/database.js';
import { startEmbedded, type EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres.js';
import { isDatabaseUnavailable } from '../../../src/platform/database/unavailable.js';
import { DatabaseLine } from '../../support/database-line.js';
import { withAdmin } from '../../support/database-server.js';
import { until } from '../../support/ladder.js';

const DATABASE = 'cluster';

/** Two servers, of which one takes writes. test/ha does the same with real replication and a real failover. */
interface Server {
  readonly embedded: EmbeddedPostgres;
  readonly line: DatabaseLine;
  readonly name: string;
}

async function startServer(folder: string, name: string, standby: boolean): Promise<Server> {
  const embedded = await startEmbedded({ dataDir: join(folder, name), database: DATABASE });
  await withAdmin(embedded.connection, async (client) => {
    await client.query('CREATE ROLE jardam_app NOLOGIN');
    await client.query('GRANT jardam_app TO jardam');
    await client.query(`CREATE FUNCTION who_is_it() RETURNS text LANGUAGE sql AS 'SELECT ''${name}'''`);
  });
  const server = { embedded, line: await DatabaseLine.to(embedded.connection), name };
  await setStandby(server, standby);
  return server;
}

async function setStandby({ embedded }: Server, standby: boolean): Promise<void> {
  await withAdmin(embedded.urlOf('postgres'), async (client) => {
    await client.query(`ALTER SYSTEM SET default_transaction_read_only = ${standby ? 'on' : 'off'}`);
    await client.query('SELECT pg_reload_conf()');
  });
}

describe('an address with several servers', () => {
  let folder: string;
  let servers: [Server, Server];
  let database: Database;
  const heard: (string | null)[] = [];
  const who = async (): Promise<string | undefined> => (await database.query<{ who: string }>('SELECT who_is_it() AS who')).rows[0]?.who;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-two-'));
    servers = await Promise.all([startServer(folder, 'one', true), startServer(folder, 'two', false)]);
    const hosts = servers.map(({ line }) => new URL(line.url).host).join(',');
    database = await Database.open({ url: `postgresql://jardam@${hosts}/${DATABASE}`, poolSize: 3 });
    await database.listen('news', (payload) => heard.push(payload));
  }, 60_000);

  afterAll(async () => {
    await database.close();
    for (const { line, embedded } of servers) {
      await line.cut();
      await embedded.stop();
      rmSync(embedded.dataDir, { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('leads to the one that takes writes, wherever it stands in the address', async () => {
    expect(await who()).toBe('two');
  });

  it('follows when the primary falls silent without a word: a statement in the middle fails instead of hanging', async () => {
    const [one, two] = servers;
    two.line.freeze();
    const hanging = database.query('SELECT 1').then(
      () => null,
      (error: unknown) => error,
    );
    await setStandby(one, false);
    expect(isDatabaseUnavailable(await hanging)).toBe(true);
    expect(await until('the other server answers', () => who().catch(() => null))).toBe('one');
    heard.length = 0;
    await until('news from the new primary', async () => {
      await withAdmin(one.embedded.connection, (client) => client.query(`NOTIFY news, 'from one'`));
      return heard.includes('from one');
    });
  });

  it('says "not now" when nobody takes writes, and goes on by itself afterwards', async () => {
    const [one] = servers;
    await setStandby(one, true);
    await one.line.cut();
    await one.line.restore();
    const refused = await until('a refusal', () => who().then(() => null, (error: unknown) => error));
    expect(isDatabaseUnavailable(refused)).toBe(true);
    await setStandby(one, false);
    expect(await until('the server takes writes again', () => who().catch(() => null))).toBe('one');
  });
});

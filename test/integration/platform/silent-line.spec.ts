import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '../../../src/platform/database/database.js';
import { testDatabase, type TestDatabase } from '../../support/database.js';
import { FaultProxy } from '../../support/fault-proxy.js';
import { until } from '../../support/ladder.js';

const statementTimeoutMs = 1_000;

describe('a line to the database on which nothing comes back any more', () => {
  let own: TestDatabase;
  let line: FaultProxy;
  let database: Database;

  beforeAll(async () => {
    own = await testDatabase();
    const { hostname, port, pathname } = new URL(own.url);
    const host = decodeURIComponent(hostname);
    line = await FaultProxy.to(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port || '5432'}` } : { host, port: Number(port || '5432') });
    const url = new URL(`postgresql://127.0.0.1:${line.port}${pathname}`);
    const owner = /^postgres(?:ql)?:\/\/([^@/]*)@/.exec(own.url)?.[1];
    database = await Database.open({ url: url.href.replace('//', `//${owner === undefined ? '' : `${owner}@`}`), statementTimeoutMs, poolSize: 4 });
  });
  afterAll(async () => {
    await database.close();
    await line.stop();
    await own.drop();
  });

  it('is given up, with all connections that lie idle on it, and the next statement takes another', async () => {
    await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.05)')));
    line.behave({ kind: 'half-open' });
    const waiting = database.transaction((tx) => tx.query('SELECT 1')).then(
      () => 'answered',
      () => 'given up',
    );
    // The firewall works again, and knows nothing of the connections that were there before.
    line.behave({ kind: 'none' });
    expect(await waiting).toBe('given up');
    const { rows } = await until('the database answers', () => database.query<{ one: number }>('SELECT 1 AS one').catch(() => null));
    expect(rows).toEqual([{ one: 1 }]);
  });
});

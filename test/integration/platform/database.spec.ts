import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase, type TestDatabase } from '../../support/database.js';

@Entity({ name: 'parcel' })
class Parcel {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'bytea' })
  content!: Buffer;
}

describe('the database as the rest of the program sees it', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await testDatabase({ entities: [Parcel] });
    const owner = new pg.Client({ connectionString: test.url });
    await owner.connect();
    await owner.query('CREATE TABLE parcel (id integer PRIMARY KEY, content bytea NOT NULL)');
    await owner.query('GRANT ALL ON parcel TO PUBLIC');
    await owner.end();
  });

  afterAll(() => test.drop());

  it('puts a raw statement and a TypeORM write into one transaction', async () => {
    await test.database.transaction(async (tx) => {
      await tx.query('INSERT INTO parcel (id, content) VALUES ($1, $2)', [1, Buffer.from('raw')]);
      await tx.manager.insert(Parcel, { id: 2, content: Buffer.from('typeorm') });
      const outside = await test.database.query('SELECT id FROM parcel');
      expect(outside.rows).toEqual([]);
    });

    const stored = await test.database.query<{ id: number }>('SELECT id FROM parcel ORDER BY id');
    expect(stored.rows).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('keeps nothing of a transaction whose work throws, and tells the first cause', async () => {
    const failed = test.database.transaction(async (tx) => {
      await tx.query('INSERT INTO parcel (id, content) VALUES (10, $1)', [Buffer.alloc(1)]);
      throw new Error('the policy is missing');
    });

    await expect(failed).rejects.toThrow('the policy is missing');
    const stored = await test.database.query('SELECT id FROM parcel WHERE id = 10');
    expect(stored.rowCount).toBe(0);
  });

  it('never reports a commit that PostgreSQL turned into a rollback', async () => {
    const failed = test.database.transaction(async (tx) => {
      await tx.query('INSERT INTO parcel (id, content) VALUES (11, $1)', [Buffer.alloc(1)]);
      await tx.query('SELECT 1 / 0').catch(() => undefined);
    });

    await expect(failed).rejects.toThrow('the transaction was rolled back');
    expect((await test.database.query('SELECT id FROM parcel WHERE id = 11')).rowCount).toBe(0);
  });

  it('prepares a named statement once and reads big integers as numbers', async () => {
    const statement = { name: 'test-sum', text: 'SELECT $1::bigint + 1 AS next, count(*) AS n FROM parcel WHERE id < 3' };

    const first = await test.database.query(statement, [41]);
    const second = await test.database.query({ ...statement, values: [9_007_199_254_740_990] });

    expect(first.rows).toEqual([{ next: 42, n: 2 }]);
    expect(second.rows).toEqual([{ next: 9_007_199_254_740_991, n: 2 }]);
    await expect(test.database.query(statement, ['9007199254740991'])).rejects.toThrow('does not fit');
  });

  it('hears a notification, and asks its listener to look again after a lost connection', async () => {
    const heard: (string | null)[] = [];
    const stop = await test.database.listen('due', (payload) => heard.push(payload));
    expect(heard).toEqual([null]);

    await test.database.query(`SELECT pg_notify('due', 'T2')`);
    await until(() => heard.length === 2);
    expect(heard[1]).toBe('T2');

    await asOwner(test.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jardam-listen' AND datname = current_database()`);
    await until(() => heard.length === 3);
    expect(heard[2]).toBeNull();

    await test.database.query(`SELECT pg_notify('due', 'T3')`);
    await until(() => heard.length === 4);
    expect(heard[3]).toBe('T3');
    await stop();
  });

  it('works on after its pooled connections were cut', async () => {
    await asOwner(test.url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jardam' AND datname = current_database()`);
    await sleep(100);

    const again = await test.database.query<{ one: number }>('SELECT 1 AS one');
    expect(again.rows).toEqual([{ one: 1 }]);
  });
});

async function asOwner(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function until(condition: () => boolean, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await sleep(10);
  }
}

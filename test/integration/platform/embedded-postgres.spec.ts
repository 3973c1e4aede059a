import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startEmbedded, type EmbeddedPostgres } from '../../../src/platform/database/embedded/embedded-postgres.js';

const isRoot = process.getuid?.() === 0;

describe('the PostgreSQL server that comes with the program', () => {
  let folder: string;
  let dataDir: string;
  const servers: EmbeddedPostgres[] = [];
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-embedded-'));
    chmodSync(folder, 0o755);
    dataDir = join(folder, 'postgres');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const server of servers.splice(0)) {
      await server.stop();
      rmSync(server.dataDir, { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(where = dataDir, log?: (message: string) => void): Promise<EmbeddedPostgres> {
    const server = await startEmbedded({ dataDir: where, ...(log ? { log } : {}) });
    servers.push(server);
    return server;
  }

  it('keeps what was committed from one start to the next, durably, and reachable by nobody else', async () => {
    const first = await start();
    await ask(first.connection, 'CREATE TABLE kept (n integer)');
    await ask(first.connection, 'INSERT INTO kept VALUES (7)');
    const settings = await ask(first.connection, `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'listen_addresses', 'data_checksums', 'synchronous_commit') ORDER BY name`);
    expect(settings).toEqual([
      { name: 'data_checksums', setting: 'on' },
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '' },
      { name: 'synchronous_commit', setting: 'on' },
    ]);
    expect(statSync(new pg.Client({ connectionString: first.connection }).host).mode & 0o077).toBe(0);
    await first.stop();

    const second = await start();
    expect(await ask(second.connection, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  }, 60_000);

  it('takes over from a run that was killed with kill -9, and nothing committed is lost', async () => {
    const holder = spawn(process.execPath, ['test/support/embedded-holder.mjs', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(holder);
    const [line] = (await once(holder.stdout, 'data')) as [Buffer];
    const orphanPid = Number(line.toString().split(' ')[1]);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(isRunning(orphanPid)).toBe(true); // the server itself lives on, without anybody to stop it

    const messages: string[] = [];
    const server = await start(dataDir, (message) => messages.push(message));

    expect(await ask(server.connection, 'SELECT n FROM kept')).toEqual([{ n: 1 }]);
    expect(isRunning(orphanPid)).toBe(false);
    expect(messages).toContain('ending the PostgreSQL that an earlier, interrupted run left behind');
  }, 60_000);

  it('refuses to share a folder with another running Jardam, and names it', async () => {
    const holder = spawn(process.execPath, ['test/support/embedded-holder.mjs', dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(holder);
    const [line] = (await once(holder.stdout, 'data')) as [Buffer];
    const serverPid = Number(line.toString().split(' ')[1]);

    await expect(start()).rejects.toThrow(`in use by another running Jardam (process ${String(holder.pid)})`);
    expect(isRunning(serverPid)).toBe(true);

    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await start(); // so that the cleaning up ends the orphan
  }, 60_000);

  it('starts the server again when it is killed under the running program', async () => {
    const server = await start();
    await ask(server.connection, 'CREATE TABLE kept (n integer)');
    const killed = server.pid() ?? 0;
    process.kill(killed, 'SIGKILL');

    const deadline = Date.now() + 20_000;
    let rows: unknown = null;
    while (rows === null && Date.now() < deadline) {
      rows = await ask(server.connection, 'SELECT count(*)::integer AS n FROM kept').catch(() => null);
      await sleep(50);
    }
    expect(rows).toEqual([{ n: 0 }]);
    expect(server.pid()).not.toBe(killed);
  }, 60_000);

  it('does not signal a stranger whose process number stands in a stale postmaster.pid', async () => {
    await (await start()).stop();
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    children.push(stranger);
    writeFileSync(join(dataDir, 'cluster', 'postmaster.pid'), `${String(stranger.pid)}\n${join(dataDir, 'cluster')}\n`);

    const server = await start();
    expect(await ask(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
  }, 60_000);

  it('makes the cluster anew when an earlier start was cut off half way', async () => {
    mkdirSync(join(dataDir, 'cluster.making', 'base'), { recursive: true });
    const server = await start();
    expect(await ask(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  }, 60_000);

  it('writes neither statements nor values into its log', async () => {
    const server = await start();
    await ask(server.connection, 'CREATE TABLE kept (place text PRIMARY KEY)');
    await ask(server.connection, `INSERT INTO kept VALUES ('canary-cell-7')`);
    await expect(ask(server.connection, `INSERT INTO kept VALUES ('canary-cell-7')`)).rejects.toThrow('duplicate key');
    await expect(ask(server.connection, `SELECT 'canary-cell-7'::integer`)).rejects.toThrow();
    await server.stop();
    const log = readFileSync(join(server.dataDir, 'postgres.log'), 'utf8');
    expect(log).toContain('database system is ready');
    expect(log).not.toContain('canary');
  }, 60_000);

  it('as root says clearly when its account cannot reach the folder, and keeps the database where it can', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const messages: string[] = [];

    const server = await start(join(closed, 'postgres'), (message) => messages.push(message));

    expect(await ask(server.connection, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    if (isRoot) {
      expect(server.dataDir).toMatch(/^\/var\/lib\/jardam\//);
      expect(messages.join()).toContain(`may not enter ${closed}`);
    } else {
      expect(server.dataDir).toBe(join(closed, 'postgres'));
    }
  }, 60_000);
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // Below an init that does not reap, a dead process keeps its number as a zombie.
    return !existsSync('/proc') || !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

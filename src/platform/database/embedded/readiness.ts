import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const probeIntervalMs = 30;

/** Waits until the server answers a query, ends, or the time is over. */
export async function waitUntilReady(options: {
  url: string;
  child: ChildProcess;
  timeoutMs: number;
}): Promise<'ready' | 'ended' | 'timeout'> {
  const { url, child, timeoutMs } = options;
  let ended = child.pid === undefined;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (ended) return 'ended';
    if (await answers(url)) return 'ready';
    await sleep(probeIntervalMs);
  }
  return 'timeout';
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false; // no socket yet, or still replaying the WAL
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Creates the database when the server does not have it. CREATE DATABASE knows no IF NOT EXISTS. */
export async function createDatabaseIfMissing(adminUrl: string, database: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`);
  } finally {
    await client.end();
  }
}

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Database, type Statement } from '../src/platform/database/database.js';
import type { CapturedStatement } from './driver-client.js';
import type { Ground } from './ground.js';
import type { LoadResult } from './load-client.js';
import { ratioLine, type Line } from './report.js';
import type { Scale } from './scale.js';
import { splitColumn } from './split-column.js';
import { interleave } from './statistics.js';
import { makeSubmissions } from './submissions.js';

/** A service that has been running for a while, not one that is still being compiled. */
const warmUpAlerts = 3_000;
const leastRatio = 0.5;
const connectionCounts = [16, 64] as const;
const insertName = 'intake-insert-alerts';

const execute = promisify(execFile);
const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/**
 * Accepted sealed alerts a second, each answered after its commit, against a driver that commits the same rows with
 * the same statement over as many connections. Both clients are processes of their own; PostgreSQL is the same.
 */
export async function intake(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), 'jardam-bench-intake-'));
  const service = await ground.serve({ instance: { roles: ['http'] }, database: { poolSize: 20 } });
  try {
    const captured = await captureInsert(ground, service.url, folder);
    const lines: Line[] = [];
    for (const connections of connectionCounts) {
      const figures = await interleave(scale.rounds, {
        driver: async () => {
          await ground.clear();
          const args = [ground.databaseUrl, captured, String(connections), String(scale.intakeAlerts)];
          const result = await client<{ accepted: number; seconds: number }>('driver-client', args);
          return result.accepted / result.seconds;
        },
        ours: async (round) => {
          await ground.clear();
          const result = await post(ground, service.url, folder, connections, scale.intakeAlerts);
          log(`intake, ${connections} connections, round ${round + 1}: ${Math.round(result.accepted / result.seconds)}/s`);
          return result.accepted / result.seconds;
        },
      });
      const limit = { name: 'driver committing the same rows', figures: figures.driver, unit: '/s' } as const;
      lines.push(ratioLine(`intake, ${connections} connections`, figures.ours, limit, leastRatio));
    }
    return lines;
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function post(ground: Ground, url: string, folder: string, connections: number, count: number): Promise<LoadResult> {
  const file = join(folder, 'submissions');
  writeFileSync(file, Buffer.concat(makeSubmissions(ground.coalition, count).flatMap((body) => [lengthOf(body), body])));
  const result = await client<LoadResult>('load-client', [url, file, String(connections)]);
  if (result.refused > 0) throw new Error(`${result.refused} of ${count} submissions were refused`);
  return result;
}

function lengthOf(body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return length;
}

async function client<Result>(name: string, args: string[]): Promise<Result> {
  const { stdout } = await execute(process.execPath, [script(name), ...args], { maxBuffer: 1024 * 1024, timeout: 300_000 });
  return JSON.parse(stdout) as Result;
}

/** Warms the service up and keeps the parameters of one insertion of a single alert, as the service really sent them. */
async function captureInsert(ground: Ground, url: string, folder: string): Promise<string> {
  let seen: { text: string; values: readonly unknown[] } | undefined;
  const original = Database.prototype.query.bind(ground.database);
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the `this` it was called with
  const query = Database.prototype.query;
  Database.prototype.query = function (this: Database, statement: Statement, values?: readonly unknown[]) {
    if (typeof statement === 'object' && statement.name === insertName && isOneAlert(statement.values?.[1])) {
      seen = { text: statement.text, values: statement.values ?? [] };
    }
    return query.call(this, statement, values);
  } as typeof query;
  try {
    await post(ground, url, folder, 1, 1);
  } finally {
    Database.prototype.query = query;
  }
  await post(ground, url, folder, 16, warmUpAlerts);
  if (!seen) throw new Error('the service did not insert an alert with the statement this measurement knows');
  const { rows } = await original<{ alert_id: Buffer; mailbox_hash: Buffer }>(
    `SELECT alert_id, mailbox_hash FROM alert ORDER BY received_at LIMIT 1`,
  );
  const first = rows[0];
  if (!first) throw new Error('no alert was stored');
  const captured: CapturedStatement = {
    text: seen.text,
    values: seen.values.map(portable),
    unique: [first.alert_id.toString('hex'), first.mailbox_hash.toString('hex')],
  };
  const file = join(folder, 'captured.json');
  writeFileSync(file, JSON.stringify(captured));
  return file;
}

/** A binary array of one alert id. */
const isOneAlert = (ids: unknown): boolean => Buffer.isBuffer(ids) && splitColumn(ids).length === 1;

function portable(value: unknown): CapturedStatement['values'][number] {
  if (Buffer.isBuffer(value)) return { hex: value.toString('hex') };
  if (value === null || typeof value === 'number' || typeof value === 'string') return value;
  throw new Error('the statement has a parameter of a kind that the driver does not know');
}

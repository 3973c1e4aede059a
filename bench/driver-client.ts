import { readFileSync } from 'node:fs';
import pg from 'pg';

/** One statement as the service sends it for one alert, with what must differ from commit to commit. */
export interface CapturedStatement {
  readonly text: string;
  /** Buffers as hexadecimal text, so that they survive JSON. */
  readonly values: readonly (string | number | null | { readonly hex: string })[];
  /** Hexadecimal text of everything that no two alerts may share. */
  readonly unique: readonly string[];
}

/**
 * The limit: a process of its own in which a fixed number of connections commit the same rows with the same prepared
 * statement, one alert a commit, with no HTTP, no JSON, no signature and no framework before it.
 */
async function run(url: string, file: string, connections: number, count: number): Promise<{ accepted: number; seconds: number }> {
  const captured = JSON.parse(readFileSync(file, 'utf8')) as CapturedStatement;
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const clients = await Promise.all(Array.from({ length: connections }, () => pool.connect()));
  const prepared = Array.from({ length: count }, () => renewed(captured));
  let next = 0;
  const started = process.hrtime.bigint();
  await Promise.all(
    clients.map(async (client) => {
      for (let at = next++; at < count; at = next++) {
        await client.query({ name: 'same-rows', text: captured.text, values: prepared[at] as unknown[] });
      }
    }),
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  for (const client of clients) client.release();
  await pool.end();
  return { accepted: count, seconds };
}

/** The captured parameters with fresh random bytes for everything that must be unique, wherever it stands in them. */
function renewed(captured: CapturedStatement): unknown[] {
  const fresh = captured.unique.map((hex) => [hex, randomOf(hex.length / 2).toString('hex')] as const);
  return captured.values.map((value) => {
    if (value === null || typeof value !== 'object') return value;
    return Buffer.from(fresh.reduce((hex, [old, replaced]) => hex.replaceAll(old, replaced), value.hex), 'hex');
  });
}

const randomOf = (bytes: number): Buffer => Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(bytes)));

const [url, file, connections, count] = process.argv.slice(2);
if (!url || !file || !connections || !count) throw new Error('usage: driver-client URL FILE CONNECTIONS COUNT');
process.stdout.write(JSON.stringify(await run(url, file, Number(connections), Number(count))));

import type pg from 'pg';
import { type Database, type Statement, type Tx } from '../src/platform/database/database.js';
import { tickOn } from './engine.js';
import type { Ground } from './ground.js';
import { splitColumn } from './split-column.js';

const writes = /^(escalation-(update|insert)|evidence-)/;
const batch = 500;

interface Written {
  readonly name: string;
  readonly text: string;
  readonly values: readonly Buffer[];
}

/** What each transaction of the tick wrote, in order. */
export type RecordedPass = readonly Written[];

/** Rings everything that is due on the ground, and returns what was written. */
export async function recordPasses(ground: Ground): Promise<RecordedPass[]> {
  const recorder = new RecordingDatabase(ground.database);
  const tick = tickOn(ground, recorder as unknown as Database);
  while ((await tick.pass(batch, true)) === batch);
  return recorder.passes;
}

/** A transaction of a driver: statements, each with the rows to send it for. */
export type Script = readonly { readonly name: string; readonly text: string; readonly rows: readonly (readonly Buffer[])[] }[];

/** The passes as a driver sends them: "by key" row after row, as pgbench would; "at once" by the tick's own statements. */
export function scriptsOf(passes: readonly RecordedPass[], how: 'by key' | 'at once'): Script[] {
  return passes.map((pass) => pass.map(({ name, text, values }) => ({ name, text, rows: how === 'at once' ? [values] : rowsOf(values) })));
}

/** Runs the scripts, a transaction each, dealt out to the connections. */
export async function replay(clients: readonly pg.Client[], scripts: readonly Script[]): Promise<void> {
  let next = 0;
  await Promise.all(
    clients.map(async (client) => {
      for (let at = next++; at < scripts.length; at = next++) {
        await client.query('BEGIN');
        for (const { name, text, rows } of scripts[at] as Script) {
          for (const values of rows) await client.query({ name, text, values: [...values] });
        }
        await client.query('COMMIT');
      }
    }),
  );
}

/** The writes of each alert by itself, all its statements together: for a queue that takes one job at a time. */
export function writesByAlert(passes: readonly RecordedPass[]): { name: string; text: string; values: Buffer[] }[][] {
  return passes.flatMap((pass) => {
    const byAlert = new Map<string, { name: string; text: string; values: Buffer[] }[]>();
    for (const { name, text, values } of pass) {
      for (const row of rowsOf(values)) {
        const alertId = (row[1] as Buffer).toString('hex'); // every statement begins with coalition_id and alert_id
        byAlert.set(alertId, [...(byAlert.get(alertId) ?? []), { name, text, values: [...row] }]);
      }
    }
    return [...byAlert.values()];
  });
}

function rowsOf(values: readonly Buffer[]): Buffer[][] {
  const columns = values.map(splitColumn);
  return (columns[0] ?? []).map((_, row) => columns.map((column) => column[row] as Buffer));
}

class RecordingDatabase {
  readonly passes: Written[][] = [];

  constructor(private readonly database: Database) {}

  query(statement: Statement, values?: readonly unknown[]): unknown {
    return this.database.query(statement, values);
  }

  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const written: Written[] = [];
    const result = await this.database.transaction((tx) =>
      work({
        manager: tx.manager,
        query: (statement, values) => {
          if (typeof statement === 'object' && statement.name !== undefined && writes.test(statement.name)) {
            written.push({ name: statement.name, text: statement.text, values: (statement.values ?? []) as Buffer[] });
          }
          return tx.query(statement, values);
        },
      }),
    );
    if (written.length > 0) this.passes.push(written);
    return result;
  }
}

import pg from 'pg';
import { Policies } from '../src/escalation/policies.js';
import { Tick } from '../src/escalation/tick.js';
import { EvidenceLog } from '../src/evidence/evidence-log.js';
import { type Database, type Statement, type Tx } from '../src/platform/database/database.js';
import type { Ground } from './ground.js';
import { makeDueAlerts } from './open-alerts.js';
import { ratioLine, type Line } from './report.js';
import { splitColumn } from './split-column.js';
import { median } from './statistics.js';

const alertsPerRound = 5_000;
const batch = 500;
const rounds = 5;
const leastRatio = 0.85;
const leastPerSecond = 10_000;
const writes = /^(escalation-(update|insert)|evidence-)/;

interface Written {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * Escalations claimed, decided and written a second, in batches of 500, against two drivers that know beforehand what
 * to write: one that does the same writes by key, row after row in transactions of 500 as pgbench would, and one that
 * sends the same statements for 500 rows at once.
 */
export async function pickUp(ground: Ground, log: (line: string) => void): Promise<Line[]> {
  const evidence = new EvidenceLog(ground.coalition.p);
  const recorder = new RecordingDatabase(ground.database);
  const tickOf = (database: Database): Tick => new Tick(database, new Policies(evidence), evidence);
  const client = new pg.Client({ connectionString: ground.databaseUrl });
  await client.connect();
  const fresh = async (): Promise<void> => {
    await ground.clear();
    await makeDueAlerts(ground, alertsPerRound);
  };
  try {
    await fresh();
    await ringAll(tickOf(recorder as unknown as Database));
    const figures = { ours: [] as number[], byKey: [] as number[], batched: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      await fresh();
      figures.byKey.push(await rate(() => replay(client, recorder.passes, 'row after row')));
      await fresh();
      figures.ours.push(await rate(() => ringAll(tickOf(ground.database))));
      await fresh();
      figures.batched.push(await rate(() => replay(client, recorder.passes, 'at once')));
      log(`pick-up, round ${round + 1}: ${Math.round(figures.ours.at(-1) ?? 0)}/s`);
    }
    const perSecond = median(figures.ours);
    return [
      ratioLine('pick-up ÷ the same writes by key', { limit: figures.byKey, ours: figures.ours }, leastRatio, 'driver by key'),
      { ...ratioLine('pick-up ÷ the same writes in batches', { limit: figures.batched, ours: figures.ours }, 0, 'driver in batches'), target: '', met: null },
      { what: 'escalations a second', figure: perSecond, unit: 'per second', target: `≥ ${leastPerSecond}`, met: perSecond >= leastPerSecond },
    ];
  } finally {
    await client.end();
  }
}

async function ringAll(tick: Tick): Promise<void> {
  let moved = 0;
  for (;;) {
    const now = await tick.pass(batch, true);
    moved += now;
    if (now < batch) break;
  }
  if (moved !== alertsPerRound) throw new Error(`${moved} of ${alertsPerRound} alerts were moved`);
}

async function rate(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return alertsPerRound / ((performance.now() - started) / 1_000);
}

async function replay(client: pg.Client, passes: readonly (readonly Written[])[], how: 'row after row' | 'at once'): Promise<void> {
  for (const pass of passes) {
    await client.query('BEGIN');
    for (const { name, text, values } of pass) {
      if (how === 'at once') {
        await client.query({ name, text, values: [...values] });
        continue;
      }
      const columns = values.map((column) => splitColumn(column as Buffer));
      for (let row = 0; row < (columns[0] as Buffer[]).length; row++) {
        await client.query({ name, text, values: columns.map((column) => column[row]) });
      }
    }
    await client.query('COMMIT');
  }
}

/** Notes what each transaction writes, in order. */
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
            written.push({ name: statement.name, text: statement.text, values: statement.values ?? [] });
          }
          return tx.query(statement, values);
        },
      }),
    );
    if (written.length > 0) this.passes.push(written);
    return result;
  }
}

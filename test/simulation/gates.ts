import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, OutgoingMessage } from '../../src/delivery/channel.js';
import { Database, type Rows, type Statement, type Tx } from '../../src/platform/database/database.js';
import type { QueryResultRow } from 'pg';
import type { Draw } from './draw.js';

/** Called by an actor at a point where another may go first; may never let it go on. */
export type Gate = (point: string) => Promise<void>;

/** An actor was ended at a gate, as by kill -9: it does nothing more, and its open transaction is rolled back. */
export class Killed extends Error {}

interface Actor {
  readonly name: string;
  readonly act: (gate: Gate) => Promise<void>;
}

interface AtGate {
  readonly actor: string;
  readonly point: string;
  readonly pass: () => void;
  readonly kill: () => void;
}

/** Actors that do not come to a gate within this time are waiting for a lock, or for a provider; the others go on. */
const settledAfterMs = 15;
/** One in so many gates is somebody's end. */
const killOneIn = 25;

/**
 * Lets several actors run side by side in one process, one step at a time: at every gate it is drawn who goes on. Which
 * orders are tried depends on the seed; how long PostgreSQL lets somebody wait for a lock does not.
 *
 * @returns who passed which gate, in order
 */
export async function interleave(draw: Draw, actors: readonly Actor[]): Promise<string[]> {
  const trace: string[] = [];
  const waiting: AtGate[] = [];
  let alive = actors.length;
  let moves = 0;
  const ended: Promise<unknown>[] = actors.map(async ({ name, act }) => {
    const gate: Gate = (point) =>
      new Promise<void>((resolve, reject) => {
        moves++;
        waiting.push({ actor: name, point, pass: resolve, kill: () => reject(new Killed(`${name} was killed at "${point}"`)) });
      });
    try {
      await gate('start');
      await act(gate);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      alive--;
      moves++;
    }
  });
  const failed = Promise.all(ended).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  let failure: { error: unknown } | null = null;
  void failed.then((result) => (failure = result));
  while (alive > 0) {
    for (let seen = -1; waiting.length < alive && seen !== moves; ) {
      seen = moves;
      await sleep(settledAfterMs);
    }
    const [next] = waiting.splice(draw.below(Math.max(1, waiting.length)), 1);
    if (!next) continue;
    const killed = next.point !== 'start' && draw.oneIn(killOneIn);
    trace.push(`${next.actor}: ${next.point}${killed ? ' †' : ''}`);
    if (killed) next.kill();
    else next.pass();
    if (failure !== null) for (const { kill } of waiting.splice(0)) kill();
  }
  const result = await failed;
  if (result) throw result.error;
  return trace;
}

/** The real database, with a gate before a transaction's first statement, after every lock, before and after COMMIT. */
export class GatedDatabase extends Database {
  private readonly real: Database;

  constructor(
    real: Database,
    private readonly gate: Gate,
  ) {
    super(real.dataSource, { url: 'postgresql://nobody-listens-here' });
    this.real = real;
  }

  override async query<R extends QueryResultRow = QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Rows<R>> {
    const rows = await this.real.query<R>(statement, values);
    if (nameOf(statement) === 'outbox-claim') await this.gate('attempt on record');
    return rows;
  }

  override async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const result = await this.real.transaction(async (tx) => {
      await tx.query('SELECT now()'); // the transaction's time stands still from its first statement on
      await this.gate('transaction begun');
      const gated: Tx = {
        manager: tx.manager,
        query: async <Q extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) => {
          const rows = await tx.query<Q>(statement, values);
          const name = nameOf(statement);
          if (rows.rowCount > 0 && (name.startsWith('escalation-claim') || name === 'escalation-lock-alert')) await this.gate('alert locked');
          return rows;
        },
      };
      const value = await work(gated);
      await this.gate('before commit');
      return value;
    });
    await this.gate('committed');
    return result;
  }
}

/** The real channel, with a gate before the message leaves and one when the provider has it. */
export function gatedChannel(real: Channel, gate: Gate): Channel {
  return {
    key: real.key,
    capabilities: real.capabilities,
    async send(message: OutgoingMessage, options) {
      await gate('before send');
      const outcome = await real.send(message, options);
      await gate(`provider: ${outcome.kind}`);
      return outcome;
    },
  };
}

function nameOf(statement: Statement): string {
  return typeof statement === 'string' ? '' : (statement.name ?? '');
}

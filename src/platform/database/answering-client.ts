import type { Socket } from 'node:net';
import pg from 'pg';

/** The server ends a statement by itself after its time limit; this much later its word must have come. */
const graceMs = 5_000;

/** What pg's client knows and its types do not say. */
interface Answering {
  /** False while a statement waits for its answer. */
  readonly readyForQuery: boolean;
}

/**
 * Clients of one pool that give up a connection on which nothing comes back any more.
 *
 * A firewall that forgets a connection, or a machine that loses its power, tells nobody: what waits on it hears of that
 * from the kernel after a quarter of an hour, and so long the ladder would stand still. The server ends every statement
 * after `statementTimeoutMs`, so silence for longer than that means that the line is dead, however long a healthy
 * statement takes. What lost: pg's query_timeout, which forgets the statement and puts the dead connection back into the
 * pool for the next one.
 *
 * @param Base the kind of client to be guarded
 */
export function answeringClient(Base: typeof pg.Client, statementTimeoutMs: number): typeof pg.Client {
  const open = new Set<pg.Client>();
  const isIdle = (client: pg.Client): boolean => (client as unknown as Answering).readyForQuery;
  return class AnsweringClient extends Base {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      this.once('end', () => open.delete(this));
      this.once('connect', () => {
        open.add(this);
        (this.connection.stream as Socket).setTimeout(statementTimeoutMs + graceMs, () => {
          if (isIdle(this)) return;
          // What lies idle went the same way; the next statement must not wait as long to find that out.
          for (const client of open) if (client === this || isIdle(client)) client.connection.stream.destroy();
        });
      });
    }
  };
}

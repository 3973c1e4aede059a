import { DataSource, type DataSourceOptions, type EntityManager, type QueryRunner } from 'typeorm';
import pg, { type Pool, type PoolClient, type QueryResult, type QueryResultRow } from 'pg';
import { answeringClient } from './answering-client.js';
import { connectorTo } from './client.js';
import { APPLICATION_ROLE, canUseApplicationRole, columnTypes, sessionOptions } from './connection.js';
import { NotificationListener } from './notification-listener.js';

/** A statement. With a name it is prepared once per connection: about twice the throughput on hot paths. */
export type Statement = string | { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };

export interface Rows<R> {
  readonly rows: R[];
  readonly rowCount: number;
}

/** An open transaction. Whoever writes takes one as a required parameter, so that nothing is written outside by accident. */
export interface Tx {
  query<R extends QueryResultRow = QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Rows<R>>;
  /** TypeORM on the same connection and transaction. */
  readonly manager: EntityManager;
}

export interface DatabaseOptions {
  /** postgresql:// URL; a percent-encoded host is the folder of a unix socket, several hosts are followed (hosts.ts). */
  readonly url: string;
  /** Most connections this process holds, without the one for LISTEN. */
  readonly poolSize?: number;
  /** A statement that takes longer is cancelled by the server. */
  readonly statementTimeoutMs?: number;
  readonly entities?: DataSourceOptions['entities'];
  readonly applicationName?: string;
  /** Told when the LISTEN connection is lost and found again. */
  readonly log?: (message: string) => void;
}

const defaultPoolSize = 20;
const defaultStatementTimeoutMs = 30_000;
const idleInTransactionTimeoutMs = 60_000; // a stuck instance must not hold its row locks for ever
const connectTimeoutMs = 5_000;

/** The DataSource that Database works on, as the restricted role where that exists. Not yet connected. */
export async function dataSourceFor(options: DatabaseOptions): Promise<DataSource> {
  const connector = connectorTo(options.url);
  const restricted = await canUseApplicationRole(connector);
  const statementTimeoutMs = options.statementTimeoutMs ?? defaultStatementTimeoutMs;
  return new DataSource({
    type: 'postgres',
    entities: options.entities ?? [],
    synchronize: false,
    // TypeORM's loggers print statements with their parameters; ours must not.
    logging: false,
    installExtensions: false,
    poolSize: options.poolSize ?? defaultPoolSize,
    connectTimeoutMS: connectTimeoutMs,
    poolErrorHandler: () => undefined, // an idle connection was cut; the pool opens another one when asked
    extra: {
      ...connector.poolOptions,
      Client: answeringClient(connector.poolOptions.Client ?? pg.Client, statementTimeoutMs),
      application_name: options.applicationName ?? 'jardam',
      types: columnTypes,
      keepAlive: true,
      options: sessionOptions({
        ...(restricted ? { role: APPLICATION_ROLE } : {}),
        TimeZone: 'UTC',
        statement_timeout: statementTimeoutMs,
        idle_in_transaction_session_timeout: idleInTransactionTimeoutMs,
      }),
    },
  });
}

/**
 * PostgreSQL as the rest of the program sees it: one pool, shared by raw statements and TypeORM, so that both can
 * take part in one transaction and the number of connections is known.
 *
 * bigint comes back as number, timestamptz as Date, bytea as Buffer.
 */
export class Database {
  private readonly listener: NotificationListener;

  constructor(
    readonly dataSource: DataSource,
    options: Pick<DatabaseOptions, 'url' | 'log'>,
  ) {
    this.listener = new NotificationListener(connectorTo(options.url), options.log ?? (() => undefined));
  }

  /** Connects without Nest: for the command line, benches and tests. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const dataSource = await dataSourceFor(options);
    await dataSource.initialize();
    return new Database(dataSource, options);
  }

  /** One statement on any free connection, committed on its own. */
  async query<R extends QueryResultRow = QueryResultRow>(statement: Statement, values?: readonly unknown[]): Promise<Rows<R>> {
    return rowsOf(await this.pool().query<R>(configOf(statement, values)));
  }

  /**
   * Runs `work` in one transaction: commits when it returns, rolls back when it throws.
   * When this returns, the commit is durable.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      await runner.startTransaction();
      const client = (await runner.connect()) as PoolClient;
      let result: T;
      try {
        result = await work(transactionOn(client, runner));
      } catch (error) {
        await runner.rollbackTransaction().catch(() => undefined); // the first error is the one that tells the cause
        throw error;
      }
      // Not runner.commitTransaction(): when a statement had failed and its error was swallowed, PostgreSQL answers
      // COMMIT with a quiet ROLLBACK, and somebody would be told that their alert was received.
      const outcome = await client.query('COMMIT');
      if (outcome.command !== 'COMMIT') throw new Error('the transaction was rolled back: a statement in it had failed');
      return result;
    } finally {
      await runner.release();
    }
  }

  /**
   * Hears NOTIFY on a channel, on one dedicated connection that reconnects by itself.
   * After every (re)connection the handler is called once with null: something may have been missed, look yourself.
   *
   * @returns a function that stops listening
   */
  listen(channel: string, handler: (payload: string | null) => void): Promise<() => Promise<void>> {
    return this.listener.listen(channel, handler);
  }

  /** Ends the LISTEN connection only; for when the pool belongs to somebody else (Nest's TypeORM module). */
  async stopListening(): Promise<void> {
    await this.listener.close();
  }

  async close(): Promise<void> {
    await this.listener.close();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private pool(): Pool {
    // TypeORM's PostgreSQL driver keeps its pg Pool in this public field.
    return (this.dataSource.driver as unknown as { master: Pool }).master;
  }
}

function transactionOn(client: PoolClient, runner: QueryRunner): Tx {
  return {
    manager: runner.manager,
    async query<R extends QueryResultRow>(statement: Statement, values?: readonly unknown[]) {
      return rowsOf(await client.query<R>(configOf(statement, values)));
    },
  };
}

function configOf(statement: Statement, values: readonly unknown[] | undefined): { name?: string; text: string; values: unknown[] } {
  if (typeof statement === 'string') return { text: statement, values: [...(values ?? [])] };
  return {
    text: statement.text,
    values: [...(values ?? statement.values ?? [])],
    ...(statement.name === undefined ? {} : { name: statement.name }),
  };
}

function rowsOf<R extends QueryResultRow>(result: QueryResult<R>): Rows<R> {
  return { rows: result.rows, rowCount: result.rowCount ?? 0 };
}

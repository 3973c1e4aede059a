import pg from 'pg';
import type { Host } from './hosts.js';

/** A server that has not answered within this time is not asked again in this round. */
const probeTimeoutMs = 2_000;
/** How long an answer is believed: a pool that opens twenty connections at once asks one time. */
const freshMs = 1_000;
/** How often the server of open connections is asked whether it is still the primary. */
const watchIntervalMs = 2_000;

/**
 * Knows which of several PostgreSQL servers takes writes, and cuts connections to one that no longer does.
 *
 * Cutting matters as much as finding: when a machine loses its power, or a server is stopped in the middle, nothing is
 * ever sent on its connections again, and the kernel tells of that only after a quarter of an hour. An alert would
 * wait so long in a statement that nobody answers. What lost: a proxy in front (one more program that has to be highly
 * available itself; docs/operations/high-availability.md has its configuration for those who run one anyway), and
 * time limits for every statement in the client (a long but healthy statement would be cut as well).
 */
export class Primary {
  private found: { readonly host: Host; readonly at: number } | undefined;
  private looking: Promise<Host> | undefined;
  private readonly open = new Map<pg.Client, Host>();
  private timer: NodeJS.Timeout | undefined;

  /** @param hosts at least two, in the order in which they are asked first */
  constructor(private readonly hosts: readonly Host[]) {}

  /**
   * The server that takes writes now.
   *
   * @throws an error with SQLSTATE 57P03 ("cannot connect now") when there is none; of class 28 or 3D when the servers
   *   answer but refuse us, because waiting does not mend that
   */
  async locate(): Promise<Host> {
    if (this.found && performance.now() - this.found.at < freshMs) return this.found.host;
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking;
  }

  /** Its next connection asks anew: this one failed. */
  forget(): void {
    if (this.found) this.found = { host: this.found.host, at: -Infinity };
  }

  /** Watches this connection until it ends. */
  attach(client: pg.Client, host: Host): void {
    this.open.set(client, host);
    client.once('end', () => this.detach(client));
    this.timer ??= setInterval(() => void this.watch(), watchIntervalMs).unref();
  }

  private detach(client: pg.Client): void {
    this.open.delete(client);
    if (this.open.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private async watch(): Promise<void> {
    // Nobody takes writes: nothing would be better on another connection.
    const primary = await this.locate().catch(() => null);
    if (primary === null) return;
    for (const [client, host] of this.open) {
      // destroy, not end: a server that does not answer would be waited for.
      if (host !== primary) client.connection.stream.destroy();
    }
  }

  /**
   * The known one first and alone: while an old primary that was cut off still believes in itself, asking all at once
   * and taking the fastest would go back and forth between the two.
   */
  private async look(): Promise<Host> {
    const known = this.found?.host;
    if (known && (await takesWrites(known).catch(() => false)) === true) return this.remember(known);
    const failures: unknown[] = [];
    const others = this.hosts.filter((host) => host !== known);
    try {
      return this.remember(
        await Promise.any(
          others.map(async (host) => {
            if (await takesWrites(host)) return host;
            throw new Error('a standby');
          }),
        ),
      );
    } catch (error) {
      failures.push(...(error instanceof AggregateError ? (error.errors as unknown[]) : [error]));
    }
    const refusal = failures.find((failure) => /^(28|3D)/.test(String((failure as { code?: unknown } | null)?.code)));
    if (refusal instanceof Error) throw refusal;
    throw Object.assign(new Error('none of the database servers takes writes just now', { cause: new AggregateError(failures) }), { code: '57P03' });
  }

  private remember(host: Host): Host {
    this.found = { host, at: performance.now() };
    return host;
  }
}

/** transaction_read_only is on in a standby, and on a server that an operator has closed for writing. */
async function takesWrites({ url }: Host): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'jardam-primary',
    connectionTimeoutMillis: probeTimeoutMs,
    query_timeout: probeTimeoutMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await isWritable(client);
  } finally {
    client.end().catch(() => undefined); // not waited for: a server that hangs would hold up the answer
  }
}

/** Whether this session may write. */
export async function isWritable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
  return rows[0]?.transaction_read_only === 'off';
}

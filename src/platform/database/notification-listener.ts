import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Connector } from './client.js';

type Handler = (payload: string | null) => void;

const firstRetryMs = 100;
const maxRetryMs = 5_000;

/**
 * LISTEN on a connection of its own: a pooled connection goes back to the pool and would take the subscription along.
 * Notifications are only a hint; whoever listens also polls.
 */
export class NotificationListener {
  private readonly handlers = new Map<string, Set<Handler>>();
  private client: pg.Client | undefined;
  private connecting: Promise<void> | undefined;
  private readonly closed = new AbortController();

  constructor(
    private readonly connector: Connector,
    private readonly log: (message: string) => void,
  ) {}

  async listen(channel: string, handler: Handler): Promise<() => Promise<void>> {
    const known = this.handlers.get(channel);
    if (known) known.add(handler);
    else this.handlers.set(channel, new Set([handler]));

    if (this.client) {
      if (!known) await this.client.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
      handler(null);
    } else {
      await this.connect(); // calls every handler, this one included
    }
    return async () => {
      const handlers = this.handlers.get(channel);
      handlers?.delete(handler);
      if (handlers?.size !== 0) return;
      this.handlers.delete(channel);
      await this.client?.query(`UNLISTEN ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
    };
  }

  async close(): Promise<void> {
    this.closed.abort();
    this.handlers.clear();
    const client = this.client;
    this.client = undefined;
    await client?.end().catch(() => undefined);
    await this.connecting?.catch(() => undefined);
  }

  private connect(): Promise<void> {
    this.connecting ??= this.connectWithRetries().finally(() => (this.connecting = undefined));
    return this.connecting;
  }

  private async connectWithRetries(): Promise<void> {
    for (let retryMs = firstRetryMs; !this.closed.signal.aborted; retryMs = Math.min(retryMs * 2, maxRetryMs)) {
      const client = this.connector.client({
        application_name: 'jardam-listen',
        connectionTimeoutMillis: 5_000,
        keepAlive: true,
      });
      client.on('error', () => undefined); // 'end' follows and is where we act
      try {
        await client.connect();
        for (const channel of this.handlers.keys()) await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
      } catch {
        await client.end().catch(() => undefined);
        await sleep(retryMs, undefined, { signal: this.closed.signal, ref: false }).catch(() => undefined);
        continue;
      }
      if (this.closed.signal.aborted) return void (await client.end().catch(() => undefined));
      this.client = client;
      client.on('notification', ({ channel, payload }) => this.tell(channel, payload ?? ''));
      client.once('end', () => this.reconnectAfter(client));
      for (const channel of this.handlers.keys()) this.tell(channel, null);
      return;
    }
  }

  private reconnectAfter(client: pg.Client): void {
    if (this.client !== client) return;
    this.client = undefined;
    if (this.closed.signal.aborted) return;
    this.log('the LISTEN connection was lost; reconnecting, the poll goes on meanwhile');
    this.connect().catch(() => undefined); // only ends when connected or closed
  }

  private tell(channel: string, payload: string | null): void {
    for (const handler of this.handlers.get(channel) ?? []) handler(payload);
  }
}

import pg from 'pg';
import { DATABASE_URL_FORM, hostsOf } from './hosts.js';
import { isWritable, Primary } from './primary.js';

/** How connections to an address are made: all of them to whichever of its servers takes writes. */
export interface Connector {
  /** For pg's Pool: `connectionString`, and the class of its clients where there are several servers. */
  readonly poolOptions: { readonly connectionString: string; readonly Client?: typeof pg.Client };
  /** A single connection, not yet connected. */
  client(settings: pg.ClientConfig): pg.Client;
}

/** @throws when the address has a form that cannot be read; the configuration has looked at it before */
export function connectorTo(url: string): Connector {
  const hosts = hostsOf(url);
  const [first, ...others] = hosts ?? [];
  if (!first) throw new Error(`the database needs ${DATABASE_URL_FORM}`);
  if (others.length === 0) {
    return { poolOptions: { connectionString: url }, client: (settings) => new pg.Client({ ...settings, connectionString: url }) };
  }
  const Following = followingClient(new Primary([first, ...others]));
  return {
    poolOptions: { connectionString: first.url, Client: Following },
    client: (settings) => new Following({ ...settings, connectionString: first.url }),
  };
}

/** A client that asks where the primary is before it connects, and makes sure that it got there. */
function followingClient(primary: Primary): typeof pg.Client {
  return class FollowingClient extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      // The pool listens only after connect(); a connection that breaks in our own first query must not end the process.
      this.on('error', () => undefined);
    }

    override connect(): Promise<pg.Client>;
    override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
    override connect(callback?: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): Promise<pg.Client> | void {
      const connected = this.follow();
      if (!callback) return connected;
      const done = callback as (error: Error | null, client?: pg.Client) => void;
      connected.then(
        () => done(null, this),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    }

    private async follow(): Promise<pg.Client> {
      const host = await primary.locate();
      // A pool that waited too long has destroyed the stream; connecting it again would leave a connection to nobody.
      if (this.connection.stream.destroyed) throw new Error('timeout exceeded when trying to connect');
      this.host = host.host;
      this.port = host.port;
      try {
        await super.connect();
        if (!(await isWritable(this))) throw Object.assign(new Error('the server became a standby meanwhile'), { code: '25006' });
      } catch (error) {
        primary.forget();
        this.connection.stream.destroy();
        throw error;
      }
      primary.attach(this, host);
      return this;
    }
  };
}

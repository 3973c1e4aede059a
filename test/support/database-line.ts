import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP line to a PostgreSQL that a test can cut and restore, as when the server goes down or the cable is pulled. */
export class DatabaseLine {
  private server: Server | undefined;
  private port = 0;
  private readonly sockets = new Set<Socket>();
  private frozen = false;

  private constructor(private readonly target: URL) {}

  static async to(url: string): Promise<DatabaseLine> {
    const line = new DatabaseLine(new URL(url));
    await line.restore();
    return line;
  }

  /** The database's URL by way of this line. */
  get url(): string {
    const url = new URL(this.target);
    url.searchParams.delete('host');
    // A URL whose host is a percent-encoded folder takes no new host by assignment.
    return url.href.replace(/^(postgres(?:ql)?:\/\/)([^@/]*@)?[^/]*/, (_all, scheme: string, user?: string) => `${scheme}${user ?? ''}127.0.0.1:${this.port}`);
  }

  /** Breaks all connections and refuses new ones. */
  async cut(): Promise<void> {
    const { server } = this;
    if (server === undefined) return;
    this.server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  /** Passes nothing on any more and tells nobody, as when the machine at the other end has lost its power. */
  freeze(): void {
    this.frozen = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** Lets connections through again, on the same port. */
  async restore(): Promise<void> {
    if (this.server !== undefined) return;
    const server = createServer((near) => this.join(near));
    this.server = server;
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
  }

  private join(near: Socket): void {
    if (this.frozen) {
      this.sockets.add(near.on('error', () => undefined).pause());
      return;
    }
    const far = this.dial();
    for (const socket of [near, far]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  }

  private dial(): Socket {
    const folder = decodeURIComponent(this.target.searchParams.get('host') ?? this.target.hostname);
    const port = Number(this.target.port || '5432');
    return folder.startsWith('/') ? connect(`${folder}/.s.PGSQL.${port}`) : connect(port, folder);
  }
}

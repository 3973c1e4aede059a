import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';

/** What the line between two programs does to everything that is on it now and comes later. */
export type LineFault =
  | { readonly kind: 'none' }
  /** Every piece arrives later by this much. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Nothing passes and nobody is told, as when a cable is pulled or a firewall forgets the connection. */
  | { readonly kind: 'half-open' }
  /** Connections end in the ordinary way (FIN), and new ones are refused at once. */
  | { readonly kind: 'cut' }
  /** Connections end with RST, and so does every new one. */
  | { readonly kind: 'reset' };

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
  /** The first bytes that came from the near side, once they have come: who it is. */
  greeting: string;
  /** Pieces under way in each direction. */
  readonly held: Map<Socket, Held[]>;
}

interface Held {
  readonly piece: Buffer;
  /** When it arrives, on this process's steady clock. */
  readonly at: number;
}

const greetingBytes = 512;

/** A TCP line on a free loopback port that leads to one address and can be made to fail in every way that lines do. */
export class FaultProxy {
  private readonly pairs = new Set<Pair>();
  private fault: LineFault = { kind: 'none' };
  private only: string | null = null;
  private readonly server = createServer({ allowHalfOpen: false }, (near) => this.join(near));

  private constructor(private readonly target: NetConnectOpts) {}

  static async to(target: NetConnectOpts): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * From now on the line behaves like this. A half-open line does not come back to life: what was on it stays dead,
   * as behind a firewall that forgot it; only new connections pass again.
   *
   * @param only concerns only connections whose first bytes contain this text, such as the application_name in
   *   PostgreSQL's startup message
   */
  behave(fault: LineFault, only: string | null = null): void {
    this.fault = fault;
    this.only = only;
    for (const pair of this.pairs) if (this.concerns(pair)) this.strike(pair);
  }

  async stop(): Promise<void> {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
    this.server.close();
    await once(this.server, 'close');
  }

  private concerns({ greeting }: Pair): boolean {
    return this.only === null || greeting.includes(this.only);
  }

  private join(near: Socket): void {
    const far = connect(this.target);
    const pair: Pair = { near, far, greeting: '', held: new Map() };
    this.pairs.add(pair);
    const end = (): void => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => undefined).on('close', end);
    near.on('data', (piece) => {
      if (pair.greeting.length < greetingBytes) pair.greeting += piece.toString('latin1');
      // A new connection is known only now by what it says.
      if (this.fault.kind !== 'none' && this.fault.kind !== 'delay' && this.concerns(pair)) this.strike(pair);
      this.pass(pair, far, piece);
    });
    far.on('data', (piece) => this.pass(pair, near, piece));
    if (this.fault.kind !== 'none' && this.only === null) this.strike(pair);
  }

  private pass(pair: Pair, to: Socket, piece: Buffer): void {
    if (pair.near.isPaused()) return;
    const queue = pair.held.get(to) ?? [];
    pair.held.set(to, queue);
    const delayMs = this.fault.kind === 'delay' && this.concerns(pair) ? this.fault.ms : 0;
    // What is still held must not be overtaken by what comes after the fault.
    queue.push({ piece, at: Math.max(performance.now() + delayMs, queue.at(-1)?.at ?? 0) });
    if (queue.length === 1) this.release(pair, to, queue);
  }

  private release(pair: Pair, to: Socket, queue: Held[]): void {
    for (let first = queue[0]; first; first = queue[0]) {
      const leftMs = first.at - performance.now();
      if (leftMs > 0) return void setTimeout(() => this.release(pair, to, queue), leftMs).unref();
      queue.shift();
      if (!to.destroyed && !pair.near.isPaused()) to.write(first.piece);
    }
  }

  private strike({ near, far }: Pair): void {
    switch (this.fault.kind) {
      case 'cut':
        near.end();
        far.destroy();
        break;
      case 'reset':
        near.resetAndDestroy();
        far.destroy();
        break;
      case 'half-open':
        near.pause();
        far.pause();
        break;
      case 'none':
      case 'delay':
        break;
    }
  }
}

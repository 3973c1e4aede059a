import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

const version = 5;
const connectCommand = 1;
const domainName = 3;
const reply = (code: number): Buffer => Buffer.from([version, code, 0, 1, 0, 0, 0, 0, 0, 0]);

export interface SocksServer {
  readonly port: number;
  /** Names that were asked for, with their ports, in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/**
 * A SOCKS 5 proxy (RFC 1928) on a free loopback port, without sign-in, for CONNECT by name. It leads every name to this
 * machine, so that a name that does not exist elsewhere proves that nothing went past the proxy.
 */
export async function startSocksServer(): Promise<SocksServer> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on('close', () => open.delete(client)).on('error', () => client.destroy());
    void serve(client, asked).catch(() => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    asked,
    stop: async () => {
      for (const client of open) client.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(client: Socket, asked: string[]): Promise<void> {
  const [, methods = 0] = await take(client, 2);
  await take(client, methods);
  client.write(Buffer.from([version, 0]));
  const [, command, , kind, length = 0] = await take(client, 5);
  if (command !== connectCommand || kind !== domainName) return void client.end(reply(7));
  const named = await take(client, length + 2);
  const port = named.readUInt16BE(length);
  asked.push(`${named.subarray(0, length).toString()}:${port}`);
  const target = connect(port, '127.0.0.1');
  target.on('error', () => client.destroy());
  client.on('close', () => target.destroy());
  await once(target, 'connect');
  client.write(reply(0));
  client.pipe(target).pipe(client);
}

/** The next so many bytes. */
async function take(client: Socket, count: number): Promise<Buffer> {
  for (;;) {
    if (count === 0) return Buffer.alloc(0);
    const bytes = client.read(count) as Buffer | null;
    if (bytes !== null && bytes.length === count) return bytes;
    if (client.destroyed || bytes !== null) throw new Error('the client went away');
    await once(client, 'readable');
  }
}

import { createServer } from 'node:net';

/** The demo is reached from this machine only: its passphrases are on the screen. */
export const LOOPBACK = '127.0.0.1';

const portsTried = 50;

/**
 * The first free port from the wished one on.
 *
 * A number a little higher is easier to recognise than a random one, and the same again after a restart. The port is
 * released before it is used: whoever takes it in between makes the start fail with a clear message.
 *
 * @throws Error when none of the next ports is free
 */
export async function freePortFrom(wished: number, taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let port = wished; port < wished + portsTried && port <= 65_535; port++) {
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new Error(`none of the ports ${wished} to ${wished + portsTried - 1} is free on this machine`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((answer, fail) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      // A port below 1024 needs rights that the demo does not have: as good as taken.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') answer(false);
      else fail(error);
    });
    probe.listen({ host: LOOPBACK, port, exclusive: true }, () => probe.close(() => answer(true)));
  });
}

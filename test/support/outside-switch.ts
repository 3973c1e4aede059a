import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SwitchReceiver {
  readonly url: string;
  /** Requests so far, oldest first. */
  readonly heard: readonly { readonly method: string; readonly path: string; readonly bytes: number }[];
  /** The status of the next answers. */
  answer(status: number): void;
  stop(): Promise<void>;
}

/** A dead-man's switch as services outside offer them: it counts who says that they are alive. */
export async function startSwitchReceiver(): Promise<SwitchReceiver> {
  const heard: { method: string; path: string; bytes: number }[] = [];
  let status = 200;
  const server = createServer((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      heard.push({ method: request.method ?? '', path: request.url ?? '', bytes });
      response.writeHead(status).end('OK');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ping/0123-4567`,
    heard,
    answer: (next) => {
      status = next;
    },
    stop: () =>
      new Promise((closed) => {
        server.closeAllConnections();
        server.close(() => closed());
      }),
  };
}

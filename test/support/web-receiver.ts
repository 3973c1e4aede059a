import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';

/** One request that reached the receiver. */
export interface ReceivedPost {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Milliseconds since 1970, when the request was complete. */
  readonly at: number;
}

/** What the receiver does with a request. */
export type ReceiverAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer; /** The answer comes so late. */ readonly afterMs?: number }
  /** Takes the request and cuts the connection without an answer. */
  | 'reset'
  /** Takes the request and says nothing, for ever. */
  | 'silence';

export interface WebReceiver {
  readonly port: number;
  /** https://localhost:port, which a certificate of the receiver's own vouches for. */
  readonly origin: string;
  /** The certificate in a file, for outbound.caFile. */
  readonly caFile: string;
  /** All requests that came, oldest first. */
  readonly posts: readonly ReceivedPost[];
  /** Connections that were made, with or without a request. */
  readonly connections: () => number;
  /** How requests are answered from now on; by default with 204. */
  answer(how: (post: ReceivedPost) => ReceiverAnswer): void;
  /** Cuts the connections of those who were told nothing. */
  stopHanging(): void;
  stop(): Promise<void>;
}

/** A real HTTPS server on a free loopback port, which keeps what it is sent: a webhook's receiver, or a push service. */
export async function startWebReceiver(): Promise<WebReceiver> {
  const folder = join(import.meta.dirname, 'localhost-tls');
  const caFile = join(folder, 'certificate.pem');
  const posts: ReceivedPost[] = [];
  const sockets = new Set<Socket>();
  const hanging = new Set<Socket>();
  let connections = 0;
  let answerOf: (post: ReceivedPost) => ReceiverAnswer = () => ({ status: 204 });
  const server = createServer({ key: readFileSync(join(folder, 'key.pem')), cert: readFileSync(caFile) }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const post = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks), at: Date.now() };
      posts.push(post);
      const answer = answerOf(post);
      if (answer === 'silence') return void hanging.add(request.socket);
      if (answer === 'reset') return void request.socket.destroy();
      const { status, headers, body, afterMs = 0 } = answer;
      if (afterMs === 0) return void response.writeHead(status, headers).end(body);
      setTimeout(() => void response.writeHead(status, headers).end(body), afterMs).unref();
    });
  });
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `https://localhost:${port}`,
    caFile,
    posts,
    connections: () => connections,
    answer: (how) => {
      answerOf = how;
    },
    stopHanging: () => {
      for (const socket of hanging) socket.destroy();
      hanging.clear();
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

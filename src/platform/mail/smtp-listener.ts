import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A connection that is still open when we stop has this long to end. */
const closeTimeoutMs = 1_000;
const socketTimeoutMs = 30_000;

export interface SmtpListener {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Listens for mail: without accounts, because mail servers of others have none here, without TLS, because nothing that
 * comes to one of our listeners is secret, and without a log, because addresses are.
 *
 * @param options what is taken, and how much of it (`size` in bytes)
 * @throws when the port cannot be had
 */
export async function startSmtpListener({ host, port }: { readonly host: string; readonly port: number }, options: SMTPServerOptions): Promise<SmtpListener> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: closeTimeoutMs,
    socketTimeout: socketTimeoutMs,
    logger: false,
    ...options,
  });
  server.on('error', () => undefined); // a connection that broke; mail servers try again
  server.listen(port, host);
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    stop: () => new Promise((stopped) => server.close(() => stopped())),
  };
}

/** A refusal as SMTP says it: 5xx for good, 4xx for now. */
export function smtpRefusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import type { BounceAddresses } from './bounce-address.js';
import { failureStatus } from './bounce-report.js';

const messageLimitBytes = 1024 * 1024;
const closeTimeoutMs = 1_000;
const socketTimeoutMs = 30_000;
const maxClients = 20;

export interface BounceListener {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Takes returned mails, and nothing else: only to genuine return addresses, only from the empty sender that RFC 5321
 * prescribes for them. What is not a final failure is accepted and dropped.
 *
 * @param onFailure writes the failure; "250" is said only after it has, so that a bounce is not lost to a crash
 */
export async function startBounceListener(
  options: { readonly host: string; readonly port: number; readonly addresses: BounceAddresses },
  onFailure: (deliveryId: string, status: string) => Promise<void>,
): Promise<BounceListener> {
  const server = new SMTPServer({
    name: options.addresses.domain,
    banner: 'returned mail only',
    // Bounces come from mail servers over the operator's own MX; what they say is not secret and is not kept.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: messageLimitBytes,
    closeTimeout: closeTimeoutMs,
    socketTimeout: socketTimeoutMs,
    maxClients,
    logger: false,
    onMailFrom: ({ address }, _session, done) => done(address === '' ? null : refusal(550, 'returned mail only')),
    onRcptTo: ({ address }, _session, done) => done(options.addresses.deliveryOf(address) === null ? refusal(550, 'no such address') : null),
    onData: (stream, session, done) => {
      receive(stream)
        .then(async (raw) => {
          const status = raw === null ? null : failureStatus(raw);
          if (status === null) return;
          for (const { address } of session.envelope.rcptTo) {
            const deliveryId = options.addresses.deliveryOf(address);
            if (deliveryId !== null) await onFailure(deliveryId, status);
          }
        })
        .then(
          () => done(),
          () => done(refusal(451, 'try again later')),
        );
    },
  });
  server.on('error', () => undefined); // a connection that broke; mail servers try again
  server.listen(options.port, options.host);
  await once(server.server, 'listening');
  return {
    port: (server.server.address() as AddressInfo).port,
    stop: () => new Promise((stopped) => server.close(() => stopped())),
  };
}

async function receive(stream: SMTPServerDataStream): Promise<string | null> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return stream.sizeExceeded ? null : Buffer.concat(parts).toString('latin1');
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

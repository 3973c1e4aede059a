import type { SMTPServerDataStream } from 'smtp-server';
import { smtpRefusal, startSmtpListener, type SmtpListener } from '../../../platform/mail/smtp-listener.js';
import type { BounceAddresses } from './bounce-address.js';
import { failureStatus } from './bounce-report.js';

const messageLimitBytes = 1024 * 1024;
const maxClients = 20;

/**
 * Takes returned mails, and nothing else: only to genuine return addresses, only from the empty sender that RFC 5321
 * prescribes for them. What is not a final failure is accepted and dropped.
 *
 * @param onFailure writes the failure; "250" is said only after it has, so that a bounce is not lost to a crash
 */
export async function startBounceListener(
  options: { readonly host: string; readonly port: number; readonly addresses: BounceAddresses },
  onFailure: (deliveryId: string, status: string) => Promise<void>,
): Promise<SmtpListener> {
  return startSmtpListener(options, {
    name: options.addresses.domain,
    banner: 'returned mail only',
    size: messageLimitBytes,
    maxClients,
    onMailFrom: ({ address }, _session, done) => done(address === '' ? null : smtpRefusal(550, 'returned mail only')),
    onRcptTo: ({ address }, _session, done) => done(options.addresses.deliveryOf(address) === null ? smtpRefusal(550, 'no such address') : null),
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
          () => done(smtpRefusal(451, 'try again later')),
        );
    },
  });
}

async function receive(stream: SMTPServerDataStream): Promise<string | null> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return stream.sizeExceeded ? null : Buffer.concat(parts).toString('latin1');
}

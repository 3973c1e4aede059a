import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { smtpRefusal, startSmtpListener, type SmtpListener } from '../../platform/mail/smtp-listener.js';
import { LOOPBACK } from '../ports.js';
import type { MailFolder } from './mail-folder.js';

const messageLimitBytes = 10 * 1024 * 1024;

/**
 * A mail server for this machine alone: takes every mail, delivers none, and keeps it in the folder.
 *
 * "250 accepted" is said only after the mail is on the disk, as a real one must. No TLS: the mails do not leave the
 * machine, and a certificate made up on the spot would have to be trusted by turning checks off.
 */
export async function startSmtpReceiver(port: number, folder: MailFolder): Promise<SmtpListener> {
  return startSmtpListener({ host: LOOPBACK, port }, {
    name: 'localhost',
    banner: 'demo mailbox, delivers nothing',
    size: messageLimitBytes,
    onData: (stream, session, done) => {
      receive(stream, session, folder).then(
        () => done(),
        (error: unknown) => done(refusalOf(error)),
      );
    },
  });
}

async function receive(stream: SMTPServerDataStream, session: SMTPServerSession, folder: MailFolder): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  if (stream.sizeExceeded) throw new TooLarge();
  const raw = Buffer.concat(parts);
  const receivedAt = new Date();
  for (const { address } of session.envelope.rcptTo) await folder.store(address, raw, receivedAt);
}

class TooLarge extends Error {}

/** 552 is final, 451 asks the sender to try again: a full disk may be mended. */
function refusalOf(error: unknown): Error {
  if (error instanceof TooLarge) return smtpRefusal(552, 'message too large');
  return smtpRefusal(451, 'the mail could not be stored');
}

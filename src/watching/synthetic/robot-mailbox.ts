import { smtpRefusal, startSmtpListener, type SmtpListener } from '../../platform/mail/smtp-listener.js';

const messageLimitBytes = 256 * 1024;
const maxClients = 5;

/**
 * Where the robot's mail arrives: takes mail to its mailbox, at any domain, and nothing else. What is in the mail is
 * not looked at: like every notice it says only that there is something.
 */
export async function startRobotMailbox(options: { readonly host: string; readonly port: number; readonly mailbox: string }, onMail: () => void): Promise<SmtpListener> {
  return startSmtpListener(options, {
    banner: 'ready',
    size: messageLimitBytes,
    maxClients,
    onRcptTo: ({ address }, _session, done) => {
      const ours = address.slice(0, address.lastIndexOf('@')).toLowerCase() === options.mailbox;
      done(ours ? null : smtpRefusal(550, 'no such address'));
    },
    onData: (stream, _session, done) => {
      stream.on('end', () => {
        done();
        onMail();
      });
      stream.resume();
    },
  });
}

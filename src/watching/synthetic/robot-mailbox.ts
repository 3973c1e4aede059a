import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

const messageLimitBytes = 256 * 1024;
const closeTimeoutMs = 1_000;
const socketTimeoutMs = 30_000;
const maxClients = 5;

export interface RobotMailbox {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Where the robot's mail arrives: takes mail to its mailbox, at any domain, and nothing else. What is in the mail is
 * not looked at: like every notice it says only that there is something.
 */
export async function startRobotMailbox(options: { readonly host: string; readonly port: number; readonly mailbox: string }, onMail: () => void): Promise<RobotMailbox> {
  const server = new SMTPServer({
    banner: 'ready',
    // What comes here says nothing; and mail servers of others have no account here.
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    size: messageLimitBytes,
    closeTimeout: closeTimeoutMs,
    socketTimeout: socketTimeoutMs,
    maxClients,
    logger: false,
    onRcptTo: ({ address }, _session, done) => {
      const ours = address.slice(0, address.lastIndexOf('@')).toLowerCase() === options.mailbox;
      done(ours ? null : Object.assign(new Error('no such address'), { responseCode: 550 }));
    },
    onData: (stream, _session, done) => {
      stream.on('end', () => {
        done();
        onMail();
      });
      stream.resume();
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

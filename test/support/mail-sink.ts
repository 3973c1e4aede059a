import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';

/** What the server does with the next mails; the same faults that real providers show. */
export type SinkBehaviour =
  | { readonly kind: 'accept' }
  /** Refuses the recipient with this SMTP code: 550 for good, 450 for now. */
  | { readonly kind: 'refuse-recipient'; readonly code: number; readonly only?: string }
  /** Refuses the sender or the greeting, as an overloaded server does (421). */
  | { readonly kind: 'refuse-connection'; readonly code: number }
  /** Takes the whole message and cuts the connection before its answer: accepted or not, nobody knows. */
  | { readonly kind: 'drop-after-data'; readonly accepts: boolean }
  /** Answers nothing for this long. */
  | { readonly kind: 'tarpit'; readonly ms: number; readonly only?: string };

export interface SunkMail {
  readonly to: string;
  readonly from: string;
  readonly messageId: string;
  /** Bytes as they came over the wire. */
  readonly raw: Buffer;
  readonly parsed: Email;
  /** Milliseconds since 1970, when the message was complete. */
  readonly at: number;
}

export interface SinkEvent {
  readonly what: 'connect' | 'recipient' | 'data' | 'accepted' | 'refused' | 'dropped';
  readonly at: number;
  /** One connection of a client. */
  readonly session: string;
  readonly to?: string;
  readonly messageId?: string;
}

export interface MailSink {
  readonly port: number;
  /** Accepted mails, oldest first. */
  readonly mails: readonly SunkMail[];
  /** Everything that happened, in order. */
  readonly log: readonly SinkEvent[];
  behave(next: SinkBehaviour): void;
  /** Resolves with the first mail, already here or yet to come, that fits; rejects with what came instead. */
  waitFor(fits: (mail: SunkMail) => boolean, timeoutMs?: number): Promise<SunkMail>;
  /** Calls back once when `what` happens next: the place to kill a process at. */
  once(what: SinkEvent['what'], then: (event: SinkEvent) => void): void;
  stop(): Promise<void>;
}

const defaultTimeoutMs = 60_000;

/** A real SMTP server on a free loopback port, without TLS, that keeps what it accepts. */
export async function startMailSink(port = 0): Promise<MailSink> {
  const mails: SunkMail[] = [];
  const log: SinkEvent[] = [];
  const onceHandlers: { what: SinkEvent['what']; then: (event: SinkEvent) => void }[] = [];
  let waiting: (() => void)[] = [];
  let behaviour: SinkBehaviour = { kind: 'accept' };

  // smtp-server waits 100 ms before its greeting; the moment of the connection is the socket's.
  const openedAt = new Map<number, number>();

  const note = (event: Omit<SinkEvent, 'at'>, at = Date.now()): void => {
    const full = { ...event, at };
    log.push(full);
    const handler = onceHandlers.findIndex(({ what }) => what === event.what);
    if (handler >= 0) onceHandlers.splice(handler, 1)[0]?.then(full);
    for (const wake of waiting.splice(0)) wake();
  };

  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    // Connection teardown at the end of a test must not wait for a peer that was killed.
    closeTimeout: 500,
    onConnect(session, done) {
      note({ what: 'connect', session: session.id }, openedAt.get(session.remotePort));
      done(behaviour.kind === 'refuse-connection' ? refusal(behaviour.code) : null);
    },
    onRcptTo(address, session, done) {
      const to = address.address;
      note({ what: 'recipient', session: session.id, to });
      const meant = !('only' in behaviour) || behaviour.only === undefined || behaviour.only === to;
      if (behaviour.kind === 'refuse-recipient' && meant) {
        note({ what: 'refused', session: session.id, to });
        done(refusal(behaviour.code));
      } else if (behaviour.kind === 'tarpit' && meant) {
        void sleep(behaviour.ms).then(() => done());
      } else {
        done();
      }
    },
    onData(stream, session, done) {
      void receive(stream, session).then(
        (answer) => answer === 'accepted' && done(),
        (error: Error) => done(error),
      );
    },
  });

  async function receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<'accepted' | 'dropped'> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const parsed = await PostalMime.parse(raw);
    const to = session.envelope.rcptTo[0]?.address ?? '';
    const from = session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address;
    const messageId = parsed.messageId ?? '';
    note({ what: 'data', session: session.id, to, messageId });
    const dropped = behaviour.kind === 'drop-after-data';
    if (!dropped || (behaviour.kind === 'drop-after-data' && behaviour.accepts)) {
      mails.push({ to, from, messageId, raw, parsed, at: Date.now() });
    }
    if (dropped) {
      note({ what: 'dropped', session: session.id, to, messageId });
      for (const connection of server.connections) (connection as unknown as { _socket: { destroy(): void } })._socket.destroy();
      return 'dropped';
    }
    note({ what: 'accepted', session: session.id, to, messageId });
    return 'accepted';
  }

  server.server.on('connection', ({ remotePort }: Socket) => remotePort !== undefined && openedAt.set(remotePort, Date.now()));
  server.on('error', () => undefined); // a peer that was killed resets its connection
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the mail server has no port');

  return {
    port: address.port,
    mails,
    log,
    behave: (next) => {
      behaviour = next;
    },
    once: (what, then) => void onceHandlers.push({ what, then }),
    waitFor: async (fits, timeoutMs = defaultTimeoutMs) => {
      const deadline = Date.now() + timeoutMs;
      for (;;) {
        const found = mails.find(fits);
        if (found) return found;
        const left = deadline - Date.now();
        if (left <= 0) throw new Error(`no such mail within ${timeoutMs} ms; accepted so far: ${mails.map(({ to }) => to).join(', ') || 'none'}`);
        await Promise.race([new Promise<void>((resolve) => waiting.push(resolve)), sleep(Math.min(left, 250))]);
        waiting = [];
      }
    },
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function refusal(code: number): Error {
  return Object.assign(new Error('refused by the test server'), { responseCode: code });
}

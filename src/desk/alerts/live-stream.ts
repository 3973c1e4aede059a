import { Readable } from 'node:stream';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Wake, WAKE_CHANNEL } from '../../escalation/wake.js';
import { Database } from '../../platform/database/database.js';
import { maxStreamsPerSession, streamBufferBytes, streamDebounceMs, streamPingMs, streamPollMs } from '../limits.js';
import { Queue } from './queue.js';
import { Sessions, type DeskSession } from '../sign-in/sessions.js';

type Fingerprints = ReadonlyMap<string, string>;

/** After a look, hints are not followed for this many times as long as the look took: in a flood of alerts, desks must
 *  not take the database away from the intake. */
const restRatio = 4;

interface Listener {
  readonly session: DeskSession;
  readonly output: Readable;
  seen: Fingerprints | null;
  looking: boolean;
  lookAgain: boolean;
  /** Hints are ignored until then (performance.now()). */
  restUntil: number;
}

/**
 * Live updates as server-sent events: `changed` with an alert id, `queue` when alerts came or went (and once at the
 * start, when the stream has begun to watch), `ping` every 15 s. Ids only, never content.
 *
 * Every stream compares fingerprints of its own person's queue every 2 s: what a stream tells is by construction what
 * that person may see, no instance has to know what another one wrote, and no event can be missed for ever.
 * What wakes the outbox, in this process or by NOTIFY, makes the streams look at once; a lost hint costs two seconds.
 */
@Injectable()
export class LiveStreams implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Desk');
  private readonly listeners = new Set<Listener>();
  private readonly timers: NodeJS.Timeout[] = [];
  private debounce: NodeJS.Timeout | undefined;
  private readonly stops: (() => unknown)[] = [];

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Queue) private readonly queue: Queue,
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Wake) private readonly wake: Wake,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.stops.push(await this.database.listen(WAKE_CHANNEL, () => this.lookSoon()), this.wake.on(() => this.lookSoon()));
    this.timers.push(setInterval(() => this.lookAll(), streamPollMs), setInterval(() => this.pingAll(), streamPingMs));
  }

  async onModuleDestroy(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.debounce);
    for (const listener of [...this.listeners]) this.end(listener);
    await Promise.all(this.stops.map((stop) => stop()));
  }

  /** A stream for this session, as bytes of text/event-stream. It ends with the session. */
  open(session: DeskSession): Readable {
    const ofSession = [...this.listeners].filter((each) => each.session.tokenHash.equals(session.tokenHash));
    // A page has one; a reconnecting page may leave a dead one behind for a while.
    for (const older of ofSession.slice(0, Math.max(0, ofSession.length - maxStreamsPerSession + 1))) this.end(older);

    const output = new Readable({ read: () => undefined });
    const listener: Listener = { session, output, seen: null, looking: false, lookAgain: false, restUntil: 0 };
    this.listeners.add(listener);
    output.once('close', () => this.listeners.delete(listener));
    void this.look(listener);
    return output;
  }

  private lookSoon(): void {
    this.debounce ??= setTimeout(() => {
      this.debounce = undefined;
      for (const listener of this.listeners) if (performance.now() >= listener.restUntil) void this.look(listener);
    }, streamDebounceMs);
  }

  private pingAll(): void {
    for (const listener of this.listeners) this.send(listener, serverEvent('ping', {}));
  }

  private lookAll(): void {
    for (const listener of this.listeners) void this.look(listener);
  }

  /** Never two looks of one stream at once: the older answer could arrive last and hide the newer one. */
  private async look(listener: Listener): Promise<void> {
    if (listener.looking) {
      listener.lookAgain = true;
      return;
    }
    listener.looking = true;
    try {
      do {
        listener.lookAgain = false;
        const startedAt = performance.now();
        const session = await this.sessions.findByHash(listener.session.tokenHash);
        if (session?.standing !== 'active') {
          this.end(listener);
          return;
        }
        const now = await this.queue.fingerprints(listener.session);
        for (const event of eventsBetween(listener.seen, now)) this.send(listener, event);
        listener.seen = now;
        const endedAt = performance.now();
        listener.restUntil = endedAt + restRatio * (endedAt - startedAt);
      } while (listener.lookAgain);
    } catch {
      // The database is away, which signs nobody out. The stream stays and goes on looking; the page polls beside it.
      this.log.warn('a live stream could not look at the queue');
    } finally {
      listener.looking = false;
    }
  }

  private send(listener: Listener, event: string): void {
    if (!this.listeners.has(listener)) return; // ended while it looked
    // A reader that does not read: its page asks anew and gets everything.
    if (listener.output.readableLength > streamBufferBytes) listener.output.destroy();
    else listener.output.push(event);
  }

  /** Says all that was said, then nothing more. */
  private end(listener: Listener): void {
    if (this.listeners.delete(listener)) listener.output.push(null);
  }
}

/** What to tell somebody who has seen `before` and may now see `now`. */
export function eventsBetween(before: Fingerprints | null, now: Fingerprints): string[] {
  if (before === null) return [serverEvent('queue', {})];
  const ids = new Set([...before.keys(), ...now.keys()]);
  const changed = [...ids].filter((id) => before.get(id) !== now.get(id));
  const cameOrWent = changed.some((id) => !before.has(id) || !now.has(id));
  return [...changed.map((alertId) => serverEvent('changed', { alertId })), ...(cameOrWent ? [serverEvent('queue', {})] : [])];
}

/** One event of text/event-stream. It always has data: a browser drops events without. */
function serverEvent(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

/** Other instances hear that there may be work. Only a hint: everybody also looks by themselves all the time. */
export const WAKE_CHANNEL = 'jardam_outbox';

/** A NOTIFY in every commit cost about half of the commits per second (all commits queue for one lock), so at most this often. */
const notifyEveryMs = 50;

/** Tells the engine and the outbox of this process at once, and those of other processes a moment later, to look for work. */
@Injectable()
export class Wake implements OnModuleDestroy {
  private readonly handlers = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly database: Database) {}

  /** @returns a function that takes the handler away */
  on(handler: () => void): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  /** Call after a commit that queued messages or changed an alert's timer. Never throws, never waits. */
  afterCommit(): void {
    for (const handler of this.handlers) handler();
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      // Lost notifications cost at most one poll.
      this.database.query(`SELECT pg_notify($1, '')`, [WAKE_CHANNEL]).catch(() => undefined);
    }, notifyEveryMs);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }
}

import { Refusal } from './refusal.js';

export type UpdateKind = 'message' | 'edited_message' | 'callback_query' | 'my_chat_member';

export interface StoredUpdate {
  readonly update_id: number;
  readonly kind: UpdateKind;
  readonly body: Readonly<Record<string, unknown>>;
  /** Milliseconds since 1970, by the server's clock. */
  readonly at: number;
}

interface Poller {
  readonly end: (outcome: 'more' | 'terminated' | 'closed') => void;
}

/** Telegram keeps what nobody fetched for a day. */
const keptMs = 24 * 3_600_000;

/** The queue of updates: kept until a bot confirms them by a higher offset, or a webhook answers with success. */
export class Updates {
  private queue: StoredUpdate[] = [];
  private lastId = 700_000;
  private poller: Poller | null = null;
  private readonly waiting: (() => void)[] = [];
  /** Kinds that the bot wants; null: the default, which is all of those we know. */
  allowed: readonly string[] | null = null;

  constructor(private readonly now: () => number) {}

  add(kind: UpdateKind, body: Readonly<Record<string, unknown>>): number {
    const update_id = ++this.lastId;
    if (this.allowed === null || this.allowed.includes(kind)) {
      this.queue.push({ update_id, kind, body: { update_id, [kind]: body }, at: this.now() });
      this.poller?.end('more');
      for (const wake of this.waiting.splice(0)) wake();
    }
    return update_id;
  }

  /** Puts an update in again that was there before, as Telegram does after a lost confirmation. */
  repeat(update: StoredUpdate): void {
    this.queue.unshift(update);
    this.poller?.end('more');
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** What is not confirmed yet, oldest first; those of more than a day ago are gone. */
  pending(): readonly StoredUpdate[] {
    this.queue = this.queue.filter(({ at }) => this.now() - at <= keptMs);
    return this.queue;
  }

  /** Forgets everything before this offset. */
  confirm(offset: number): void {
    this.queue = this.queue.filter(({ update_id }) => update_id >= offset);
  }

  drop(): void {
    this.queue = [];
  }

  /**
   * One getUpdates: at once when something is there, else when something comes or the time is over. A second poller
   * ends the first, which is answered 409, as at Telegram.
   */
  async poll(options: { offset: number; limit: number; timeoutSeconds: number; closed: AbortSignal }): Promise<readonly StoredUpdate[]> {
    this.poller?.end('terminated');
    this.poller = null;
    // A negative offset asks for the last ones and forgets those before.
    const offset = options.offset >= 0 ? options.offset : (this.pending().at(options.offset)?.update_id ?? 0);
    this.confirm(offset);
    const ready = (): readonly StoredUpdate[] => this.pending().slice(0, options.limit);
    if (ready().length > 0 || options.timeoutSeconds === 0) return ready();
    const outcome = await new Promise<'more' | 'terminated' | 'closed' | 'over'>((resolve) => {
      const timer = setTimeout(() => resolve('over'), options.timeoutSeconds * 1_000);
      const end = (how: 'more' | 'terminated' | 'closed'): void => {
        clearTimeout(timer);
        if (this.poller?.end === end) this.poller = null;
        resolve(how);
      };
      this.poller = { end };
      options.closed.addEventListener('abort', () => end('closed'));
    });
    if (outcome === 'terminated') {
      throw new Refusal(409, 'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running');
    }
    return ready();
  }

  /** Ends a long poll that is open, for example because a webhook was set. */
  terminate(): void {
    this.poller?.end('terminated');
  }

  /** Resolves when an update is added. */
  added(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

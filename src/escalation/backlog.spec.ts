import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backlog } from './backlog.js';

/** How far the senders have come. */
function sendersAt(backlog: Backlog, count: number): { readonly went: number[] } {
  const went: number[] = [];
  for (let sender = 0; sender < count; sender++) void backlog.turn().then(() => went.push(sender));
  return { went };
}

describe('whose turn it is', () => {
  it('whoever sends goes at once when nothing is overdue', async () => {
    const senders = sendersAt(new Backlog(), 2);
    await Promise.resolve();
    expect(senders.went).toEqual([0, 1]);
  });

  it('during a backlog they go once for each batch of the ladder', async () => {
    const backlog = new Backlog();
    await backlog.during(async () => {
      const first = sendersAt(backlog, 1);
      await sleep(20);
      expect(first.went).toEqual([]);
      backlog.afterBatch();
      const second = sendersAt(backlog, 1);
      await sleep(20);
      expect(first.went).toEqual([0]);
      expect(second.went).toEqual([]);
    });
  });

  it('they go when the backlog is over, however it ended', async () => {
    const backlog = new Backlog();
    let senders: { readonly went: number[] } | undefined;
    const broken = backlog.during(async () => {
      senders = sendersAt(backlog, 1);
      await sleep(5);
      throw new Error('a batch failed');
    });
    await expect(broken).rejects.toThrow('a batch failed');
    await sleep(5);
    expect(senders?.went).toEqual([0]);
    await expect(backlog.turn()).resolves.toBe(false);
  });

  it('while one of two parts still runs, they wait; and a ladder that hangs keeps nobody from sending', async () => {
    const backlog = new Backlog();
    let end: () => void = () => undefined;
    const hangs = backlog.during(() => new Promise((resolve) => (end = resolve)));
    await backlog.during(() => Promise.resolve());
    const started = performance.now();
    expect(await backlog.turn()).toBe(true);
    expect(performance.now() - started).toBeGreaterThan(200);
    end();
    await hangs;
  });
});

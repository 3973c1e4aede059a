import { Injectable } from '@nestjs/common';

/** Nobody who sends waits longer than this for a batch of the ladder. */
const mostWaitMs = 250;

/**
 * Whose turn it is while many alerts are overdue at once, as after a long downtime.
 *
 * Sending a message costs some twenty times as much as moving an alert up the ladder. Without an order the messages of
 * the first alerts took the processor from the ladder of all others: 100,000 overdue alerts had moved after 20 s
 * instead of 8. So whoever sends takes one handful of messages for each batch of the ladder, the most urgent first. The
 * rest of the messages lose some seconds by that; who is told is decided in time for everybody.
 */
@Injectable()
export class Backlog {
  private parts = 0;
  private waiting: (() => void)[] = [];

  /** Runs a part of the backlog; while any such part runs, `turn` waits. */
  async during(work: () => Promise<void>): Promise<void> {
    this.parts++;
    try {
      await work();
    } finally {
      this.parts--;
      this.afterBatch();
    }
  }

  /** A batch of the ladder is committed. */
  afterBatch(): void {
    const next = this.waiting;
    this.waiting = [];
    for (const go of next) go();
  }

  /**
   * Resolves at once when there is no backlog, else after the next batch; after a quarter of a second in any case.
   *
   * @returns whether there is a backlog, so that whoever sends takes only a few
   */
  turn(): Promise<boolean> {
    if (this.parts === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve(true);
      };
      const timer = setTimeout(go, mostWaitMs);
      this.waiting.push(go);
    });
  }
}

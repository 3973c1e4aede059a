// Tries a request until it is answered: on its own with growing pauses, and at once when there is a sign that it may
// work now (a tap, the line coming back, the page being looked at again).
import { worthRetrying, type Answer, type Problem, type Result } from '../common/api.js';

/** Pauses between attempts; the last one repeats. Short at first: most failures on a bad line are over in seconds. */
const pausesMs = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000] as const;
/** A sign of life cuts an attempt that has hung for this long: on mobile networks it is usually dead already. */
const hungAfterMs = 5_000;

/** One for a session; several requests may be under way in it at a time. */
export class Retrier {
  private readonly waiting = new Set<() => void>();
  private readonly attempts = new Set<{ readonly abort: AbortController; readonly startedAt: number }>();
  private stopped = false;
  private readonly onSign = (): void => {
    if (document.visibilityState === 'visible') this.now();
  };

  constructor() {
    addEventListener('online', this.onSign);
    document.addEventListener('visibilitychange', this.onSign);
  }

  /** Tries at once instead of waiting. */
  now(): void {
    for (const { abort, startedAt } of this.attempts) if (Date.now() - startedAt > hungAfterMs) abort.abort();
    this.wakeAll();
  }

  private wakeAll(): void {
    for (const wake of [...this.waiting]) wake();
  }

  /** Ends all trying; a run in progress never resolves with an answer after this. */
  stop(): void {
    this.stopped = true;
    removeEventListener('online', this.onSign);
    document.removeEventListener('visibilitychange', this.onSign);
    for (const { abort } of this.attempts) abort.abort();
    this.wakeAll();
  }

  /** Resolves with the answer, or with a problem that no repetition can mend; null when stopped.
   *  `onFailure` hears of every failure that will be tried again. */
  async run<T>(
    send: (signal: AbortSignal) => Promise<Result<T>>,
    onFailure: (problem: Problem) => void,
    onAttempt: () => void = () => undefined,
  ): Promise<Answer<T> | Problem | null> {
    for (let failures = 0; !this.stopped; failures++) {
      onAttempt();
      const attempt = { abort: new AbortController(), startedAt: Date.now() };
      this.attempts.add(attempt);
      const result = await send(attempt.abort.signal);
      this.attempts.delete(attempt);
      if (this.stopped) return null;
      if (result.ok || !worthRetrying(result)) return result;
      onFailure(result);
      const pause = pausesMs[Math.min(failures, pausesMs.length - 1)] ?? 30_000;
      await this.pause(Math.max(pause, Math.min(result.retryAfterMs ?? 0, 60_000)));
    }
    return null;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.waiting.add(end);
    });
  }
}

import { useEffect, useState } from 'preact/hooks';

/** A value that screens follow. Everything the page knows lives in a few of these, so that leaving can forget it all. */
export class Live<T> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: T) {}

  get(): T {
    return this.value;
  }

  set(value: T): void {
    if (Object.is(value, this.value)) return;
    this.value = value;
    for (const listener of [...this.listeners]) listener();
  }

  /** Calls back after every change; returns the way to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** The current value, and a new drawing whenever it changes. */
export function useLive<T>(live: Live<T>): T {
  const [, redraw] = useState(0);
  const drawn = live.get();
  useEffect(() => {
    const stop = live.subscribe(() => redraw((n) => n + 1));
    // It may have changed between drawing and listening. `drawn` is what stood on the screen then: read in here it
    // would always be the new value, and a screen that was drawn a moment too early would wait for ever.
    if (!Object.is(drawn, live.get())) redraw((n) => n + 1);
    return stop;
  }, [live]);
  return drawn;
}

/** Milliseconds since 1970, drawn anew every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

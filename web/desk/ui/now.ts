// One clock for the whole page, set by the service: a laptop that is three minutes slow must not show three minutes
// that nobody has.
import { useEffect, useState } from 'preact/hooks';

const tickMs = 1_000;
let offsetMs = 0;
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Takes the service's time from an answer that has just arrived. */
export function setServerTime(serverNow: string): void {
  const ms = Date.parse(serverNow);
  if (!Number.isNaN(ms)) offsetMs = ms - Date.now();
}

/** Milliseconds since 1970 by the service's clock. */
export function serverNowMs(): number {
  return Date.now() + offsetMs;
}

/** Re-renders the component every second with the service's time. Only leaves of the page use it. */
export function useNow(): number {
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => {
    const tick = (): void => setNow(serverNowMs());
    watchers.add(tick);
    timer ??= setInterval(() => {
      for (const watcher of watchers) watcher();
    }, tickMs);
    return () => {
      watchers.delete(tick);
      if (watchers.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return now;
}

// Keeps the page current: a stream while there is one, a poll always. The stream is the hint, the poll is the truth:
// a stream that has silently died must not hide an alert.
import type { DeskApi } from './desk-api.js';
import { changedAlertId, EventStreamParser } from './event-stream.js';

/** How often the queue is read without any hint: with a living stream, and without one. */
const pollWithStreamMs = 30_000;
const pollWithoutStreamMs = 5_000;
/** The service pings every 15 s; three missed pings mean that the line is dead although nobody closed it. */
const silenceMs = 45_000;
const reconnectFirstMs = 1_000;
const reconnectMaxMs = 30_000;

export type LineState = 'live' | 'polling';

export interface LiveUpdates {
  stop(): void;
}

/** Starts. `onChange` is called with the ids that the stream named (empty: look at everything), at once and then as
 *  things change; `onLine` when the line goes up or down. */
export function startLiveUpdates(
  api: DeskApi,
  onChange: (alertIds: readonly string[]) => void,
  onLine: (state: LineState) => void,
): LiveUpdates {
  const stopped = new AbortController();
  let live = false;
  let lastPollMs = 0;

  const setLive = (next: boolean): void => {
    if (live === next || stopped.signal.aborted) return;
    live = next;
    onLine(next ? 'live' : 'polling');
  };
  const poll = (): void => {
    lastPollMs = Date.now();
    onChange([]);
  };
  const timer = setInterval(() => {
    if (Date.now() - lastPollMs >= (live ? pollWithStreamMs : pollWithoutStreamMs)) poll();
  }, 1_000);
  // A laptop that wakes up has an old picture and a dead stream.
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') poll();
  };
  document.addEventListener('visibilitychange', onVisible);
  addEventListener('online', poll);

  const listen = async (): Promise<void> => {
    for (let waitMs = reconnectFirstMs; !stopped.signal.aborted; waitMs = Math.min(waitMs * 2, reconnectMaxMs)) {
      const attempt = new AbortController();
      const abort = (): void => attempt.abort();
      stopped.signal.addEventListener('abort', abort);
      const response = await api.stream(attempt.signal);
      const body = response?.body ?? null;
      if (body !== null) {
        setLive(true);
        waitMs = reconnectFirstMs;
        // Something may have happened between the last poll and the first event.
        poll();
        await readEvents(body, attempt, onChange);
        setLive(false);
      }
      stopped.signal.removeEventListener('abort', abort);
      await pause(waitMs, stopped.signal);
    }
  };
  onLine('polling');
  poll();
  void listen();

  return {
    stop: () => {
      stopped.abort();
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
      removeEventListener('online', poll);
    },
  };
}

async function readEvents(
  body: ReadableStream<Uint8Array>,
  attempt: AbortController,
  onChange: (alertIds: readonly string[]) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventStreamParser();
  try {
    for (;;) {
      const dead = setTimeout(() => attempt.abort(), silenceMs);
      const { done, value } = await reader.read().finally(() => clearTimeout(dead));
      if (done) return;
      const events = parser.push(decoder.decode(value, { stream: true }));
      const ids = events.map(changedAlertId).filter((id) => id !== null);
      if (ids.length > 0 || events.some(({ event }) => event === 'queue')) onChange([...new Set(ids)]);
    }
  } catch {
    // Cut: the caller connects again.
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

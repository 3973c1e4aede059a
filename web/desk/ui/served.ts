// What the service keeps and a dialog shows and changes.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Problem, Result } from '../../common/api.js';

export interface Served<Value> {
  /** null until it was read for the first time. */
  readonly value: Value | null;
  /** A change is on its way. */
  readonly busy: boolean;
  /** Why the last reading or change failed. */
  readonly problem: Problem | null;
  /** Makes a change; the answer, or null when it was refused or another one is on its way. */
  readonly run: <Body>(work: () => Promise<Result<Body>>) => Promise<{ readonly body: Body } | null>;
}

/**
 * Reads at once, and again after every change: also a refused one may mean that the page was behind. One change at a
 * time.
 */
export function useServed<Value>(api: { read(): Promise<Result<Value>> }): Served<Value> {
  const [value, setValue] = useState<Value | null>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const running = useRef(false);

  const read = useCallback(async (): Promise<void> => {
    const answer = await api.read();
    if (answer.ok) setValue(answer.body);
    else setProblem(answer);
  }, [api]);
  useEffect(() => {
    void read();
  }, [read]);

  const run = useCallback(
    async <Body,>(work: () => Promise<Result<Body>>): Promise<{ readonly body: Body } | null> => {
      if (running.current) return null;
      running.current = true;
      setBusy(true);
      setProblem(null);
      const answer = await work();
      await read();
      if (!answer.ok) setProblem(answer);
      running.current = false;
      setBusy(false);
      return answer.ok ? { body: answer.body } : null;
    },
    [read],
  );
  return { value, busy, problem, run };
}

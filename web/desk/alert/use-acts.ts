// Signed acts as components use them: one at a time, with what became of the last one.
import { useCallback, useRef, useState } from 'preact/hooks';
import type { StatementType } from '@jardam/protocol';
import type { MessageKey } from '../../common/i18n.js';
import type { ActOutcome, DeskStore } from '../service/desk-store.js';
import { problemKey } from '../ui/problem.js';

export interface Acts {
  /** What is being signed or sent right now. */
  readonly busy: string | null;
  readonly failure: { readonly key: MessageKey; readonly code: string } | null;
  /** Resolves to whether it was recorded. `mark` tells several buttons of one type apart. */
  act(type: StatementType, detail?: Readonly<Record<string, string | number>>, mark?: string): Promise<boolean>;
  send(kind: 'reply' | 'note', text: string): Promise<boolean>;
}

export function useActs(store: DeskStore, alertId: string): Acts {
  const [busy, setBusy] = useState<string | null>(null);
  const [failure, setFailure] = useState<Acts['failure']>(null);
  const running = useRef(false);

  const run = useCallback(async (mark: string, work: () => Promise<ActOutcome>): Promise<boolean> => {
    // A second press while the first is on its way would sign the same thing twice.
    if (running.current) return false;
    running.current = true;
    setBusy(mark);
    setFailure(null);
    try {
      const outcome = await work();
      setFailure(failureOf(outcome));
      return 'done' in outcome;
    } catch {
      setFailure({ key: 'desk.problem.keyring', code: '' });
      return false;
    } finally {
      running.current = false;
      setBusy(null);
    }
  }, []);

  return {
    busy,
    failure,
    act: (type, detail = {}, mark = type) => run(mark, () => store.act(alertId, type, detail)),
    send: (kind, text) => run(kind, () => store.send(alertId, kind, text)),
  };
}

function failureOf(outcome: ActOutcome): Acts['failure'] {
  if ('problem' in outcome) return { key: problemKey(outcome.problem), code: outcome.problem.code };
  if ('refused' in outcome) {
    return { key: outcome.refused === 'too-long' ? 'desk.message.too-long' : 'desk.problem.not-opened', code: '' };
  }
  return null;
}

// What goes wrong between the Mini App and our server, in words.
import { useState } from 'preact/hooks';
import { usePage } from '../defender/context.js';
import { Button, Notice } from '../defender/ui.js';
import type { Problem, Result } from '../common/api.js';
import { refreshPrepared, type PreparedState } from './service.js';

/** What can go wrong, and the words for it. */
export const FAULTS = {
  'too-long': 'miniApp.fault.too-long',
  nobody: 'miniApp.fault.nobody',
  list: 'miniApp.fault.list',
  account: 'miniApp.fault.account',
  counting: 'miniApp.fault.counting',
  'too-many': 'miniApp.fault.too-many',
  when: 'miniApp.check-in.when-wrong',
  line: 'miniApp.fault.line',
} as const;
export type Fault = keyof typeof FAULTS;

/** Which words a refusal of our server, or the lack of an answer, needs. */
export function reasonOf({ status, code }: Problem): Fault {
  if (status === 401 || status === 403) return 'account';
  if (code === 'counting-down') return 'counting';
  if (code === 'too-many-check-ins') return 'too-many';
  // The time was right when sealing began, which takes up to a minute.
  if (code === 'too-soon' || code === 'too-far') return 'when';
  if (code === 'stale-roster' || code === 'unknown-roster' || code === 'unknown-policy') return 'list';
  return 'line';
}

/** Throws away what was prepared; says why when that is refused. */
export function TakeBack(props: { text: string; request: () => Promise<Result<unknown>> }) {
  const { t } = usePage();
  const [fault, setFault] = useState<Fault | null>(null);
  const press = async (): Promise<void> => {
    const answer = await props.request();
    setFault(answer.ok ? null : reasonOf(answer));
    await refreshPrepared();
  };
  return (
    <>
      <Button onPress={() => void press()}>{props.text}</Button>
      {fault === null ? null : <p role="alert">{t(FAULTS[fault])}</p>}
    </>
  );
}

/** What stands where prepared things would, as long as it is not known what is prepared; null when it is. */
export function Unknown({ state }: { state: PreparedState }) {
  const { t } = usePage();
  if (state.at === 'ready') return null;
  if (state.at === 'loading') return <p class="quiet" role="status">{t('miniApp.loading')}</p>;
  if (reasonOf(state.problem) === 'account') return <Notice tone="warn" live>{t('miniApp.fault.account')}</Notice>;
  return (
    <Notice tone="warn" live>
      <p>{t('miniApp.fault.unknown')}</p>
      <Button onPress={() => void refreshPrepared()}>{t('defender.send.again')}</Button>
    </Notice>
  );
}

// Screens with a message and at most one way on.
import type { Problem } from '../../common/api.js';
import type { RosterRefusal } from '../crypto/messages.js';
import { EntryFrame, type FrameProps } from '../ui/entry-frame.js';
import { ProblemNotice } from '../ui/problem.js';
import { useText } from '../ui/text.js';
import { Fingerprint } from '../ui/fingerprint.js';

export function PlainScreen(props: FrameProps & { busy?: boolean }) {
  const t = useText();
  return <EntryFrame {...props} title={t('desk.starting')} />;
}

export function UnreachableScreen(props: FrameProps & { problem: Problem; onRetry: () => void }) {
  const t = useText();
  return (
    <EntryFrame {...props} title={t('desk.unreachable.title')}>
      <ProblemNotice problem={props.problem} />
      <button type="button" class="button" onClick={props.onRetry}>
        {t('desk.try-again')}
      </button>
    </EntryFrame>
  );
}

/** On probation: the keys exist, and no signed roster names them yet. */
export function WaitingScreen(props: FrameProps & { fingerprint: readonly string[]; onAgain: () => void }) {
  const t = useText();
  return (
    <EntryFrame {...props} title={t('desk.waiting.title')}>
      <p>{t('desk.waiting.why')}</p>
      <p>{t('desk.waiting.read')}</p>
      <Fingerprint words={props.fingerprint} />
      <p class="secondary">{t('desk.waiting.differ')}</p>
      <button type="button" class="button" onClick={props.onAgain}>
        {t('desk.waiting.again')}
      </button>
    </EntryFrame>
  );
}

/** Every way in which a roster can be wrong, in four sentences a person can act on. */
function refusalKey(reason: RosterRefusal | 'swapped-key') {
  switch (reason) {
    case 'swapped-key':
      return 'desk.refused.swapped-key';
    case 'rolled-back':
      return 'desk.refused.rolled-back';
    case 'equivocation':
      return 'desk.refused.equivocation';
    case 'expired':
      return 'desk.refused.expired';
    case 'not-yet-valid':
      return 'desk.refused.not-yet-valid';
    case 'wrong-instance':
      return 'desk.refused.wrong-instance';
    case 'empty':
      return 'desk.refused.empty';
    default:
      return 'desk.refused.tampered';
  }
}

export function RefusedScreen(props: FrameProps & { reason: RosterRefusal | 'swapped-key'; onAgain: () => void }) {
  const t = useText();
  return (
    <EntryFrame {...props} title={t('desk.refused.title')}>
      <p class="lead" role="alert">
        {t(refusalKey(props.reason))}
      </p>
      <p>{t('desk.refused.nothing-sent')}</p>
      <h2>{t('desk.refused.what-to-do')}</h2>
      <ol class="steps">
        <li>{t('desk.refused.do-call')}</li>
        <li>{t('desk.refused.do-read', { code: props.reason })}</li>
        <li>{t('desk.refused.do-wait')}</li>
      </ol>
      <button type="button" class="button-quiet" onClick={props.onAgain}>
        {t('desk.try-again')}
      </button>
    </EntryFrame>
  );
}

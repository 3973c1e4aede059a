import { dayAndTime } from '../../common/dates.js';
import type { MessageKey } from '../../common/i18n.js';
import { localText } from '../../common/i18n.js';
import { usePage } from '../context.js';
import { directory, refreshDirectory, type Directory, type RefusedDirectory } from '../directory.js';
import { useLive } from '../live.js';
import { Button, Notice } from '../ui.js';

/** Why a list of recipients is refused, in words; several codes mean the same to the person. */
export function refusedText(code: RefusedDirectory): MessageKey {
  switch (code) {
    case 'rolled-back':
      return 'defender.list.refused-old';
    case 'equivocation':
      return 'defender.list.refused-two';
    case 'wrong-instance':
      return 'defender.list.refused-server';
    case 'bad-key':
      return 'defender.list.refused-key';
    case 'not-yet-valid':
      return 'defender.list.refused-clock';
    case 'expired':
      return 'defender.list.refused-expired';
    default:
      return 'defender.list.refused-tampered';
  }
}

export function isListRefusal(code: string): code is RefusedDirectory {
  return listRefusals.some((each) => each === code);
}

const listRefusals: readonly RefusedDirectory[] = [
  'empty', 'malformed', 'wrong-instance', 'broken-chain', 'rolled-back', 'equivocation', 'bad-signature',
  'too-few-signatures', 'bad-key', 'too-long-validity', 'not-yet-valid', 'expired', 'unknown-policy',
]; // prettier-ignore

/** The refusal itself: what is wrong, what it could mean, what to do. */
export function ListRefused(props: { code: RefusedDirectory }) {
  const { t } = usePage();
  return (
    <Notice tone="warn" live>
      <p class="strong">{t('defender.list.refused-title')}</p>
      <p>{t(refusedText(props.code))}</p>
      <p>{t('defender.list.refused-do')}</p>
      <Button onPress={() => void refreshDirectory()}>{t('defender.list.try-again')}</Button>
    </Notice>
  );
}

/** Whether the list of recipients is checked: one quiet line when it is, a notice when it is not. */
export function ListState() {
  const { t } = usePage();
  const state = useLive(directory);
  switch (state.at) {
    case 'loading':
      return <p class="quiet" role="status">{t('defender.list.loading')}</p>;
    case 'offline':
      return <Notice tone="warn" live>{t('defender.list.offline')}</Notice>;
    case 'refused':
      return <ListRefused code={state.code} />;
    case 'ready':
      if (state.directory.roster.expired) return <Notice tone="warn">{t('defender.list.refused-expired')}</Notice>;
      return <p class="quiet" role="status">{t('defender.list.ready')}</p>;
  }
}

/** The phone numbers of the coalition, as links; null when the roster has none. */
export function Phones(props: { phones: Directory['phones'] }) {
  const { t } = usePage();
  if (props.phones.length === 0) return null;
  return (
    <ul class="phones">
      {props.phones.map(({ label, phone }) => (
        <li key={phone}>
          <a class="button button-plain" href={`tel:${phone.replace(/[^+\d]/g, '')}`}>
            <span>{localText(label, t.lang)}</span>
            <span class="figures strong">{phone}</span>
          </a>
        </li>
      ))}
    </ul>
  );
}

/** A time as everybody reads it on this page. */
export function useTime(): (at: number) => string {
  const { t } = usePage();
  return (at) => dayAndTime(at, Date.now(), t.lang);
}

// That an alert was sealed beforehand, when, and what made it go out: the text in it may be weeks old.
import { dayAndTime } from '../../common/dates.js';
import type { MessageKey } from '../../common/i18n.js';
import type { AlertDetail } from '../service/desk-api.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';

const causes: Readonly<Record<string, MessageKey>> = {
  button: 'desk.armed.by-button',
  countdown: 'desk.armed.by-button',
  silence: 'desk.armed.by-silence',
  help: 'desk.armed.by-help',
  desk: 'desk.armed.by-desk',
};

export function ArmedMark({ events }: Pick<AlertDetail, 'events'>) {
  const t = useText();
  const [armed, triggered] = events;
  if (armed?.type !== 'ARM' || triggered?.type !== 'TRIGGER') return null;
  const { by, expired, olderRoster } = triggered.detail ?? {};
  const cause = causes[String(by)];
  return (
    <p class="armed-mark">
      {t('desk.armed.at', { time: dayAndTime(Date.parse(armed.at), serverNowMs(), t.lang) })}
      {cause === undefined ? null : ` ${t(cause)}`}
      {expired === true ? <strong> {t('desk.armed.expired')}</strong> : null}
      {olderRoster === true ? <strong> {t('desk.armed.older-roster')}</strong> : null}
    </p>
  );
}

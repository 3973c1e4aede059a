// What the defender told, question by question; what was not answered is not shown as if it had been.
import { dayAndTime } from '../../common/dates.js';
import { LANGUAGE_NAMES, type MessageKey, type Translate } from '../../common/i18n.js';
import { regionName } from '../../common/regions.js';
import type { OpenedAlert } from '../crypto/messages.js';
import { detentionStartMs } from '../logic/detention.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';
import { DetentionScale } from './detention-scale.js';

const asked = ['where', 'when', 'hurt', 'medical', 'holder', 'lawyer', 'children', 'contact'] as const;
const coded: Readonly<Record<string, MessageKey>> = {
  yes: 'desk.answer.yes',
  no: 'desk.answer.no',
  unknown: 'desk.answer.unknown',
};

/** A code in the reader's language, or the words as they were written. */
export function answerText(value: string, t: Translate): string {
  const key = coded[value];
  return key === undefined ? value : t(key);
}

export function Facts({ alert }: { alert: OpenedAlert }) {
  const t = useText();
  const { answers, location } = alert;
  const heldSince = answers.detainedAt === undefined ? null : detentionStartMs(answers.detainedAt);
  const region = answers.region === undefined ? '' : regionName(answers.region, t.lang);
  return (
    <section aria-labelledby="facts-title">
      <h3 id="facts-title">{t('desk.facts.title')}</h3>
      {answers.neverCall === true ? <p class="never-call">{t('desk.facts.never-call')}</p> : null}
      {answers.what === undefined || answers.what === '' ? null : <p class="what">{answers.what}</p>}
      <dl class="facts">
        <div>
          <dt>{t('desk.facts.who')}</dt>
          <dd>
            {answers.who === undefined ? t('desk.facts.who-unknown') : t(`desk.facts.who-${answers.who}`)}
            {', '}
            {t('desk.facts.language', { language: LANGUAGE_NAMES[alert.lang] })}
          </dd>
        </div>
        {region === '' ? null : (
          <div>
            <dt>{t('desk.facts.region')}</dt>
            <dd>{region}</dd>
          </div>
        )}
        {asked.map((name) => {
          const value = answers[name];
          return value === undefined || value === '' ? null : (
            <div key={name}>
              <dt>{t(`desk.facts.${name}`)}</dt>
              <dd>{answerText(value, t)}</dd>
            </div>
          );
        })}
        {answers.detainedAt === undefined || heldSince !== null ? null : (
          <div>
            <dt>{t('desk.facts.detained')}</dt>
            <dd>{answers.detainedAt}</dd>
          </div>
        )}
        {location === undefined ? null : (
          <div>
            <dt>{t('desk.facts.location')}</dt>
            <dd class="figures">
              {location.lat.toFixed(5)}, {location.lon.toFixed(5)}{' '}
              {t('desk.facts.accuracy', {
                metres: Math.round(location.accuracyM),
                time: dayAndTime(Date.parse(location.at), serverNowMs(), t.lang),
              })}
            </dd>
          </div>
        )}
        <div>
          <dt>{t('desk.facts.written')}</dt>
          <dd class="figures">{dayAndTime(Date.parse(alert.at), serverNowMs(), t.lang)}</dd>
        </div>
      </dl>
      {heldSince === null ? null : <DetentionScale sinceMs={heldSince} />}
    </section>
  );
}

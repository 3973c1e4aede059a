// One page for a diplomat: the questions of Amnesty International's card for diplomats, answered from what the defender
// sealed and from what the team has recorded. What nobody said is named as not said, never filled in.
import { dayAndTime } from '../../common/dates.js';
import type { OpenedAlert, RosterView } from '../crypto/messages.js';
import { recordedActions } from '../logic/recorded-actions.js';
import type { AlertDetail, QueueEntry } from '../service/desk-api.js';
import { personName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';
import { regionName } from '../../common/regions.js';
import { ACTION_CODES, type ActionCode } from '../logic/actions.js';

/** What counts as having checked the report. */
const verifying: readonly ActionCode[] = ['verified', 'called_safely', 'went_to_place', 'facility_confirmed', 'lawyer_admitted'];

const isActionCode = (code: string): code is ActionCode => (ACTION_CODES as readonly string[]).includes(code);

export function EuBrief(props: { alert: OpenedAlert; entry: QueueEntry; detail: AlertDetail; roster: RosterView }) {
  const t = useText();
  const { alert, entry, detail, roster } = props;
  const { answers, consents } = alert;
  const recorded = recordedActions(detail.events);
  const time = (iso: string): string => dayAndTime(Date.parse(iso), serverNowMs(), t.lang);
  const done = [...recorded.values()].sort((a, b) => a.n - b.n);
  const line = (code: string): string => (isActionCode(code) ? t(`desk.action.${code}`) : code);
  const actionLine = (event: (typeof done)[number]): string =>
    `${line(String(event.detail?.['code']))} — ${personName(roster, event.actorRid, t)}, ${time(event.at)}`;
  const checks = done.filter((event) => verifying.some((code) => code === event.detail?.['code']));
  const acting = detail.acks.filter(({ decision }) => decision === 'ack');
  const place = [answers.where, answers.region === undefined ? '' : regionName(answers.region, t.lang)].filter(Boolean).join(', ');
  return (
    <section class="brief" aria-labelledby="brief-title">
      <div class="brief-head">
        <h3 id="brief-title">{t('desk.brief.title')}</h3>
        <button type="button" class="button-quiet" onClick={() => print()}>
          {t('desk.brief.print')}
        </button>
      </div>
      <p class="brief-first">{t('desk.brief.consult')}</p>
      <dl class="brief-answers">
        <div>
          <dt>{t('desk.brief.what')}</dt>
          <dd>
            <p>{answers.what === undefined || answers.what === '' ? t('desk.brief.not-stated') : answers.what}</p>
            <p>
              {[place, answers.when].filter((part) => part !== undefined && part !== '').join(' · ')}
              {answers.holder === undefined || answers.holder === '' ? null : <> · {t('desk.brief.held-by', { holder: answers.holder })}</>}
            </p>
          </dd>
        </div>
        <div>
          <dt>{t('desk.brief.source')}</dt>
          <dd>
            {answers.who === undefined ? t('desk.facts.who-unknown') : t(`desk.facts.who-${answers.who}`)}.{' '}
            {t('desk.brief.sealed', { time: time(entry.receivedAt) })}
          </dd>
        </div>
        <div>
          <dt>{t('desk.brief.verified')}</dt>
          <dd>
            {checks.length === 0 ? t('desk.brief.not-verified') : null}
            <ul>
              {checks.map((event) => (
                <li key={event.n}>{actionLine(event)}</li>
              ))}
            </ul>
          </dd>
        </div>
        <div>
          <dt>{t('desk.brief.defender')}</dt>
          <dd>{t('desk.brief.defender-ask')}</dd>
        </div>
        <div>
          <dt>{t('desk.brief.others')}</dt>
          <dd>
            {acting.length === 0 ? t('desk.brief.nobody') : null}
            <ul>
              {acting.map(({ rid, at }) => (
                <li key={rid}>{t('desk.brief.acting', { person: personName(roster, rid, t), time: time(at) })}</li>
              ))}
              {done
                .filter((event) => !checks.includes(event))
                .map((event) => (
                  <li key={event.n}>{actionLine(event)}</li>
                ))}
            </ul>
          </dd>
        </div>
        <div>
          <dt>{t('desk.brief.eu')}</dt>
          <dd>
            {consents.eu ? t('desk.brief.eu-consent') : t('desk.brief.eu-no-consent')}{' '}
            {consents.publication ? t('desk.brief.public-consent') : t('desk.brief.public-no-consent')}{' '}
            {t('desk.brief.feedback')}
          </dd>
        </div>
        <div>
          <dt>{t('desk.brief.reach')}</dt>
          <dd>
            {answers.contact === undefined || answers.contact === '' ? t('desk.brief.reach-reply') : answers.contact}
            {answers.neverCall === true ? ` ${t('desk.facts.never-call')}` : ''}
          </dd>
        </div>
      </dl>
      <p class="secondary">{t('desk.brief.foot')}</p>
    </section>
  );
}

// What was done, with one press each. Every press is a signed statement that the ladder and the figures rest on.
import { useState } from 'preact/hooks';
import type { Consents } from '@jardam/protocol';
import { dayAndTime } from '../../common/dates.js';
import type { RosterView } from '../crypto/messages.js';
import { ACTION_GROUPS, isConsented, type Action } from '../logic/actions.js';
import { recordedActions } from '../logic/recorded-actions.js';
import type { DeskEvent } from '../service/desk-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { personName } from '../ui/names.js';
import { serverNowMs } from '../ui/now.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

export function ActionPanel(props: { events: readonly DeskEvent[]; consents: Consents; roster: RosterView; acts: Acts }) {
  const t = useText();
  const { consents, roster, acts } = props;
  const [asking, setAsking] = useState<Action | null>(null);
  const recorded = recordedActions(props.events);
  const press = (action: Action): void => {
    if (isConsented(action, consents)) void acts.act('action', { code: action.code }, action.code);
    else setAsking(action);
  };
  return (
    <section aria-labelledby="actions-title">
      <h3 id="actions-title">{t('desk.action.title')}</h3>
      <p class="secondary">{t('desk.action.why')}</p>
      <div class="action-groups">
        {ACTION_GROUPS.map(({ key, actions }) => (
          <div key={key} class="action-group" role="group" aria-labelledby={`action-${key}`}>
            <h4 id={`action-${key}`}>{t(`desk.action-group.${key}`)}</h4>
            <ul>
              {actions.map((action) => {
                const done = recorded.get(action.code);
                return (
                  <li key={action.code}>
                    <DeedButton
                      class={done === undefined ? 'action' : 'action action-done'}
                      busy={acts.busy !== null}
                      onPress={() => press(action)}
                    >
                      <span class="action-mark" aria-hidden="true" />
                      <span class="action-name">
                        {acts.busy === action.code ? t('desk.deeds.signing') : t(`desk.action.${action.code}`)}
                      </span>
                      {action.instrument === undefined ? null : (
                        <span class="instrument">{t(`desk.instrument.${action.instrument}`)}</span>
                      )}
                    </DeedButton>
                    {done === undefined ? null : (
                      <p class="action-by">
                        {t('desk.action.recorded', {
                          person: personName(roster, done.actorRid, t),
                          time: dayAndTime(Date.parse(done.at), serverNowMs(), t.lang),
                        })}
                      </p>
                    )}
                  </li>
                );
              })}
            </ul>
          </div>
        ))}
      </div>
      {asking === null ? null : (
        <ConfirmDialog
          title={t(`desk.action.${asking.code}`)}
          confirm={t('desk.action.record-anyway')}
          onConfirm={() => void acts.act('action', { code: asking.code }, asking.code)}
          onClose={() => setAsking(null)}
        >
          <p>{t('desk.action.no-consent', { audience: t(`desk.consent.${asking.consent ?? 'responders'}`) })}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}

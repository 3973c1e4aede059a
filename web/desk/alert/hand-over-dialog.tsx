import { useState } from 'preact/hooks';
import type { OpenedAlert, Person, RosterView } from '../crypto/messages.js';
import { handOverTargets } from '../logic/hand-over-targets.js';
import type { AlertDetail } from '../service/desk-api.js';
import { ConfirmDialog, Dialog } from '../ui/dialog.js';
import { organisationName, personName } from '../ui/names.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

/** Passing an alert on, to a person or to whoever is on duty in an organisation. Only to people who can open it. */
export function HandOverDialog(props: {
  alert: OpenedAlert;
  detail: AlertDetail;
  roster: RosterView;
  me: Person;
  acts: Acts;
  onClose: () => void;
}) {
  const t = useText();
  const { roster, acts } = props;
  const targets = handOverTargets(props.alert, props.detail.view.tiers, roster, props.me.rid);
  const [choice, setChoice] = useState('');
  if (targets.length === 0) {
    return (
      <Dialog title={t('desk.hand-over.title')} onClose={props.onClose}>
        <p>{t('desk.hand-over.nobody')}</p>
      </Dialog>
    );
  }
  const send = (): void => {
    const [kind, id = ''] = choice.split(':');
    void acts.act('hand_over', kind === 'org' ? { toOrg: id } : { toRid: id });
  };
  return (
    <ConfirmDialog
      title={t('desk.hand-over.title')}
      confirm={t('desk.hand-over.confirm')}
      ready={choice !== ''}
      onConfirm={send}
      onClose={props.onClose}
    >
      <p>{t('desk.hand-over.why')}</p>
      <label class="field">
        <span class="field-name">{t('desk.hand-over.to')}</span>
        <select value={choice} onChange={(event) => setChoice(event.currentTarget.value)}>
          <option value="">{t('desk.hand-over.choose')}</option>
          {targets.map(({ org, people }) => (
            <optgroup key={org} label={organisationName(roster, org, t)}>
              <option value={`org:${org}`}>{t('desk.hand-over.anyone', { org: organisationName(roster, org, t) })}</option>
              {people.map((rid) => (
                <option key={rid} value={`rid:${rid}`}>
                  {personName(roster, rid, t)}
                </option>
              ))}
            </optgroup>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  );
}

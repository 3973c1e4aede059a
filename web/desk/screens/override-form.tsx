import { useState } from 'preact/hooks';
import type { RosterView } from '../crypto/messages.js';
import { instantOf, type OverrideChoice } from '../logic/shifts.js';
import type { NewOverride } from '../service/shifts-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { personName } from '../ui/names.js';
import { Notice } from '../ui/problem.js';
import { useText } from '../ui/text.js';

/** A coordinator puts somebody else in, among the people of their own organisation. */
export function OverrideForm(props: {
  choices: readonly OverrideChoice[];
  roster: RosterView;
  nameOf: (tier: number) => string;
  busy: boolean;
  onAdd: (wanted: NewOverride) => Promise<boolean>;
}) {
  const t = useText();
  const [chosen, setChosen] = useState(props.choices[0]?.tier ?? 0);
  const [people, setPeople] = useState<readonly string[]>([]);
  const [insteadOf, setInsteadOf] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [missing, setMissing] = useState(false);
  const choice = props.choices.find(({ tier }) => tier === chosen) ?? props.choices[0];
  if (choice === undefined) return null;
  const own = people.filter((rid) => choice.people.includes(rid));
  const replaced = choice.people.includes(insteadOf) ? insteadOf : choice.whole ? '' : (choice.people[0] ?? '');

  const submit = async (): Promise<void> => {
    const [start, end] = [instantOf(from), instantOf(to)];
    const complete = start !== null && end !== null && start < end && own.length > 0;
    setMissing(!complete);
    if (!complete) return;
    const added = await props.onAdd({ tier: choice.tier, from: start, to: end, people: own, insteadOf: replaced === '' ? null : replaced });
    if (added) setPeople([]);
  };
  return (
    <form
      class="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!props.busy) void submit();
      }}
    >
      <h3>{t('desk.shifts.add-title')}</h3>
      <label class="field">
        <span class="field-name">{t('desk.shifts.tier')}</span>
        <select value={String(choice.tier)} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
          {props.choices.map(({ tier }) => (
            <option key={tier} value={String(tier)}>
              {props.nameOf(tier)}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="choices">
        <legend class="field-name">{t('desk.shifts.people')}</legend>
        {choice.people.map((rid) => (
          <label key={rid} class="check">
            <input
              type="checkbox"
              checked={own.includes(rid)}
              onChange={(event) => setPeople(event.currentTarget.checked ? [...own, rid] : own.filter((each) => each !== rid))}
            />
            <span>{personName(props.roster, rid, t)}</span>
          </label>
        ))}
      </fieldset>
      <label class="field">
        <span class="field-name">{t('desk.shifts.instead')}</span>
        <select value={replaced} onChange={(event) => setInsteadOf(event.currentTarget.value)}>
          {choice.whole ? <option value="">{t('desk.shifts.everybody')}</option> : null}
          {choice.people.map((rid) => (
            <option key={rid} value={rid}>
              {personName(props.roster, rid, t)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span class="field-name">{t('desk.shifts.from')}</span>
        <input type="datetime-local" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span class="field-name">{t('desk.shifts.to')}</span>
        <input type="datetime-local" value={to} onInput={(event) => setTo(event.currentTarget.value)} />
      </label>
      {missing ? <Notice text={t('desk.shifts.incomplete')} /> : null}
      <DeedButton class="button-line" type="submit" busy={props.busy}>
        {t('desk.shifts.add')}
      </DeedButton>
    </form>
  );
}

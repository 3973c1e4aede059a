import { useState } from 'preact/hooks';
import { duration } from '../../common/dates.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

/** Putting an alert off that can wait: it stays its owner's, who is reminded before the time is over. */
export function SnoozeDialog({ choices, acts, onClose }: { choices: readonly number[]; acts: Acts; onClose: () => void }) {
  const t = useText();
  const [minutes, setMinutes] = useState(choices[0] ?? 0);
  return (
    <ConfirmDialog
      title={t('desk.snooze.title')}
      confirm={t('desk.snooze.confirm')}
      ready={minutes > 0}
      onConfirm={() => void acts.act('snooze', { minutes })}
      onClose={onClose}
    >
      <p>{t('desk.snooze.why')}</p>
      <fieldset class="choices">
        <legend class="hidden-text">{t('desk.snooze.for')}</legend>
        {choices.map((each) => (
          <label key={each} class="check">
            <input type="radio" name="snooze" checked={each === minutes} onChange={() => setMinutes(each)} />
            <span>{duration(each * 60_000, t.lang)}</span>
          </label>
        ))}
      </fieldset>
    </ConfirmDialog>
  );
}

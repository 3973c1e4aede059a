import { useState } from 'preact/hooks';
import type { Person, RosterView } from '../crypto/messages.js';
import type { AlertDetail, Outcome, QueueEntry } from '../service/desk-api.js';
import { DeedButton } from '../ui/deed-button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { useText } from '../ui/text.js';
import type { Acts } from './use-acts.js';

const outcomes: readonly Outcome[] = ['resolved', 'false_alarm', 'stood_down'];

/** Closing with an outcome. An S1 takes two people: one could be forced. */
export function Closing(props: { entry: QueueEntry; detail: AlertDetail; roster: RosterView; me: Person; acts: Acts }) {
  const t = useText();
  const { entry, detail, me, acts } = props;
  const [outcome, setOutcome] = useState<Outcome>('resolved');
  const [asking, setAsking] = useState(false);
  const two = entry.severity === 'S1';
  if (detail.closeRequests.some(({ rid }) => rid === me.rid)) return null;
  return (
    <section class="closing" aria-labelledby="closing-title">
      <h3 id="closing-title">{t('desk.close.title')}</h3>
      {two ? <p class="secondary">{t('desk.close.two-people')}</p> : null}
      <fieldset class="choices">
        <legend class="hidden-text">{t('desk.close.outcome')}</legend>
        {outcomes.map((each) => (
          <label key={each} class="check">
            <input type="radio" name="outcome" checked={each === outcome} onChange={() => setOutcome(each)} />
            <span>{t(`desk.close.outcome-${each}`)}</span>
          </label>
        ))}
      </fieldset>
      <DeedButton class="button-line" busy={acts.busy !== null} onPress={() => setAsking(true)}>
        {two ? t('desk.close.ask') : t('desk.close.close')}
      </DeedButton>
      {asking ? (
        <ConfirmDialog
          title={t('desk.close.title')}
          confirm={two ? t('desk.close.ask') : t('desk.close.close')}
          onConfirm={() => void acts.act('close', { outcome })}
          onClose={() => setAsking(false)}
        >
          <p>{t(`desk.close.outcome-${outcome}`)}</p>
          <p>{two ? t('desk.close.two-people') : t('desk.close.final')}</p>
        </ConfirmDialog>
      ) : null}
    </section>
  );
}

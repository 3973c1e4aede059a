// Other alerts that may be about the same incident. Nothing is merged: each keeps its state, its clock and its replies,
// and a note in both tells whoever opens one of them of the other.
import { useState } from 'preact/hooks';
import { isClosed } from '../../common/alert-view.js';
import type { OpenedAlert } from '../crypto/messages.js';
import { mayBeSameIncident } from '../logic/same-incident.js';
import { shortHeadline } from '../queue/queue-row.js';
import type { AlertRecord, DeskStore } from '../service/desk-store.js';
import { DeedButton } from '../ui/deed-button.js';
import { Notice } from '../ui/problem.js';
import { useText } from '../ui/text.js';

/** More than these few are no help at three in the morning. */
const mostShown = 5;

/** Of an alert's id, as everywhere on the desk. */
const tagOf = (alertId: string): string => alertId.slice(0, 8);

export function SameIncident(props: { record: AlertRecord; alert: OpenedAlert; store: DeskStore; onOpen: (alertId: string) => void }) {
  const t = useText();
  const { record, alert, store, onOpen } = props;
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const { alertId, receivedAt } = record.entry;
  const alike = store.snapshot().records.filter((other) => {
    const theirs = openedOf(other);
    return other.entry.alertId !== alertId && theirs !== null && mayBeSameIncident({ ...alert, receivedAt }, { ...theirs, receivedAt: other.entry.receivedAt });
  });
  if (alike.length === 0) return null;

  const note = async (other: AlertRecord): Promise<void> => {
    setBusy(true);
    setFailed(false);
    // Here first: if the second does not get through, the button stays and says so.
    const notes = [
      [alertId, other.entry.alertId],
      [other.entry.alertId, alertId],
    ] as const;
    let done = true;
    for (const [about, tells] of notes) {
      if (!done || isNoted(store.record(about), tells)) continue;
      const outcome = await store.send(about, 'note', t('desk.same.note-text', { tag: tagOf(tells) })).catch(() => null);
      done = outcome !== null && 'done' in outcome;
    }
    setFailed(!done);
    setBusy(false);
  };
  return (
    <section class="same-incident" aria-labelledby="same-title">
      <h3 id="same-title">{t('desk.same.title')}</h3>
      <p class="secondary">{t('desk.same.why')}</p>
      <ul class="same-list">
        {alike.slice(0, mostShown).map((other) => {
          const noted = isNoted(record, other.entry.alertId) && isNoted(other, alertId);
          return (
            <li key={other.entry.alertId}>
              <button type="button" class="button-quiet same-open" onClick={() => onOpen(other.entry.alertId)}>
                {t('desk.alert.number', { tag: tagOf(other.entry.alertId) })} · {shortHeadline(other, t)}
              </button>
              {noted ? <p class="secondary">{t('desk.same.noted')}</p> : null}
              {noted || isClosed(record.entry.state) || isClosed(other.entry.state) ? null : (
                <DeedButton class="button-line" busy={busy} onPress={() => void note(other)}>
                  {t('desk.same.note')}
                </DeedButton>
              )}
            </li>
          );
        })}
      </ul>
      {failed ? <Notice text={t('desk.same.failed')} /> : null}
    </section>
  );
}

function openedOf({ content }: AlertRecord): OpenedAlert | null {
  return content !== null && 'alert' in content ? content.alert : null;
}

/** Whether somebody of the team has noted it already, in whatever language. */
function isNoted(record: AlertRecord | null, otherId: string): boolean {
  const messages = record === null ? [] : (openedOf(record)?.messages ?? []);
  return messages.some((message) => message.kind === 'note' && message.text.includes(tagOf(otherId)));
}

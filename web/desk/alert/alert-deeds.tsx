// The deeds at the head of an alert: take it, say that one cannot, pass it on, ask the next tier now.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isClosed } from '../../common/alert-view.js';
import type { OpenedAlert, Person, RosterView } from '../crypto/messages.js';
import { snoozeChoices } from '../logic/snooze.js';
import type { AlertDetail } from '../service/desk-api.js';
import type { AlertRecord } from '../service/desk-store.js';
import { DeedButton } from '../ui/deed-button.js';
import { ConfirmDialog } from '../ui/dialog.js';
import { useKeptFocus } from '../ui/kept-focus.js';
import { useText } from '../ui/text.js';
import { HandOverDialog } from './hand-over-dialog.js';
import { SnoozeDialog } from './snooze-dialog.js';
import type { Acts } from './use-acts.js';

const declineReasons = ['off_duty', 'conflict', 'cannot_act'] as const;

export function AlertDeeds(props: {
  record: AlertRecord;
  detail: AlertDetail;
  opened: OpenedAlert | null;
  roster: RosterView;
  me: Person;
  acts: Acts;
  nextName: string;
  acknowledgeRef: { current: (() => void) | null };
}) {
  const t = useText();
  const { record, detail, opened, me, acts, acknowledgeRef } = props;
  const { entry } = record;
  const [dialog, setDialog] = useState<'decline' | 'escalate' | 'hand-over' | 'snooze' | null>(null);
  const mine = entry.owner?.rid === me.rid;
  const taken = mine || detail.acks.some((each) => each.rid === me.rid && each.gen === detail.view.gen && each.decision === 'ack');
  const canTake = opened !== null && !isClosed(entry.state) && !taken;
  const take = (): void => {
    if (canTake) void acts.act('ack');
  };
  // Before the next key can come: after the paint it would meet the alert as it was.
  useLayoutEffect(() => {
    acknowledgeRef.current = take;
    return () => {
      acknowledgeRef.current = null;
    };
  });
  const group = useRef<HTMLDivElement>(null);
  useKeptFocus(group, () => group.current?.querySelector('button') ?? null);
  if (isClosed(entry.state)) return null;
  const busy = acts.busy !== null;
  const snoozes = mine ? snoozeChoices(detail.policy.text, entry.severity, detail.events, me.rid) : [];
  return (
    <div class="alert-deeds" ref={group} role="group" aria-label={t('desk.deeds.label')}>
      {canTake ? (
        <DeedButton class="button" busy={busy} onPress={take}>
          {acts.busy === 'ack' ? t('desk.deeds.signing') : t('desk.deeds.take')} <kbd aria-hidden="true">a</kbd>
        </DeedButton>
      ) : null}
      {taken ? (
        <DeedButton class="button" busy={busy} onPress={() => void acts.act('renew')}>
          {acts.busy === 'renew' ? t('desk.deeds.signing') : t('desk.deeds.renew')}
        </DeedButton>
      ) : null}
      {taken ? (
        <DeedButton class="button-line" busy={busy} onPress={() => setDialog('hand-over')}>
          {t('desk.deeds.hand-over')}
        </DeedButton>
      ) : (
        <DeedButton class="button-line" busy={busy} onPress={() => setDialog('decline')}>
          {t('desk.deeds.decline')}
        </DeedButton>
      )}
      {snoozes.length > 0 ? (
        <DeedButton class="button-line" busy={busy} onPress={() => setDialog('snooze')}>
          {acts.busy === 'snooze' ? t('desk.deeds.signing') : t('desk.snooze.title')}
        </DeedButton>
      ) : null}
      <DeedButton class="button-line" busy={busy} onPress={() => setDialog('escalate')}>
        {t('desk.deeds.escalate')}
      </DeedButton>

      {dialog === 'escalate' ? (
        <ConfirmDialog
          title={t('desk.deeds.escalate')}
          confirm={t('desk.deeds.escalate-now')}
          onConfirm={() => void acts.act('escalate')}
          onClose={() => setDialog(null)}
        >
          <p>
            {props.nextName === ''
              ? t('desk.deeds.escalate-again')
              : t('desk.deeds.escalate-why', { tier: props.nextName })}
          </p>
        </ConfirmDialog>
      ) : null}
      {dialog === 'decline' ? <DeclineDialog acts={acts} onClose={() => setDialog(null)} /> : null}
      {dialog === 'snooze' ? <SnoozeDialog choices={snoozes} acts={acts} onClose={() => setDialog(null)} /> : null}
      {dialog === 'hand-over' && opened !== null ? (
        <HandOverDialog {...props} alert={opened} onClose={() => setDialog(null)} />
      ) : null}
    </div>
  );
}

function DeclineDialog({ acts, onClose }: { acts: Acts; onClose: () => void }) {
  const t = useText();
  const [reason, setReason] = useState<(typeof declineReasons)[number]>('off_duty');
  return (
    <ConfirmDialog
      title={t('desk.decline.title')}
      confirm={t('desk.decline.confirm')}
      onConfirm={() => void acts.act('decline', { reason })}
      onClose={onClose}
    >
      <p>{t('desk.decline.why')}</p>
      <fieldset class="choices">
        <legend class="hidden-text">{t('desk.decline.reason')}</legend>
        {declineReasons.map((each) => (
          <label key={each} class="check">
            <input type="radio" name="reason" checked={each === reason} onChange={() => setReason(each)} />
            <span>{t(`desk.decline.reason-${each}`)}</span>
          </label>
        ))}
      </fieldset>
    </ConfirmDialog>
  );
}

import { useState } from 'preact/hooks';
import { useBack, usePage } from '../defender/context.js';
import { useLive } from '../defender/live.js';
import { Button, Choices, Notice, Screen, TextField } from '../defender/ui.js';
import { dayAndTime, duration } from '../common/dates.js';
import { TakeBack, Unknown } from './faults.js';
import { formFault, PacketForm, showFirstFault, useForm } from './packet-form.js';
import { SealedScreen, SealingFault, useSealing } from './sealing.js';
import { endCheckIn, planCheckIn, prepared, type PlannedCheckIn, type Repeat } from './service.js';

/** Minutes between the question and the silent prompt. */
const graces = [10, 20, 30, 60] as const;
/** The server wants a minute; a person who types needs one more. */
const leastAheadMs = 2 * 60_000;
const mostAheadMs = 29 * 24 * 3_600_000;

/** "If I do not answer by then, send this." */
export function CheckInsScreen(props: { onDone: () => void }) {
  const { t } = usePage();
  const [planning, setPlanning] = useState(false);
  useBack(planning ? () => setPlanning(false) : props.onDone);
  const account = useLive(prepared);
  const planned = account.at === 'ready' ? account.prepared.checkIns : [];
  if (planning) return <PlanScreen onDone={() => setPlanning(false)} />;
  return (
    <Screen title={t('miniApp.check-in.title')}>
      <p>{t('miniApp.check-in.what')}</p>
      <p>{t('miniApp.check-in.outage')}</p>
      <Unknown state={account} />
      {planned.map((each) => (
        <Planned key={each.locator} planned={each} />
      ))}
      <Button tone="main" onPress={() => setPlanning(true)}>{t('miniApp.check-in.new')}</Button>
    </Screen>
  );
}

function Planned({ planned }: { planned: PlannedCheckIn }) {
  const { t } = usePage();
  const at = dayAndTime(Date.parse(planned.deadlineAt), Date.now(), t.lang);
  return (
    <Notice tone={planned.olderRoster || planned.expired ? 'warn' : 'calm'}>
      <p class="strong">{t(planned.repeat === 'daily' ? 'miniApp.check-in.daily-at' : 'miniApp.check-in.at', { time: at })}</p>
      <p>{t('miniApp.check-in.grace-of', { time: duration(planned.graceMinutes * 60_000, t.lang) })}</p>
      {planned.olderRoster || planned.expired ? <p>{t('miniApp.check-in.old')}</p> : null}
      <TakeBack text={t('miniApp.check-in.end')} request={() => endCheckIn(planned.locator)} />
    </Notice>
  );
}

function PlanScreen(props: { onDone: () => void }) {
  const { t } = usePage();
  const { form, set } = useForm();
  const [dueAt, setDueAt] = useState('');
  const [grace, setGrace] = useState<(typeof graces)[number]>(20);
  const [repeat, setRepeat] = useState<Repeat>('none');
  const [tried, setTried] = useState(false);
  const { state, run } = useSealing();
  const due = Date.parse(dueAt);
  const ahead = due - Date.now();
  const wrongTime = !(ahead >= leastAheadMs && ahead <= mostAheadMs);

  if (state.at === 'done') {
    return (
      <SealedScreen
        title={t('miniApp.check-in.done-title')}
        text={t('miniApp.check-in.done', { time: dayAndTime(due, Date.now(), t.lang) })}
        words={state.words}
        onDone={props.onDone}
      />
    );
  }
  const busy = state.at === 'sealing';
  const submit = (): void => {
    setTried(true);
    if (busy) return;
    if (wrongTime || formFault(form) !== null) return showFirstFault();
    void run({ t: 'check-in', lang: t.lang, ...form }, (sealed) => planCheckIn(sealed, { dueAt: new Date(due), graceMinutes: grace, repeat }));
  };
  return (
    <Screen title={t('miniApp.check-in.new')}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label={t('miniApp.check-in.when')}
          type="datetime-local"
          value={dueAt}
          onInput={setDueAt}
          error={tried && wrongTime ? t('miniApp.check-in.when-wrong') : undefined}
        />
        <Choices
          legend={t('miniApp.check-in.repeat')}
          value={repeat}
          onChoose={setRepeat}
          options={[
            { value: 'none', text: t('miniApp.check-in.once') },
            { value: 'daily', text: t('miniApp.check-in.daily') },
          ]}
        />
        <Choices
          legend={t('miniApp.check-in.grace')}
          value={String(grace)}
          onChoose={(value) => setGrace(graces.find((each) => String(each) === value) ?? 20)}
          options={graces.map((each) => ({ value: String(each), text: duration(each * 60_000, t.lang) }))}
        />
        <PacketForm form={form} set={set} faultShown={tried} />
        <SealingFault state={state} />
        {busy ? <Notice tone="calm" live>{t('miniApp.form.sealing')}</Notice> : null}
        <button type="submit" class="button button-main" aria-disabled={busy}>
          {t('miniApp.check-in.do')}
        </button>
      </form>
    </Screen>
  );
}

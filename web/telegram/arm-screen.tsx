import { useState } from 'preact/hooks';
import { useBack, usePage } from '../defender/context.js';
import { useLive } from '../defender/live.js';
import { COUNTDOWNS, type Countdown } from '../defender/settings.js';
import { Choices, Notice, Screen } from '../defender/ui.js';
import { dayAndTime } from '../common/dates.js';
import { TakeBack, Unknown } from './faults.js';
import { formFault, PacketForm, showFirstFault, useForm } from './packet-form.js';
import { SealedScreen, SealingFault, useSealing } from './sealing.js';
import { armButton, disarmButton, prepared, type ArmedButton } from './service.js';

const countdowns = COUNTDOWNS.filter((each) => each !== 0);

/** Prepares the button: what it does, who gets a key, how long it can be taken back. */
export function ArmScreen(props: { onDone: () => void }) {
  const { t } = usePage();
  useBack(props.onDone);
  const { form, set } = useForm();
  const [countdown, setCountdown] = useState<Countdown>(10);
  const [tried, setTried] = useState(false);
  const { state, run } = useSealing();
  const account = useLive(prepared);
  const tap = account.at === 'ready' ? account.prepared.tap : null;

  if (state.at === 'done') {
    return <SealedScreen title={t('miniApp.arm.done-title')} text={t('miniApp.arm.done')} words={state.words} onDone={props.onDone} />;
  }
  const busy = state.at === 'sealing';
  const submit = (): void => {
    setTried(true);
    if (busy) return;
    if (formFault(form) !== null) return showFirstFault();
    void run({ t: 'panic', lang: t.lang, ...form }, (sealed) => armButton(sealed, countdown === 'wait' ? null : countdown));
  };
  return (
    <Screen title={t('miniApp.arm.title')}>
      <Unknown state={account} />
      {tap === null ? null : <Present tap={tap} />}
      <p>{t('miniApp.arm.what')}</p>
      <p>{t('miniApp.arm.telegram-sees')}</p>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <PacketForm form={form} set={set} faultShown={tried} />
        <Choices
          legend={t('miniApp.arm.countdown')}
          value={String(countdown)}
          options={countdowns.map((each) => ({
            value: String(each),
            text: each === 'wait' ? t('more.settings.countdown-wait') : t('more.settings.seconds', { n: each }),
          }))}
          onChoose={(value) => setCountdown(countdowns.find((each) => String(each) === value) ?? 10)}
        />
        <SealingFault state={state} />
        {busy ? <Notice tone="calm" live>{t('miniApp.form.sealing')}</Notice> : null}
        <button type="submit" class="button button-main" aria-disabled={busy}>
          {t(tap === null ? 'miniApp.arm.do' : 'miniApp.arm.do-again')}
        </button>
      </form>
    </Screen>
  );
}

/** What is prepared already, how fresh it is, and the way to throw it away. */
function Present({ tap }: { tap: ArmedButton }) {
  const { t } = usePage();
  const since = dayAndTime(Date.parse(tap.armedAt), Date.now(), t.lang);
  const until = dayAndTime(Date.parse(tap.expiresAt), Date.now(), t.lang);
  const old = tap.expired || tap.olderRoster;
  return (
    <Notice tone={old || tap.state !== 'armed' ? 'warn' : 'good'}>
      <p>{t('miniApp.arm.since', { since, until })}</p>
      {tap.state === 'armed' ? null : <p class="strong">{t('miniApp.arm.running')}</p>}
      {old ? <p>{t('miniApp.arm.old')}</p> : null}
      <TakeBack text={t('miniApp.arm.remove')} request={disarmButton} />
    </Notice>
  );
}

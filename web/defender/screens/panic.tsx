import { useEffect, useRef, useState } from 'preact/hooks';
import { duration } from '../../common/dates.js';
import { localText } from '../../common/i18n.js';
import { usePage } from '../context.js';
import { readersOf } from '../compose.js';
import { sendPanic } from '../current-alert.js';
import { directory } from '../directory.js';
import { useLive, useNow } from '../live.js';
import { changeSettings, settings } from '../settings.js';
import { Button, Check, Screen } from '../ui.js';

const tickMs = 200;
/** Seconds at which a screen reader is told; every second would drown everything else (WCAG technique ARIA19). */
const announcedSeconds: readonly number[] = [10, 5, 0];

export function PanicScreen(props: { onCancel: () => void }) {
  const { t, go } = usePage();
  const { countdown } = useLive(settings);
  const now = useNow(tickMs);
  const [endsAt, setEndsAt] = useState(() => (countdown === 'wait' ? null : Date.now() + countdown * 1000));
  const sent = useRef(false);
  const left = endsAt === null ? null : Math.max(0, Math.ceil((endsAt - now) / 1000));

  const send = (): void => {
    if (sent.current) return;
    sent.current = true;
    sendPanic(t.lang);
    go('alert');
  };
  useEffect(() => {
    if (left === 0) send();
  }, [left]);

  const announced = left === null ? null : announcedSeconds.find((seconds) => left <= seconds && left > seconds - 1);
  return (
    <Screen
      class="panic-screen"
      title={
        left === null || endsAt === null ? (
          t('defender.panic.title-wait')
        ) : (
          <>
            {/* The running number is for the eye; the ear gets 10, 5 and 0 from the status line below. */}
            <span aria-hidden="true" class="figures">{t('defender.panic.title', { n: left })}</span>
            <span class="hidden-text">{t('defender.panic.title', { n: countdown === 'wait' ? 0 : countdown })}</span>
          </>
        )
      }
    >
      <p class="hidden-text" role="status" aria-live="assertive">
        {announced === null || announced === undefined ? '' : t('defender.panic.title', { n: announced })}
      </p>
      <div class="panic-actions">
        <button type="button" class="button button-plain panic-cancel" onClick={props.onCancel}>
          {t('defender.cancel')}
        </button>
        <button type="button" class="button button-panic" onClick={send}>
          {t('defender.panic.now')}
        </button>
        {left === null ? null : (
          <Button tone="quiet" onPress={() => setEndsAt(null)}>
            {t('defender.panic.wait')}
          </Button>
        )}
      </div>
      <PanicReaders onChange={() => setEndsAt(null)} />
    </Screen>
  );
}

/** Who gets it, and whom sending it allows besides. Touching a choice stops the clock: nobody decides under a countdown. */
function PanicReaders(props: { onChange: () => void }) {
  const { t } = usePage();
  const state = useLive(directory);
  const allowed = useLive(settings);
  if (state.at !== 'ready') return null;
  const { policy, roster } = state.directory;
  const body = roster.current.body;
  const first = policy.tiers.filter((tier) => tier.consent === null && tier.afterMs.S1 === 0);
  const orgIds = new Set(first.flatMap(({ tier }) => readersOf(body, tier, Date.now()).map(({ org }) => org)));
  const orgs = body.organisations.filter(({ id }) => orgIds.has(id)).map(({ name }) => localText(name, t.lang));
  const further = policy.tiers.flatMap((tier) => {
    const { consent, afterMs, name } = tier;
    return (consent === 'abroad' || consent === 'eu') && typeof afterMs.S1 === 'number' ? [{ consent, after: afterMs.S1, name }] : [];
  });
  return (
    <div class="panic-readers">
      {orgs.length === 0 ? null : <p>{t('defender.panic.goes', { orgs: orgs.join(', ') })}</p>}
      {further.length === 0 ? null : (
        <fieldset class="choices">
          <legend class="label">{t('defender.panic.also')}</legend>
          {further.map(({ consent, after, name }) => (
            <Check
              key={consent}
              checked={allowed[consent]}
              hint={t('defender.who.after', { time: duration(after, t.lang) })}
              onChange={(checked) => {
                props.onChange();
                changeSettings({ [consent]: checked });
              }}
            >
              {localText(name, t.lang)}
            </Check>
          ))}
        </fieldset>
      )}
    </div>
  );
}

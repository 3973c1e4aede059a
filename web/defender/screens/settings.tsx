import { LANGUAGE_NAMES, LANGUAGES, type Language } from '../../common/i18n.js';
import { useBack, usePage } from '../context.js';
import { useLive } from '../live.js';
import { changeSettings, COUNTDOWNS, settings, type Countdown } from '../settings.js';
import { Check, Choices, Screen } from '../ui.js';

export function SettingsScreen(props: { onLanguage: (lang: Language) => void }) {
  const { t, go } = usePage();
  useBack(() => go('home'));
  const now = useLive(settings);
  const countdownText = (countdown: Countdown): string =>
    countdown === 'wait'
      ? t('more.settings.countdown-wait')
      : countdown === 0
        ? t('more.settings.at-once')
        : t('more.settings.seconds', { n: countdown });
  return (
    <Screen title={t('defender.home.settings')}>
      <Choices
        legend={t('more.settings.countdown')}
        value={String(now.countdown)}
        options={COUNTDOWNS.map((countdown) => ({ value: String(countdown), text: countdownText(countdown) }))}
        onChoose={(value) => {
          const countdown = COUNTDOWNS.find((each) => String(each) === value);
          if (countdown !== undefined) changeSettings({ countdown });
        }}
      />
      <Check checked={now.holdToSend} hint={t('more.settings.hold-hint')} onChange={(holdToSend) => changeSettings({ holdToSend })}>
        {t('more.settings.hold')}
      </Check>
      <Check checked={now.location} hint={t('more.settings.location-hint')} onChange={(location) => changeSettings({ location })}>
        {t('more.settings.location')}
      </Check>
      <Choices
        legend={t('more.settings.language')}
        value={t.lang}
        options={LANGUAGES.map((lang) => ({ value: lang, text: <span lang={lang}>{LANGUAGE_NAMES[lang]}</span> }))}
        onChoose={props.onLanguage}
      />
      <p class="quiet">{t('more.settings.exit')}</p>
      <p class="quiet">{t('more.settings.traces')}</p>
    </Screen>
  );
}

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { backAction, Page, type Place } from '../defender/context.js';
import { directory } from '../defender/directory.js';
import { Bar, Stopped } from '../defender/frame.js';
import { laterScreen, prefetchScreens } from '../defender/later.js';
import { useLive } from '../defender/live.js';
import { AlertScreen } from '../defender/screens/alert.js';
import { HomeScreen, Way } from '../defender/screens/home.js';
import { LanguageScreen } from '../defender/screens/language.js';
import { PanicScreen } from '../defender/screens/panic.js';
import { changeSettings, settings } from '../defender/settings.js';
import { Notice } from '../defender/ui.js';
import { translator, type Language, type Translate } from '../shared/i18n.js';
import { launch, onBackButton, showBackButton } from './bridge.js';
import { loadWords } from './catalogues.js';
import { Unknown } from './faults.js';
import { prepared, type ArmedButton } from './service.js';

const ReportScreen = laterScreen(() => import('../defender/screens/report.js').then((module) => module.ReportScreen));
const WordsScreen = laterScreen(() => import('../defender/screens/words.js').then((module) => module.WordsScreen));
const WhoScreen = laterScreen(() => import('../defender/screens/who.js').then((module) => module.WhoScreen));
const SettingsScreen = laterScreen(() => import('../defender/screens/settings.js').then((module) => module.SettingsScreen));
const ArmScreen = laterScreen(() => import('./arm-screen.js').then((module) => module.ArmScreen));
const CheckInsScreen = laterScreen(() => import('./check-ins-screen.js').then((module) => module.CheckInsScreen));

/** The places of the defender's page, and the two that only make sense beside a chat. */
type MiniPlace = Place | 'arm' | 'check-ins';

export function App() {
  const { lang } = useLive(settings);
  const [t, setT] = useState<Translate | null>(null);
  const [place, setPlace] = useState<MiniPlace>('home');
  const [cancelled, setCancelled] = useState(false);

  useEffect(() => {
    if (lang === null) return undefined;
    let current = true;
    void loadWords(lang).then((catalogue) => {
      if (!current) return;
      const translate = translator(lang, catalogue);
      document.documentElement.lang = lang;
      document.title = translate('defender.title');
      setT(() => translate);
    });
    return () => {
      current = false;
    };
  }, [lang]);

  // Telegram's own way back does what ours does.
  useEffect(() => {
    onBackButton(() => backAction.get()?.());
    return backAction.subscribe(() => showBackButton(backAction.get() !== null));
  }, []);

  const ready = useLive(directory).at === 'ready';
  useEffect(() => {
    if (ready) prefetchScreens();
  }, [ready]);

  const chooseLanguage = (chosen: Language): void => {
    changeSettings({ lang: chosen });
    if (place === 'language') setPlace('home');
  };
  const go = (next: MiniPlace): void => {
    setCancelled(false);
    setPlace(next);
  };
  if (t === null || t.lang !== lang) return <Bar t={t} />;

  const screens: Readonly<Record<MiniPlace, () => ComponentChildren>> = {
    language: () => <LanguageScreen onChoose={chooseLanguage} />,
    home: () => <HomeScreen cancelled={cancelled} more={<PreparedWays t={t} go={go} />} />,
    panic: () => (
      <PanicScreen
        onCancel={() => {
          go('home');
          setCancelled(true);
        }}
      />
    ),
    report: () => <ReportScreen />,
    alert: () => <AlertScreen />,
    words: () => <WordsScreen />,
    who: () => <WhoScreen />,
    settings: () => <SettingsScreen onLanguage={chooseLanguage} />,
    arm: () => <ArmScreen onDone={() => go('home')} />,
    'check-ins': () => <CheckInsScreen onDone={() => go('home')} />,
  };
  return (
    <Page.Provider value={{ t, go }}>
      <Bar t={t} />
      <Stopped t={t}>{screens[place]()}</Stopped>
    </Page.Provider>
  );
}

/** The two ways that need a Telegram account and its own app; elsewhere the reason stands in their place. */
function PreparedWays(props: { t: Translate; go: (place: MiniPlace) => void }) {
  const { t, go } = props;
  const state = useLive(prepared);
  if (launch.initData === null) return <Notice tone="warn">{t('miniApp.not-in-telegram')}</Notice>;
  if (launch.inBrowser) return <Notice tone="warn">{t('miniApp.in-browser')}</Notice>;
  // Not a guess: "not prepared" to somebody whose button lies in the chat would be wrong, and forms that end in a
  // refusal would waste the time of somebody whose account is not known here.
  if (state.at !== 'ready') return <Unknown state={state} />;
  const { tap, checkIns } = state.prepared;
  const count = checkIns.length;
  return (
    <>
      <Way
        onPress={() => go('arm')}
        text={t('miniApp.arm.title')}
        hint={t(armHint(tap))}
      />
      <Way
        onPress={() => go('check-ins')}
        text={t('miniApp.check-in.title')}
        hint={count === 0 ? t('miniApp.check-in.hint') : t('miniApp.check-in.count', { n: count })}
      />
    </>
  );
}

function armHint(tap: ArmedButton | null): 'miniApp.arm.none' | 'miniApp.arm.running' | 'miniApp.arm.again' | 'miniApp.arm.ready' {
  if (tap === null) return 'miniApp.arm.none';
  if (tap.state !== 'armed') return 'miniApp.arm.running';
  return tap.expired || tap.olderRoster ? 'miniApp.arm.again' : 'miniApp.arm.ready';
}

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { translator, type Language, type Translate } from '../shared/i18n.js';
import { loadCatalogue } from './catalogues.js';
import { Page, type Place } from './context.js';
import { directory } from './directory.js';
import { Bar, Stopped } from './frame.js';
import { laterScreen, prefetchScreens } from './later.js';
import { useLive } from './live.js';
import { AlertScreen } from './screens/alert.js';
import { HomeScreen } from './screens/home.js';
import { LanguageScreen } from './screens/language.js';
import { PanicScreen } from './screens/panic.js';
import { changeSettings, settings } from './settings.js';

const ReportScreen = laterScreen(() => import('./screens/report.js').then((module) => module.ReportScreen));
const WordsScreen = laterScreen(() => import('./screens/words.js').then((module) => module.WordsScreen));
const WhoScreen = laterScreen(() => import('./screens/who.js').then((module) => module.WhoScreen));
const SettingsScreen = laterScreen(() => import('./screens/settings.js').then((module) => module.SettingsScreen));

export function App() {
  const { lang } = useLive(settings);
  const [t, setT] = useState<Translate | null>(null);
  const [place, setPlace] = useState<Place>(lang === null ? 'language' : 'home');
  const [cancelled, setCancelled] = useState(false);

  useEffect(() => {
    if (lang === null) return undefined;
    let current = true;
    // Whoever changes the language stands on a screen that needs all words.
    void loadCatalogue(lang, t !== null).then((catalogue) => {
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

  // Once a panic could be sent, the rest is fetched too: a line that breaks later must not lock anybody out of it.
  const ready = useLive(directory).at === 'ready';
  useEffect(() => {
    if (ready) prefetchScreens();
  }, [ready]);

  const chooseLanguage = (chosen: Language): void => {
    changeSettings({ lang: chosen });
    if (place === 'language') setPlace('home');
  };
  const go = (next: Place): void => {
    setCancelled(false);
    setPlace(next);
  };

  if (place === 'language') {
    return (
      <>
        <Bar t={null} />
        <LanguageScreen onChoose={chooseLanguage} />
      </>
    );
  }
  if (t === null || t.lang !== lang) return <Bar t={t} />;
  const screens: Readonly<Record<Exclude<Place, 'language'>, () => ComponentChildren>> = {
    home: () => <HomeScreen cancelled={cancelled} />,
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
  };
  return (
    <Page.Provider value={{ t, go }}>
      <Bar t={t} />
      <Stopped t={t}>{screens[place]()}</Stopped>
    </Page.Provider>
  );
}

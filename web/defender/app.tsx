import { Component, type ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { translator, type Language, type Translate } from '../shared/i18n.js';
import { loadCatalogue } from './catalogues.js';
import { backAction, Page, type Place } from './context.js';
import { directory } from './directory.js';
import { laterScreen, prefetchScreens } from './later.js';
import { useLive } from './live.js';
import { quickExit } from './quick-exit.js';
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

/** The bar on top of every page: the way back, and the way out. */
function Bar(props: { t: Translate | null }) {
  const { t } = props;
  const back = useLive(backAction);
  return (
    <header class="bar">
      {back !== null && t !== null ? (
        <button type="button" class="button button-quiet" onClick={back}>
          <span aria-hidden="true">←</span> {t('defender.back')}
        </button>
      ) : (
        <span />
      )}
      {/* Before a language is known the cross has to speak for itself. */}
      <button type="button" class="button exit" onClick={quickExit} aria-label={t === null ? 'Quick exit' : undefined}>
        {t?.('defender.quick-exit')} <span aria-hidden="true">✕</span>
      </button>
    </header>
  );
}

/** Says in words that the page has failed: a blank screen would look like a sent alert. */
class Stopped extends Component<{ t: Translate; children: ComponentChildren }, { failed: boolean }> {
  override state = { failed: false };

  override componentDidCatch(): void {
    this.setState({ failed: true });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main class="screen">
        <p class="notice notice-warn" role="alert">
          {this.props.t('defender.failed')}
        </p>
      </main>
    );
  }
}

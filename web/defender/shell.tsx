// What the page and the Mini App have in common: words, the way from place to place, and the defender's screens.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { translator, type Catalogue, type Language, type Translate } from '../common/i18n.js';
import type { Place } from './context.js';
import { directory } from './directory.js';
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

export type Screens<Where extends string> = Readonly<Record<Where, () => ComponentChildren>>;

export interface Shell<Where extends string> {
  /** Chosen; null: not yet. */
  readonly lang: Language | null;
  /** Words, of an earlier language while those of the chosen one are on their way. */
  readonly t: Translate | null;
  readonly place: Where | Place;
  readonly go: (next: Where | Place) => void;
  /** @param more further ways on the first screen */
  readonly screens: (more?: ComponentChildren) => Screens<Place>;
}

/**
 * @param start where a person is first
 * @param load words of a language; `whole`: also those of the screens that are fetched later, at once
 */
export function useShell<Where extends string = Place>(start: Where | Place, load: (lang: Language, whole: boolean) => Promise<Catalogue>): Shell<Where> {
  const { lang } = useLive(settings);
  const [t, setT] = useState<Translate | null>(null);
  const [place, setPlace] = useState(start);
  const [cancelled, setCancelled] = useState(false);

  useEffect(() => {
    if (lang === null) return undefined;
    let current = true;
    // Whoever changes the language stands on a screen that needs all words.
    void load(lang, t !== null).then((catalogue) => {
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
  const leaveFor = (next: Where | Place, afterCancel: boolean): void => {
    setCancelled(afterCancel);
    setPlace(next);
  };
  return {
    lang,
    t,
    place,
    go: (next) => leaveFor(next, false),
    screens: (more) => ({
      language: () => <LanguageScreen onChoose={chooseLanguage} />,
      home: () => <HomeScreen cancelled={cancelled} more={more} />,
      panic: () => <PanicScreen onCancel={() => leaveFor('home', true)} />,
      report: () => <ReportScreen />,
      alert: () => <AlertScreen />,
      words: () => <WordsScreen />,
      who: () => <WhoScreen />,
      settings: () => <SettingsScreen onLanguage={chooseLanguage} />,
    }),
  };
}

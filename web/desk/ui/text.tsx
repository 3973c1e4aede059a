// The reader's language for every component below.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { translator, type Catalogue, type Language, type MessageKey, type Translate, type Values } from '../../common/i18n.js';

const TextContext = createContext<Translate | null>(null);
export const TextProvider = TextContext.Provider;

/** The translator of the page; a component outside the provider is a programmer's error. */
export function useText(): Translate {
  const t = useContext(TextContext);
  if (t === null) throw new Error('no TextProvider above this component');
  return t;
}

/** Sentences of the shared ladder that speak to the defender ("you asked to stop") and read differently here. */
const deskWording: Readonly<Partial<Record<MessageKey, MessageKey>>> = {
  'shared.ladder.stand-down-asked': 'desk.ladder.stand-down-asked',
  'shared.ladder.not-consented': 'desk.ladder.not-consented',
};

/** The desk's translator over a catalogue of the areas desk and shared. */
export function deskTranslator(lang: Language, catalogue: Catalogue): Translate {
  const t = translator(lang, catalogue);
  const worded = (key: MessageKey, values?: Values): string => t(deskWording[key] ?? key, values);
  return Object.assign(worded, { lang });
}

/** Catalogues by language; each is fetched when it is chosen. */
export const catalogues: Readonly<Record<Language, () => Promise<{ default: Catalogue }>>> = {
  ky: () => import('catalogue:desk+shared/ky'),
  ru: () => import('catalogue:desk+shared/ru'),
  uz: () => import('catalogue:desk+shared/uz'),
  tg: () => import('catalogue:desk+shared/tg'),
  en: () => import('catalogue:desk+shared/en'),
};

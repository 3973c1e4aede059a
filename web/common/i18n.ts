// Words of the pages. A page fetches the catalogue of one language, and of that only its own areas; keys are typed
// from the English source, so a misspelt or missing key does not compile, and locales/locales.spec.ts fails when another
// language lacks one.
import type english from '../../locales/en.json';

/** The interface languages, in the order in which they are offered. */
export const LANGUAGES = ['ky', 'ru', 'uz', 'tg', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each language in itself: somebody who cannot read the others must find theirs. */
export const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  ky: 'Кыргызча',
  ru: 'Русский',
  uz: 'Oʻzbekcha',
  tg: 'Тоҷикӣ',
  en: 'English',
};

export type MessageKey = keyof typeof english;
export type Catalogue = Readonly<Partial<Record<MessageKey, string>>>;
export type Values = Readonly<Record<string, string | number>>;

export interface Translate {
  (key: MessageKey, values?: Values): string;
  readonly lang: Language;
}

/** A translator over one catalogue. Placeholders are written {name}. A key outside the areas that were loaded is a
 *  programmer's error and throws; a value that was not passed stays visible as {name}. */
export function translator(lang: Language, catalogue: Catalogue): Translate {
  const translate = (key: MessageKey, values: Values = {}): string => {
    const text = catalogue[key];
    if (text === undefined) throw new Error(`no text for ${key} in ${lang}`);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
  };
  return Object.assign(translate, { lang });
}

/** The first of the browser's languages that we have, else English. */
export function preferredLanguage(browserLanguages: readonly string[]): Language {
  for (const tag of browserLanguages) {
    const base = tag.toLowerCase().split('-')[0];
    const found = LANGUAGES.find((lang) => lang === base);
    if (found) return found;
  }
  return 'en';
}

/** Texts that come from the coalition (names of organisations and tiers) are given in several languages; English and
 *  then Russian stand in for a missing one, because responders write at least one of them. */
export function localText(texts: Readonly<Partial<Record<string, string>>>, lang: Language): string {
  return texts[lang] ?? texts['en'] ?? texts['ru'] ?? Object.values(texts).find((text) => text !== undefined) ?? '';
}

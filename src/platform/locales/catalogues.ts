import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const CATALOGUE_LANGUAGES = ['ky', 'ru', 'uz', 'tg', 'en'] as const;
export type CatalogueLanguage = (typeof CATALOGUE_LANGUAGES)[number];

/** Sentences of one language by their key. */
export type Catalogue = Readonly<Record<string, string>>;

/** The catalogues that pages, mails and bot share. @throws when one is missing or broken */
export function readCatalogues(folder: string = findLocales()): ReadonlyMap<CatalogueLanguage, Catalogue> {
  return new Map(CATALOGUE_LANGUAGES.map((lang) => [lang, JSON.parse(readFileSync(join(folder, `${lang}.json`), 'utf8')) as Catalogue]));
}

/** The folder of catalogues at the root of the package: sources and the built program lie at different depths below it. */
function findLocales(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'locales');
    if (existsSync(join(candidate, 'en.json'))) return candidate;
    if (dirname(folder) === folder) throw new Error('the folder locales is missing');
  }
}

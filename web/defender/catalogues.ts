import type { Catalogue, Language } from '../common/i18n.js';

type Load = () => Promise<{ readonly default: Catalogue }>;

/** What a panic needs to be sent and followed. */
const first: Readonly<Record<Language, Load>> = {
  ky: () => import('catalogue:defender+shared/ky'),
  ru: () => import('catalogue:defender+shared/ru'),
  uz: () => import('catalogue:defender+shared/uz'),
  tg: () => import('catalogue:defender+shared/tg'),
  en: () => import('catalogue:defender+shared/en'),
};

/** The words of the screens that are fetched later. */
const more: Readonly<Record<Language, Load>> = {
  ky: () => import('catalogue:more/ky'),
  ru: () => import('catalogue:more/ru'),
  uz: () => import('catalogue:more/uz'),
  tg: () => import('catalogue:more/tg'),
  en: () => import('catalogue:more/en'),
};

const retryMs = 2_000;

/** Goes on trying while the line is bad, because without words there is no page. */
async function load(one: Load): Promise<Catalogue> {
  for (;;) {
    try {
      return (await one()).default;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

let allWords: Promise<unknown> = Promise.resolve();

/** The words of one language: at once those of the first screens, and the others into the same catalogue when they have
 *  come (see wordsOfLaterScreens), or before it resolves when `whole` is asked. */
export async function loadCatalogue(lang: Language, whole: boolean): Promise<Catalogue> {
  const catalogue = { ...(await load(first[lang])) };
  allWords = load(more[lang]).then((rest) => Object.assign(catalogue, rest));
  if (whole) await allWords;
  return catalogue;
}

/** Resolves once the screens that are fetched later have their words. */
export function wordsOfLaterScreens(): Promise<unknown> {
  return allWords;
}

import type { Catalogue, Language } from '../common/i18n.js';
import { loadCatalogue } from '../defender/catalogues.js';

const own: Readonly<Record<Language, () => Promise<{ readonly default: Catalogue }>>> = {
  ky: () => import('catalogue:miniApp/ky'),
  ru: () => import('catalogue:miniApp/ru'),
  uz: () => import('catalogue:miniApp/uz'),
  tg: () => import('catalogue:miniApp/tg'),
  en: () => import('catalogue:miniApp/en'),
};

const retryMs = 2_000;

/** All words of one language: the defender's and those of the Mini App. Goes on trying while the line is bad. */
export async function loadWords(lang: Language): Promise<Catalogue> {
  for (;;) {
    try {
      const [shared, mine] = await Promise.all([loadCatalogue(lang, true), own[lang]()]);
      return { ...shared, ...mine.default };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

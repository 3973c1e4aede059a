import type { Catalogue, Language } from '../shared/i18n.js';

const catalogues: Readonly<Record<Language, () => Promise<{ readonly default: Catalogue }>>> = {
  ky: () => import('catalogue:defender+shared/ky'),
  ru: () => import('catalogue:defender+shared/ru'),
  uz: () => import('catalogue:defender+shared/uz'),
  tg: () => import('catalogue:defender+shared/tg'),
  en: () => import('catalogue:defender+shared/en'),
};

const retryMs = 2_000;

/** The words of one language; goes on trying while the line is bad, because without them there is no page. */
export async function loadCatalogue(lang: Language): Promise<Catalogue> {
  for (;;) {
    try {
      return (await catalogues[lang]()).default;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

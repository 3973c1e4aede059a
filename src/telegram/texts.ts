import { readCatalogues, type Catalogue, type CatalogueLanguage } from '../platform/locales/catalogues.js';

export type BotLanguage = CatalogueLanguage;
/** A sentence of the bot by its key in the catalogues. */
export type Say = (key: string, values?: Readonly<Record<string, string | number>>) => string;

/** Languages in the order in which they are offered, each in its own name. */
export const LANGUAGE_NAMES: readonly (readonly [BotLanguage, string])[] = [
  ['ky', 'Кыргызча'],
  ['ru', 'Русский'],
  ['uz', 'Oʻzbekcha'],
  ['tg', 'Тоҷикӣ'],
  ['en', 'English'],
];

/** The language that a Telegram client reports, if the bot speaks it; else Russian, which most people in the region read. */
export function languageOf(code: string | undefined): BotLanguage {
  const found = LANGUAGE_NAMES.find(([lang]) => code?.toLowerCase().split('-')[0] === lang);
  return found?.[0] ?? 'ru';
}

/** The bot's sentences in all languages. */
export class BotTexts {
  private readonly catalogues: ReadonlyMap<BotLanguage, Catalogue> = readCatalogues();

  in(lang: BotLanguage): Say {
    return (key, values = {}) => {
      const text = this.catalogues.get(lang)?.[key];
      if (text === undefined) throw new Error(`the catalogue ${lang} has no ${key}`);
      return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
    };
  }
}

/** The same with seconds. */
export function clockSeconds(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(at);
}

/** The hour as people read it: 14:02 in this zone. */
export function clockTime(at: Date, zone: string): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);
}

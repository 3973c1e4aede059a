import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Purpose } from '../domain/alert.js';
import type { Severity } from '../domain/severity.js';
import type { ContactLanguage } from '../roster/contact-book.js';

const LANGUAGES: readonly ContactLanguage[] = ['ky', 'ru', 'uz', 'tg', 'en'];

/** A mail before it is a mail: a subject and three lines, the second of which is the address of the desk. */
export interface MailText {
  readonly subject: string;
  readonly line: string;
  readonly footer: string;
}

/** The mails' sentences in all languages, from the catalogues that pages and mails share. */
export class MailTexts {
  private readonly catalogues: ReadonlyMap<ContactLanguage, Readonly<Record<string, string>>>;

  /** Reads the catalogues once; a missing or broken one stops the start, not the first mail. */
  constructor(folder: string = findLocales()) {
    this.catalogues = new Map(
      LANGUAGES.map((lang) => [lang, JSON.parse(readFileSync(join(folder, `${lang}.json`), 'utf8')) as Record<string, string>]),
    );
    for (const lang of LANGUAGES) for (const purpose of PURPOSES) for (const severity of [1, 4] as const) this.textFor(lang, purpose, severity);
  }

  textFor(lang: ContactLanguage, purpose: Purpose, severity: Severity): MailText {
    return {
      subject: this.sentence(lang, 'mail.subject'),
      // The only hint that it is urgent; a responder's phone would otherwise treat night and day alike.
      line: purpose === 'notify' && severity === 1 ? this.sentence(lang, 'mail.line.notify-now') : this.sentence(lang, `mail.line.${purpose}`),
      footer: this.sentence(lang, 'mail.footer'),
    };
  }

  private sentence(lang: ContactLanguage, key: string): string {
    const text = this.catalogues.get(lang)?.[key];
    if (text === undefined) throw new Error(`the catalogue ${lang} has no ${key}`);
    return text;
  }
}

const PURPOSES: readonly Purpose[] = ['notify', 'reminder', 'follow_up', 'stand_down', 'hand_over', 'task', 'unanswered', 'closed'];

/** The folder of catalogues at the root of the package: sources and the built program lie at different depths below it. */
function findLocales(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'locales');
    if (existsSync(join(candidate, 'en.json'))) return candidate;
    if (dirname(folder) === folder) throw new Error('the folder locales is missing');
  }
}

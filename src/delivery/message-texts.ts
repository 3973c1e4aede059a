import type { Severity } from '../domain/severity.js';
import { CATALOGUE_LANGUAGES, readCatalogues, type Catalogue } from '../platform/locales/catalogues.js';
import type { ContactLanguage } from '../roster/contact-book.js';
import type { MessagePurpose, OutgoingMessage } from './channel.js';

/** A message before it is a mail or anything else. */
export interface MessageText {
  readonly subject: string;
  /** One sentence. */
  readonly line: string;
  /** That there is nothing else in this mail. */
  readonly footer: string;
  /** Name of the link to the desk. */
  readonly open: string;
}

/** What of a message its words depend on. */
export type Worded = Pick<OutgoingMessage, 'lang' | 'purpose' | 'severity' | 'code'>;

/** The sentences of messages in all languages, from the catalogues that pages and messages share. */
export class MessageTexts {
  private readonly catalogues: ReadonlyMap<ContactLanguage, Catalogue>;

  /** Reads the catalogues once; a missing or broken one stops the start, not the first message. */
  constructor(folder?: string) {
    this.catalogues = readCatalogues(folder);
    for (const lang of CATALOGUE_LANGUAGES) for (const purpose of PURPOSES) for (const severity of [1, 4] as const) this.textFor({ lang, purpose, severity, code: '' });
  }

  textFor({ lang, purpose, severity, code }: Worded): MessageText {
    return {
      subject: this.sentence(lang, purpose === 'test' || purpose === 'proof' ? `mail.subject.${purpose}` : 'mail.subject'),
      line: this.lineFor(lang, purpose, severity).replace('{code}', code ?? ''),
      footer: this.sentence(lang, 'mail.footer'),
      open: this.sentence(lang, 'mail.open'),
    };
  }

  /** "now" is the only hint that it is urgent; a responder's phone would otherwise treat night and day alike. */
  private lineFor(lang: ContactLanguage, purpose: MessagePurpose, severity: Severity): string {
    return this.sentence(lang, purpose === 'notify' && severity === 1 ? 'mail.line.notify-now' : `mail.line.${purpose}`);
  }

  private sentence(lang: ContactLanguage, key: string): string {
    const text = this.catalogues.get(lang)?.[key];
    if (text === undefined) throw new Error(`the catalogue ${lang} has no ${key}`);
    return text;
  }
}

const PURPOSES: readonly MessagePurpose[] = ['notify', 'reminder', 'follow_up', 'stand_down', 'hand_over', 'task', 'unanswered', 'closed', 'shifts', 'check_ins', 'test', 'proof'];

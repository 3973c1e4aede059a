// The few choices a person makes once. They say nothing about what the page is for.
import { LANGUAGES, type Language } from '../common/i18n.js';
import { recall, remember } from '../common/storage.js';
import { Live } from './live.js';

/** Seconds between the red button and sending; 'wait' never sends by itself. */
export const COUNTDOWNS = [0, 5, 10, 30, 60, 'wait'] as const;
export type Countdown = (typeof COUNTDOWNS)[number];

export interface Settings {
  /** null until the person has chosen. */
  readonly lang: Language | null;
  readonly countdown: Countdown;
  readonly holdToSend: boolean;
  readonly location: boolean;
  /** Whom a panic may go on to, besides the first people: shown on the page that confirms it, and changed there. */
  readonly abroad: boolean;
  readonly eu: boolean;
}

const defaults: Settings = { lang: null, countdown: 10, holdToSend: false, location: false, abroad: true, eu: true };
const name = 'set';

/** Settings out of storage; anything unknown or damaged falls back to its default. */
export function readSettings(stored: string | null): Settings {
  let json: unknown = null;
  try {
    json = JSON.parse(stored ?? 'null');
  } catch {
    // Damaged: defaults.
  }
  const kept = (typeof json === 'object' && json !== null ? json : {}) as Partial<Record<keyof Settings, unknown>>;
  return {
    lang: LANGUAGES.find((lang) => lang === kept.lang) ?? defaults.lang,
    countdown: COUNTDOWNS.find((countdown) => countdown === kept.countdown) ?? defaults.countdown,
    holdToSend: kept.holdToSend === true,
    location: kept.location === true,
    abroad: kept.abroad !== false,
    eu: kept.eu !== false,
  };
}

export const settings = new Live<Settings>(readSettings(recall(name)));

export function changeSettings(change: Partial<Settings>): void {
  const next = { ...settings.get(), ...change };
  settings.set(next);
  remember(name, JSON.stringify(next));
}

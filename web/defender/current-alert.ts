// The one alert that the page holds at a time, and what is still being written.
import type { Language } from '../common/i18n.js';
import { panicConsents, type Choices } from './compose.js';
import { Live } from './live.js';
import { sendReport, type Draft } from './send-report.js';
import { AlertSession } from './session.js';
import { settings } from './settings.js';
import { emptyReport, type ReportDraft } from './report-draft.js';

export const currentAlert = new Live<AlertSession | null>(null);
export const reportDraft = new Live<ReportDraft>(emptyReport);

/** Sends a panic now: S1, every gate open, nothing asked. */
export function sendPanic(lang: Language): AlertSession {
  const { abroad, eu, location } = settings.get();
  const choices: Choices = { severity: 'S1', consents: panicConsents({ abroad, eu }), excluded: [], gated: false };
  const session = begin('panic', lang);
  void send(session, { t: 'panic', choices, answers: {}, at: Date.now() });
  if (location) void followWithLocation(session, choices);
  return session;
}

export function begin(kind: 'panic' | 'report', lang: Language): AlertSession {
  const session = new AlertSession(kind, lang, { at: 'preparing' });
  currentAlert.get()?.end();
  currentAlert.set(session);
  return session;
}

/** Sends a draft, then sees to the words and the ladder. */
export async function send(session: AlertSession, draft: Draft): Promise<boolean> {
  await sendReport(session, draft);
  if (session.send.get().at !== 'received') return false;
  // Loaded only now: opening replies, Argon2id and the word list must not stand before the alert on a slow line.
  void follow(session);
  void stubbornly(() => import('./receipt-words.js')).then(({ prepareWords }) => prepareWords(session));
  return true;
}

/** The place follows as an addition: finding it takes up to half a minute, and the alert does not wait for it. */
async function followWithLocation(session: AlertSession, choices: Choices): Promise<void> {
  const position = await new Promise<GeolocationPosition | null>((resolve) => {
    navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), { enableHighAccuracy: true, timeout: 30_000, maximumAge: 60_000 });
  });
  await received(session);
  if (position === null || session.sender === null) return;
  const { latitude, longitude, accuracy } = position.coords;
  const where = `${latitude.toFixed(5)}, ${longitude.toFixed(5)} (± ${Math.round(accuracy)} m)`;
  const { sendAddition } = await stubbornly(() => import('./additions.js'));
  await sendAddition(session, { kind: 'followup', text: where, answers: { where } }, choices);
}

function received(session: AlertSession): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const { at } = session.send.get();
      if (at !== 'received' && at !== 'refused') return;
      stop();
      resolve();
    };
    const stop = session.send.subscribe(look);
    look();
  });
}

async function follow(session: AlertSession): Promise<void> {
  const { followMailbox } = await stubbornly(() => import('./mailbox.js'));
  if (session.sender !== null) followMailbox(session);
}

const retryMs = 2_000;

/** Fetches a part of the page, again and again while the line is bad. */
async function stubbornly<T>(load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

/** Shows an alert that the words have led back to. */
export function resume(session: AlertSession): void {
  currentAlert.get()?.end();
  currentAlert.set(session);
  void follow(session);
}

/** Ends the alert on this page; what was sent stays sent. */
export function closeAlert(): void {
  currentAlert.get()?.end();
  currentAlert.set(null);
}

/** Forgets everything the page holds. */
export function forgetAll(): void {
  closeAlert();
  reportDraft.set(emptyReport);
}

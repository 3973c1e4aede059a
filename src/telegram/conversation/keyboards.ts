import type { Say } from '../texts.js';

export interface Button {
  readonly text: string;
  readonly callback_data?: string;
  readonly web_app?: { readonly url: string };
}

/** A reply_markup. */
export interface Markup {
  readonly inline_keyboard: readonly (readonly Button[])[];
}

/** Where the Mini App is. Telegram opens only addresses with TLS in its own window; without one the button is left out. */
export function miniAppUrl(publicUrl: string): string | null {
  return publicUrl.startsWith('https://') ? `${publicUrl}/telegram` : null;
}

export function openButton(say: Say, publicUrl: string): readonly Button[] {
  const url = miniAppUrl(publicUrl);
  return url === null ? [] : [{ text: say('telegram.open'), web_app: { url } }];
}

/** Rows without the empty ones. */
export function markup(...rows: readonly (readonly Button[])[]): Markup {
  return { inline_keyboard: rows.filter((row) => row.length > 0) };
}

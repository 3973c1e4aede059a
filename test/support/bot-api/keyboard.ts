import { badRequest } from './refusal.js';

export interface Button {
  readonly text: string;
  readonly callback_data?: string;
  readonly url?: string;
  readonly web_app?: { readonly url: string };
}
export type Keyboard = readonly (readonly Button[])[];

const maxCallbackDataBytes = 64;
const actions = ['callback_data', 'url', 'web_app', 'login_url', 'switch_inline_query', 'switch_inline_query_current_chat', 'pay', 'callback_game', 'copy_text'];

/** The inline keyboard of a reply_markup, or Telegram's refusal. Undefined when there is none. */
export function readKeyboard(markup: Readonly<Record<string, unknown>> | undefined): Keyboard | undefined {
  if (markup === undefined) return undefined;
  if (!('inline_keyboard' in markup)) {
    if ('keyboard' in markup || 'remove_keyboard' in markup || 'force_reply' in markup) return undefined;
    throw badRequest("can't parse reply keyboard markup JSON object");
  }
  const rows = markup.inline_keyboard;
  if (!Array.isArray(rows)) throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array');
  return rows.map((row: unknown) => {
    if (!Array.isArray(row)) throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays');
    return row.map((button: unknown) => readButton(button));
  });
}

function readButton(given: unknown): Button {
  if (typeof given !== 'object' || given === null) throw badRequest("can't parse inline keyboard button: expected an Object");
  const button = given as Record<string, unknown>;
  if (typeof button.text !== 'string' || button.text.trim() === '') throw badRequest("can't parse inline keyboard button: Field \"text\" must be non-empty");
  const chosen = actions.filter((action) => action in button);
  if (chosen.length !== 1) throw badRequest('Text buttons are unallowed in the inline keyboard');
  if ('callback_data' in button) {
    const bytes = typeof button.callback_data === 'string' ? Buffer.byteLength(button.callback_data) : 0;
    if (bytes < 1 || bytes > maxCallbackDataBytes) throw badRequest('BUTTON_DATA_INVALID');
  }
  const webApp = button.web_app as { url?: unknown } | undefined;
  if (webApp !== undefined && (typeof webApp.url !== 'string' || !webApp.url.startsWith('https://'))) {
    throw badRequest(`inline keyboard button Web App URL '${String(webApp.url)}' is invalid: Only HTTPS links are allowed`);
  }
  return button as unknown as Button;
}

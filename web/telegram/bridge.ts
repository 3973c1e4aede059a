// Telegram around the page. Only the bundled bridge is used, never Telegram's own script, and nothing is handed to
// Telegram but the state of its own buttons.
import { isIframe, on, postEvent } from '@tma.js/bridge';
import type { Language } from '../common/i18n.js';
import { LANGUAGES } from '../common/i18n.js';

export interface Launch {
  /** What Telegram signed for our server; null when the page was not opened by Telegram. */
  readonly initData: string | null;
  /** Telegram Web: the page then stands in a frame of a site that is not ours, on a computer that may not be the
   *  person's own. Nothing that opens an alert later is made there. */
  readonly inBrowser: boolean;
  /** Of the Telegram account, when we have that language. */
  readonly language: Language | null;
}

const webPlatforms = ['web', 'weba', 'webk'];

/**
 * Reads what Telegram put behind the # of the address (tgWebAppData, tgWebAppPlatform).
 *
 * Not the bridge's retrieveLaunchParams: that one keeps a copy, the name of the account included, in the browser's
 * session storage.
 */
export function readLaunch(hash: string, framed: boolean): Launch {
  const params = new URLSearchParams(hash.slice(1));
  const initData = params.get('tgWebAppData');
  return {
    initData: initData === null || initData === '' ? null : initData,
    inBrowser: framed || webPlatforms.includes(params.get('tgWebAppPlatform') ?? ''),
    language: languageOf(initData),
  };
}

function languageOf(initData: string | null): Language | null {
  try {
    const user = JSON.parse(new URLSearchParams(initData ?? '').get('user') ?? 'null') as { language_code?: unknown } | null;
    return LANGUAGES.find((lang) => lang === user?.language_code) ?? null;
  } catch {
    return null;
  }
}

export const launch: Launch = readLaunch(location.hash, isIframe());

/** Outside Telegram, or in a version that does not know an event, nothing happens. */
function tell(send: () => void): void {
  try {
    send();
  } catch {
    // No Telegram around the page.
  }
}

/** The page is drawn; Telegram may take its own waiting sign away. */
export function tellReady(): void {
  tell(() => postEvent('web_app_ready'));
  tell(() => postEvent('web_app_expand'));
  // A swipe that scrolls too far must not close the page in the middle of a report.
  tell(() => postEvent('web_app_setup_swipe_behavior', { allow_vertical_swipe: false }));
}

/** Leaves to the chat at once. */
export function close(): void {
  tell(() => postEvent('web_app_close'));
}

/** Shows or hides Telegram's own way back. */
export function showBackButton(visible: boolean): void {
  tell(() => postEvent('web_app_setup_back_button', { is_visible: visible }));
}

/** Calls back when Telegram's own way back is pressed. */
export function onBackButton(press: () => void): void {
  tell(() => {
    on('back_button_pressed', press);
  });
}

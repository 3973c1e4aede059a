import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { Translate } from '../common/i18n.js';
import { Live } from './live.js';

/** Where a person is on the page. There is no history behind it: the browser's own is left alone on purpose. */
export type Place = 'language' | 'home' | 'panic' | 'report' | 'alert' | 'words' | 'settings' | 'who';

export interface PageContext {
  readonly t: Translate;
  readonly go: (place: Place) => void;
}

export const Page = createContext<PageContext | null>(null);

export function usePage(): PageContext {
  const page = useContext(Page);
  if (page === null) throw new Error('a screen outside the page');
  return page;
}

/** What the back button in the bar does; null: there is none. */
export const backAction = new Live<(() => void) | null>(null);

/** Gives the bar a way back for as long as the screen is shown. */
export function useBack(back: () => void): void {
  useEffect(() => {
    backAction.set(back);
    return () => {
      if (backAction.get() === back) backAction.set(null);
    };
  });
}

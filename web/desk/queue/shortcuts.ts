// Single keys. They can be switched off (WCAG 2.1.4): with speech input a sentence would otherwise press them all.
import { useLayoutEffect } from 'preact/hooks';
import { recall, remember } from '../../common/storage.js';

export type Shortcut = 'down' | 'up' | 'acknowledge' | 'reply' | 'search' | 'help' | 'close';

const keys: Readonly<Record<string, Shortcut>> = {
  j: 'down',
  k: 'up',
  a: 'acknowledge',
  r: 'reply',
  '/': 'search',
  '?': 'help',
};

/** Keys by where they lie, for keyboards that write Cyrillic: there the key of j says о. */
const positions: Readonly<Record<string, Shortcut>> = { KeyJ: 'down', KeyK: 'up', KeyA: 'acknowledge', KeyR: 'reply' };

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly repeat: boolean;
}

/** What a key press means; null for none. Moving may be repeated by holding, deeds never. */
export function shortcutOf(press: KeyPress): Shortcut | null {
  if (press.ctrlKey || press.metaKey || press.altKey) return null;
  if (press.key === 'Escape') return 'close';
  const latin = /^[\x20-\x7e]$/.test(press.key);
  const found = keys[press.key] ?? (latin ? undefined : positions[press.code]) ?? null;
  return press.repeat && found !== 'down' && found !== 'up' ? null : found;
}

const settingName = 'keys';
export const shortcutsOn = (): boolean => recall(settingName) !== 'off';
export const setShortcutsOn = (on: boolean): void => remember(settingName, on ? 'on' : 'off');

/** Listens on the page, but not while somebody types or a dialog is open. Escape always works. */
export function useShortcuts(onShortcut: (shortcut: Shortcut, event: KeyboardEvent) => void): void {
  // From the first picture on: whoever sees the queue may already press j.
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const shortcut = shortcutOf(event);
      if (shortcut === null || document.querySelector('dialog[open]') !== null) return;
      const typing = event.target instanceof Element && event.target.closest('input, textarea, select') !== null;
      if (shortcut !== 'close' && (typing || !shortcutsOn())) return;
      onShortcut(shortcut, event);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [onShortcut]);
}

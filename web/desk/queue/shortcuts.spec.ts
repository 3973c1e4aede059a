import { describe, expect, it } from '@jest/globals';
import { shortcutOf } from './shortcuts.js';

const press = (key: string, change: object = {}) =>
  shortcutOf({ key, code: '', ctrlKey: false, metaKey: false, altKey: false, repeat: false, ...change });

describe('single keys', () => {
  it('work on a Cyrillic keyboard by where they lie', () => {
    expect(press('о', { code: 'KeyJ' })).toBe('down');
    expect(press('ф', { code: 'KeyA' })).toBe('acknowledge');
  });

  it('go by the letter, not the place, on another Latin keyboard', () => {
    expect(press('q', { code: 'KeyA' })).toBeNull();
  });

  it('leave the browser its own combinations', () => {
    expect(press('a', { ctrlKey: true })).toBeNull();
  });

  it('move while they are held, but never sign twice', () => {
    expect(press('j', { repeat: true })).toBe('down');
    expect(press('a', { repeat: true })).toBeNull();
  });
});

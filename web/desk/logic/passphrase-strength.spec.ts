import { describe, expect, it } from '@jest/globals';
import { passphraseBits, passphraseStrength } from './passphrase-strength.js';

describe('the strength of a passphrase', () => {
  it('takes six drawn words for strong', () => {
    expect(passphraseStrength('exfoliate plethora obsession eject boondocks dispense')).toBe('strong');
  });

  it.each(['aaaaaaaaaaaaaaaaaaaaaaaa', '123456789012345678901234', 'qwertyuiopasdfghjklzxcvbnm', 'абвгдеёжзийклмнопрстуфхц'])(
    'is not taken in by length alone: %s',
    (passphrase) => {
      expect(passphraseStrength(passphrase)).toBe('weak');
    },
  );

  it('counts a word once, however often it is said', () => {
    expect(passphraseBits('salom salom salom salom salom')).toBeLessThan(passphraseBits('salom daryo'));
  });

  it('calls anything below twelve characters too short, in characters and not in UTF-16 units', () => {
    expect(passphraseStrength('X9$kq2!vB7#')).toBe('short');
    expect(passphraseStrength('😀😃😄😁😆😅')).toBe('short');
  });

  it('does not take four words written together for a random string', () => {
    expect(passphraseStrength('CorrectHorseBatteryStaple')).toBe('weak');
    expect(passphraseStrength('correcthorse1234')).toBe('weak');
  });

  it('takes a long random string', () => {
    expect(passphraseStrength('x7Gq-2mVt!9rKp_4wZ')).toBe('strong');
  });
});

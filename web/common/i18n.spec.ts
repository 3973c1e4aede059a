import { describe, expect, it } from '@jest/globals';
import { localText, preferredLanguage, translator } from './i18n.js';

describe('the translator', () => {
  const t = translator('en', { 'shared.ladder.sent': 'Sent to: {tier}', 'shared.drill': 'This is a drill' });

  it('puts values where the text has their names', () => {
    expect(t('shared.ladder.sent', { tier: 'Osh' })).toBe('Sent to: Osh');
  });

  it('leaves a name visible when nobody gave its value, and does not read values off a prototype', () => {
    expect(t('shared.ladder.sent')).toBe('Sent to: {tier}');
    expect(t('shared.ladder.sent', { tier: '{tier} $& $1' })).toBe('Sent to: {tier} $& $1');
  });

  it('throws for a text of an area that was not loaded, instead of showing an empty button', () => {
    expect(() => t('shared.ladder.closed')).toThrow('shared.ladder.closed');
  });
});

describe('the language', () => {
  it('is the first of the browser that we speak, whatever its country', () => {
    expect(preferredLanguage(['de-DE', 'ky-KG', 'ru'])).toBe('ky');
    expect(preferredLanguage(['RU-kg'])).toBe('ru');
    expect(preferredLanguage(['kk', 'de'])).toBe('en');
    expect(preferredLanguage([])).toBe('en');
  });

  it('falls back for names of organisations to what the coalition has written', () => {
    expect(localText({ ru: 'Партнёр', en: 'Partner' }, 'ky')).toBe('Partner');
    expect(localText({ ru: 'Партнёр' }, 'uz')).toBe('Партнёр');
    expect(localText({}, 'uz')).toBe('');
  });
});

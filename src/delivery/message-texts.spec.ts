import { describe, expect, it } from '@jest/globals';
import { MessageTexts } from './message-texts.js';

const texts = new MessageTexts();
const languages = ['ky', 'ru', 'uz', 'tg', 'en'] as const;

describe('the sentences of mails', () => {
  it('are there for every purpose in every language, and differ between languages', () => {
    const lines = languages.map((lang) => texts.textFor({ lang, purpose: 'notify', severity: 2 }).line);
    expect(new Set(lines).size).toBe(languages.length);
  });

  it('say "now" only for a critical alert', () => {
    expect(texts.textFor({ lang: 'en', purpose: 'notify', severity: 1 }).line).toContain('now');
    expect(texts.textFor({ lang: 'en', purpose: 'notify', severity: 2 }).line).not.toContain('now');
  });

  it('never say what it is about', () => {
    for (const purpose of ['notify', 'reminder', 'follow_up', 'stand_down', 'hand_over', 'task', 'unanswered', 'closed', 'test', 'proof'] as const) {
      const { subject, line, footer } = texts.textFor({ lang: 'en', purpose, severity: 1, code: '000' });
      expect(`${subject} ${line} ${footer}`).not.toMatch(/jardam|alert|defender|rights|emergency|arrest|danger/i);
    }
  });

  it('hold the code that has to come back', () => {
    for (const lang of languages) expect(texts.textFor({ lang, purpose: 'proof', severity: 4, code: '48151623' }).line).toContain('48151623');
  });

  it('are missed at the start and not with the first mail', () => {
    expect(() => new MessageTexts('/nonexistent')).toThrow();
  });
});

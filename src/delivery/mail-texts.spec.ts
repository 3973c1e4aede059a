import { describe, expect, it } from '@jest/globals';
import { MailTexts } from './mail-texts.js';

const texts = new MailTexts();
const languages = ['ky', 'ru', 'uz', 'tg', 'en'] as const;

describe('the sentences of mails', () => {
  it('are there for every purpose in every language, and differ between languages', () => {
    const lines = languages.map((lang) => texts.textFor(lang, 'notify', 2).line);
    expect(new Set(lines).size).toBe(languages.length);
  });

  it('say "now" only for a critical alert', () => {
    expect(texts.textFor('en', 'notify', 1).line).toContain('now');
    expect(texts.textFor('en', 'notify', 2).line).not.toContain('now');
  });

  it('never say what it is about', () => {
    for (const purpose of ['notify', 'reminder', 'follow_up', 'stand_down', 'hand_over', 'task', 'unanswered', 'closed'] as const) {
      const { subject, line, footer } = texts.textFor('en', purpose, 1);
      expect(`${subject} ${line} ${footer}`).not.toMatch(/jardam|alert|defender|rights|emergency|arrest|danger/i);
    }
  });

  it('are missed at the start and not with the first mail', () => {
    expect(() => new MailTexts('/nonexistent')).toThrow();
  });
});

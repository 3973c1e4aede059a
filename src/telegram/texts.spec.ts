import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { BotTexts, clockSeconds, clockTime, LANGUAGE_NAMES, languageOf } from './texts.js';

describe('the words of the bot', () => {
  it('are those of the page that people are given on paper, in every language', () => {
    const page = readFileSync('docs/telegram.md', 'utf8');
    const texts = new BotTexts();
    for (const [lang, name] of LANGUAGE_NAMES) {
      expect(page).toContain(`## ${name}`);
      for (const key of ['doorbell', 'welcome', 'help', 'honest', 'stopped']) {
        for (const line of texts.in(lang)(`telegram.${key}`, { url: 'https://…' }).split('\n')) expect(page).toContain(line);
      }
    }
  });

  it('are in the language that the person’s Telegram reports, else in Russian', () => {
    expect(['ky', 'uz-Latn', 'tg', 'ru', 'en-GB', 'de', undefined].map(languageOf)).toEqual(['ky', 'uz', 'tg', 'ru', 'en', 'ru', 'ru']);
  });

  it('give the time where people are, whatever the server’s clock shows', () => {
    const at = new Date('2026-01-05T20:02:09Z');
    expect([clockTime(at, 'Asia/Bishkek'), clockSeconds(at, 'Asia/Bishkek')]).toEqual(['02:02', '02:02:09']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { calendarDate, clockTime, countdown, dayAndTime, duration } from './dates.js';
import { LANGUAGES } from './i18n.js';

const zone = 'Asia/Bishkek';
const now = Date.parse('2026-11-23T08:02:00Z'); // 14:02 in Bishkek

describe('dates', () => {
  it('are told by the clock of Bishkek, six hours ahead of UTC all year', () => {
    expect(clockTime(now, zone)).toBe('14:02');
    expect(clockTime(Date.parse('2026-07-01T20:30:00Z'), zone)).toBe('02:30');
    expect(clockTime(Date.parse('2026-07-01T18:00:00Z'), zone)).toBe('00:00');
  });

  it('leave out what everybody knows: the day when it is today, the year when it is this year', () => {
    expect(dayAndTime(now, now, 'en', zone)).toBe('14:02');
    expect(dayAndTime(now - 86_400_000, now, 'en', zone)).toBe('yesterday, 14:02');
    expect(dayAndTime(now + 86_400_000, now, 'ky', zone)).toBe('эртең, 14:02');
    expect(dayAndTime(now - 3 * 86_400_000, now, 'ru', zone)).toBe('20 ноября, 14:02');
    expect(dayAndTime(Date.parse('2025-01-05T06:00:00Z'), now, 'en', zone)).toBe('5 January 2025, 12:00');
  });

  it('knows the day before by the calendar of the place, not by 24 hours', () => {
    const halfPastMidnight = Date.parse('2026-11-22T18:30:00Z'); // 00:30 on the 23rd in Bishkek
    expect(dayAndTime(halfPastMidnight - 3_600_000, halfPastMidnight, 'en', zone)).toBe('yesterday, 23:30');
  });

  it('follow the habits of each language', () => {
    const date = Date.parse('2025-05-09T06:00:00Z');
    const written = Object.fromEntries(LANGUAGES.map((lang) => [lang, calendarDate(date, now, lang, zone)]));
    expect(written).toEqual({
      ky: '2025-жыл, 9-май',
      ru: '9 мая 2025 г.',
      uz: '2025-yil, 9-may',
      tg: '9 майи 2025',
      en: '9 May 2025',
    });
  });

  it('have twelve months in every language', () => {
    for (const lang of LANGUAGES) {
      const months = Array.from({ length: 12 }, (_, month) => calendarDate(Date.UTC(2026, month, 15), now, lang, zone));
      expect(new Set(months).size).toBe(12);
      expect(months.every((text) => /\p{L}{3}/u.test(text))).toBe(true);
    }
  });
});

describe('durations', () => {
  it('take two units at most and round down', () => {
    expect(duration(45_900, 'en')).toBe('45 s');
    expect(duration(12 * 60_000, 'ru')).toBe('12 мин');
    expect(duration(125 * 60_000 + 59_000, 'en')).toBe('2 h 5 min');
    expect(duration(2 * 3_600_000, 'ky')).toBe('2 саат');
    expect(duration(76 * 3_600_000, 'uz')).toBe('3 kun 4 soat');
  });

  it('never go below zero, and a running clock shows the second it is in', () => {
    expect(duration(-5, 'en')).toBe('0 s');
    expect(countdown(-5)).toBe('0:00');
    expect(countdown(9_001)).toBe('0:10');
    expect(countdown(125_000)).toBe('2:05');
    expect(countdown(3_725_000)).toBe('1:02:05');
  });
});

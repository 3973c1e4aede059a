// Dates and durations in five languages, spelt out here because Chromium writes Kyrgyz dates in English and browsers
// disagree on Tajik and Uzbek. Digits and 24-hour clock everywhere.
import type { Language } from './i18n.js';

/** The reader's own clock, or the place where the alert is handled (the desk shows both ends the same time). */
export type Zone = 'device' | 'Asia/Bishkek';

export interface ClockParts {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

const pad = (number: number): string => String(number).padStart(2, '0');

/** Calendar and clock of an instant (milliseconds since 1970 or a Date) in a zone. */
export function clockParts(at: Date | number, zone: Zone = 'device'): ClockParts {
  const date = new Date(at);
  if (zone === 'device') {
    return {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
    };
  }
  // en-GB only names the parts; no text of it is shown.
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  }).formatToParts(date);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((each) => each.type === type)?.value);
  return { year: part('year'), month: part('month'), day: part('day'), hour: part('hour'), minute: part('minute') };
}

/** "14:02" */
export function clockTime(at: Date | number, zone: Zone = 'device'): string {
  const { hour, minute } = clockParts(at, zone);
  return `${pad(hour)}:${pad(minute)}`;
}

interface DateWords {
  readonly months: readonly string[];
  readonly date: (day: number, month: string) => string;
  readonly withYear: (date: string, year: number) => string;
  readonly today: string;
  readonly yesterday: string;
  readonly tomorrow: string;
  readonly units: { readonly second: string; readonly minute: string; readonly hour: string; readonly day: string };
}

const words: Readonly<Record<Language, DateWords>> = {
  en: {
    months: 'January February March April May June July August September October November December'.split(' '),
    date: (day, month) => `${day} ${month}`,
    withYear: (date, year) => `${date} ${year}`,
    today: 'today',
    yesterday: 'yesterday',
    tomorrow: 'tomorrow',
    units: { second: 's', minute: 'min', hour: 'h', day: 'd' },
  },
  ru: {
    months: 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' '),
    date: (day, month) => `${day} ${month}`,
    withYear: (date, year) => `${date} ${year} г.`,
    today: 'сегодня',
    yesterday: 'вчера',
    tomorrow: 'завтра',
    units: { second: 'с', minute: 'мин', hour: 'ч', day: 'д' },
  },
  ky: {
    months: 'январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь'.split(' '),
    date: (day, month) => `${day}-${month}`,
    withYear: (date, year) => `${year}-жыл, ${date}`,
    today: 'бүгүн',
    yesterday: 'кечээ',
    tomorrow: 'эртең',
    units: { second: 'сек', minute: 'мүн', hour: 'саат', day: 'күн' },
  },
  uz: {
    months: 'yanvar fevral mart aprel may iyun iyul avgust sentyabr oktyabr noyabr dekabr'.split(' '),
    date: (day, month) => `${day}-${month}`,
    withYear: (date, year) => `${year}-yil, ${date}`,
    today: 'bugun',
    yesterday: 'kecha',
    tomorrow: 'ertaga',
    units: { second: 'son', minute: 'daq', hour: 'soat', day: 'kun' },
  },
  tg: {
    months: 'январи феврали марти апрели майи июни июли августи сентябри октябри ноябри декабри'.split(' '),
    // The izofat -и joins month and year; a date without a year takes the bare month.
    date: (day, month) => `${day} ${month.slice(0, -1)}`,
    withYear: (date, year) => `${date}и ${year}`,
    today: 'имрӯз',
    yesterday: 'дирӯз',
    tomorrow: 'пагоҳ',
    units: { second: 'сон', minute: 'дақ', hour: 'соат', day: 'рӯз' },
  },
};

/** "23 November", with the year only when it is not the year of `now`. */
export function calendarDate(at: Date | number, now: Date | number, lang: Language, zone: Zone = 'device'): string {
  const { year, month, day } = clockParts(at, zone);
  const date = words[lang].date(day, words[lang].months[month - 1] ?? '');
  return year === clockParts(now, zone).year ? date : words[lang].withYear(date, year);
}

/** "14:02" today, "yesterday, 14:02", else "23 November, 14:02": the least that cannot be misread. */
export function dayAndTime(at: Date | number, now: Date | number, lang: Language, zone: Zone = 'device'): string {
  const time = clockTime(at, zone);
  const dayMs = 86_400_000;
  const sameDay = (a: ClockParts, b: ClockParts): boolean => a.year === b.year && a.month === b.month && a.day === b.day;
  const day = clockParts(at, zone);
  const nowMs = new Date(now).getTime();
  if (sameDay(day, clockParts(nowMs, zone))) return time;
  if (sameDay(day, clockParts(nowMs - dayMs, zone))) return `${words[lang].yesterday}, ${time}`;
  if (sameDay(day, clockParts(nowMs + dayMs, zone))) return `${words[lang].tomorrow}, ${time}`;
  return `${calendarDate(at, now, lang, zone)}, ${time}`;
}

/** "45 s", "12 min", "2 h 5 min", "3 d 4 h": two units at most, rounded down; negative spans count as zero. */
export function duration(spanMs: number, lang: Language): string {
  const { second, minute, hour, day } = words[lang].units;
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  if (seconds < 60) return `${seconds} ${second}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} ${minute}`;
  const hours = Math.floor(minutes / 60);
  const two = (a: number, unitA: string, b: number, unitB: string): string =>
    b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
  if (hours < 24) return two(hours, hour, minutes % 60, minute);
  return two(Math.floor(hours / 24), day, hours % 24, hour);
}

/** "2:05" or "1:02:05": a running clock towards a due time; never negative. */
export function countdown(spanMs: number): string {
  const seconds = Math.max(0, Math.ceil(spanMs / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}

import { fromHex } from '@jardam/protocol';
import type { Rid } from '../domain/alert.js';
import { instantOf, localTimeAt } from '../domain/local-time.js';
import { SHIFT_UNITS, type OpeningHours, type Rotation, type ShiftUnit } from '../domain/rota.js';
import { CliFailure, EXIT } from './failure.js';

// What people write on the command line about shifts, read once; every refusal says what is allowed.

const longestTurn = 366;
const LOCAL = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/;
const HOURS = /^([1-7](?:[-,][1-7])*) ([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

function refuse(text: string, allowed: string): never {
  throw new CliFailure(`"${text}" is not ${allowed}`, EXIT.usage);
}

/** A zone of the IANA list. */
export function zoneOf(text: string): string {
  try {
    localTimeAt(text, 0);
    return text;
  } catch {
    return refuse(text, 'a time zone of the IANA list, like Asia/Bishkek');
  }
}

/** "2026-03-02T09:00" */
export function localTimeOf(text: string): string {
  if (!LOCAL.test(text)) return refuse(text, 'a local time like 2026-03-02T09:00');
  try {
    instantOf('UTC', text);
    return text;
  } catch {
    return refuse(text, 'a day that the calendar has');
  }
}

/** "1 week" → { count: 1, unit: 'weeks' } */
export function lengthOf(text: string): Rotation['every'] {
  const [, digits = '', word = ''] = /^(\d{1,3}) ?(hour|day|week|month)s?$/.exec(text) ?? [];
  const unit = SHIFT_UNITS.find((each): each is ShiftUnit => each === `${word}s`);
  const count = Number(digits);
  return unit === undefined || count < 1 || count > longestTurn ? refuse(text, `a length like "12 hours", "1 week" or "1 month", of at most ${longestTurn}`) : { count, unit };
}

/** "RID+RID,RID": people who share a turn are joined by +, turns by commas. */
export function turnsOf(text: string): Rid[][] {
  return text.split(',').map((turn) => turn.split('+').map(ridOf));
}

/** "RID,RID", or "nobody". */
export function peopleOf(text: string): Rid[] {
  return text === 'nobody' ? [] : text.split(',').map(ridOf);
}

export function ridOf(text: string): Rid {
  const rid = text.trim().toLowerCase();
  return fromHex(rid, 16) === null ? refuse(text, 'a responder id (32 characters 0-9 and a-f)') : rid;
}

/** "22:00-07:00", over midnight or not. */
export function nightOf(text: string): { readonly from: string; readonly to: string } {
  const [, from = '', to = ''] = /^((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)$/.exec(text) ?? [];
  return from === to ? refuse(text, 'hours like "22:00-07:00", not the whole day') : { from, to };
}

/** "1-5 09:00-18:00": ISO weekdays, 1 is Monday. Collects what is given several times. */
export function weekOf(text: string, before: OpeningHours['weekly'] = []): OpeningHours['weekly'] {
  const match = HOURS.exec(text);
  const allowed = 'opening hours like "1-5 09:00-18:00" or "6,7 10:00-24:00", the end after the beginning';
  if (!match) return refuse(text, allowed);
  const [opens = '', closes = ''] = text.slice(text.indexOf(' ') + 1).split('-');
  const weekdays = weekdaysOf(match[1] ?? '');
  return weekdays.length === 0 || opens >= closes ? refuse(text, allowed) : [...before, { weekdays, opens, closes }];
}

function weekdaysOf(text: string): number[] {
  const days = text.split(',').flatMap((part) => {
    const [first = NaN, last = first] = part.split('-').map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  });
  return [...new Set(days)];
}

/** An id as "rota show" prints it. */
export function uuidOf(text: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : refuse(text, 'an id as "rota show" prints it');
}

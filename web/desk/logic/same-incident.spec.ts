import { describe, expect, it } from '@jest/globals';
import { mayBeSameIncident, type Comparable } from './same-incident.js';

const at = (time: string): string => `2026-11-27T${time}:00Z`;
const report = (what: string, time = '10:00', more: Partial<Comparable> = {}): Comparable => ({ answers: { what }, receivedAt: at(time), ...more });
const place = (lat: number, lon: number) => ({ lat, lon, accuracyM: 20, at: at('10:00') });

describe('reports of one incident', () => {
  it('share several of their longer words, also in other cases and with letters that many phones lack', () => {
    expect(mayBeSameIncident(report('Соседа увезли из мастерской на белом микроавтобусе'), report('Белый микроавтобус стоял у мастерской, соседей забрали', '12:30'))).toBe(true);
    expect(mayBeSameIncident(report('Мектептин жанында үч кишини кармап кетишти'), report('Мектептин жанынан уч кишини кармашты', '11:00'))).toBe(true);
  });

  it('are not all those that share a common word or two, nor those of another day', () => {
    expect(mayBeSameIncident(report('They searched the office and took two laptops'), report('A letter from the tax office came today'))).toBe(false);
    const twice = 'They searched the office and took two laptops';
    expect(mayBeSameIncident(report(twice), report(twice))).toBe(true);
    expect(mayBeSameIncident(report(twice), { ...report(twice), receivedAt: '2026-11-29T10:00:00Z' })).toBe(false);
  });

  it('may be two alarms without a word from nearly the same place, at nearly the same time', () => {
    const alarm = (time: string, lat: number): Comparable => ({ answers: {}, receivedAt: at(time), location: place(lat, 74.5698) });
    expect(mayBeSameIncident(alarm('10:00', 42.8746), alarm('11:00', 42.8846))).toBe(true); // 1.1 km
    expect(mayBeSameIncident(alarm('10:00', 42.8746), alarm('14:00', 42.8746))).toBe(false);
    expect(mayBeSameIncident(alarm('10:00', 42.8746), alarm('10:05', 42.9746))).toBe(false); // 11 km
    expect(mayBeSameIncident({ answers: {}, receivedAt: at('10:00') }, { answers: {}, receivedAt: at('10:00') })).toBe(false);
  });
});

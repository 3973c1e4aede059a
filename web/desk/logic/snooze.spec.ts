import { describe, expect, it } from '@jest/globals';
import type { DeskEvent } from '../service/desk-api.js';
import { snoozeChoices } from './snooze.js';

const hourMs = 3_600_000;
const policy = JSON.stringify({ ack: { snoozeMostMs: { S1: null, S2: 4 * hourMs, S3: 48 * hourMs, S4: 168 * hourMs } } });
const me = 'aa';
let n = 0;
const event = (type: string, detail: DeskEvent['detail'] = {}, actorRid = me): DeskEvent => ({
  n: n++,
  type,
  at: '2026-03-01T10:00:00.000Z',
  tier: 1,
  actorRid,
  detail,
  hash: '',
  body: '',
  statement: null,
});
const snoozed = (minutes: number, rid = me): DeskEvent => event('ACTION', { code: 'snoozed', minutes }, rid);

describe('putting an alert off', () => {
  it('is offered as long as the policy allows, and never for a critical alert', () => {
    expect(snoozeChoices(policy, 'S2', [event('ACK')], me)).toEqual([60, 120, 240]);
    expect(snoozeChoices(policy, 'S4', [event('ACK')], me).at(-1)).toBe(7 * 24 * 60);
    expect(snoozeChoices(policy, 'S1', [event('ACK')], me)).toEqual([]);
    const careless = JSON.stringify({ ack: { snoozeMostMs: { S1: 4 * hourMs } } });
    expect(snoozeChoices(careless, 'S1', [event('ACK')], me)).toEqual([]);
  });

  it('is not offered where the policy has no word of it', () => {
    for (const text of ['{}', '{"ack":{}}', 'no policy', 'null']) expect(snoozeChoices(text, 'S2', [], me)).toEqual([]);
  });

  it('counts together, and “still on it” gives nothing back', () => {
    const put = [event('ACK'), snoozed(120), event('ACTION', { code: 'renewed' })];
    expect(snoozeChoices(policy, 'S2', put, me)).toEqual([60, 120]);
    expect(snoozeChoices(policy, 'S2', [...put, snoozed(120)], me)).toEqual([]);
  });

  it('begins anew once something was done, whatever others did', () => {
    const spent = [event('ACK'), snoozed(240)];
    expect(snoozeChoices(policy, 'S2', [...spent, event('ACTION', { code: 'lawyer_sent' }, 'bb')], me)).toEqual([]);
    expect(snoozeChoices(policy, 'S2', [...spent, event('ACTION', { code: 'lawyer_sent' })], me)).toEqual([60, 120, 240]);
    expect(snoozeChoices(policy, 'S2', [event('ACK'), snoozed(240, 'bb')], me)).toEqual([60, 120, 240]);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { AlertView, TierView } from '../common/alert-view.js';
import { headline } from './alert-headline.js';
import type { SendState } from './session.js';

const received: SendState = { at: 'received', receivedAt: 0, next: null };
const told = (seen = 0): TierView => ({ tier: 1, key: 'T1', name: {}, status: 'notified', sent: 1, of: 1, seen, answered: 0 });
const view = (rest: Partial<AlertView>): AlertView => ({
  severity: 'S1',
  drill: false,
  state: 'notifying',
  receivedAt: '2026-11-23T08:00:00Z',
  gen: 1,
  unanswered: false,
  tiers: [told()],
  next: null,
  owner: false,
  events: [],
  ...rest,
});
const problem = { ok: false, status: 0, code: 'line-cut', extra: {} } as const;

describe('the headline', () => {
  it('says NOT sent until the receipt is here, whatever else is known', () => {
    const before: SendState[] = [{ at: 'preparing' }, { at: 'admission' }, { at: 'sending' }, { at: 'waiting', problem }];
    for (const send of before) expect(headline(send, view({ state: 'acknowledged' })).key).toBe('defender.send.not-sent');
    expect(headline({ at: 'refused', code: 'x' }, null).key).toBe('defender.send.refused');
  });

  it('never says better than the ladder', () => {
    const key = (rest: Partial<AlertView>): string => headline(received, view(rest)).key;
    expect(headline(received, null).key).toBe('defender.status.nobody');
    expect(key({})).toBe('defender.status.nobody');
    expect(key({ tiers: [told(), { ...told(), tier: 2 }] })).toBe('defender.status.next');
    expect(key({ tiers: [told(1)] })).toBe('defender.status.seen');
    expect(key({ state: 'acknowledged', tiers: [told(1)] })).toBe('defender.status.acting');
    expect(key({ unanswered: true })).toBe('defender.status.end');
    expect(key({ state: 'paused', tiers: [told(1)] })).toBe('defender.status.paused');
    for (const state of ['resolved', 'stood_down', 'false_alarm'] as const) expect(key({ state })).toBe('defender.status.closed');
  });

  it('tells a person whom nobody answered to seek help elsewhere, even when somebody has looked', () => {
    // Opened and left alone is not help.
    expect(headline(received, view({ unanswered: true, tiers: [told(1)] })).key).toBe('defender.status.end');
  });
});

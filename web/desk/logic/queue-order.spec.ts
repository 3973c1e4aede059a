import { describe, expect, it } from '@jest/globals';
import type { AlertDetail, QueueEntry } from '../service/desk-api.js';
import { matchesFilter, matchesSearch, orderQueue, type QueueItem } from './queue-order.js';

const entry = (alertId: string, change: Partial<QueueEntry> = {}): QueueEntry => ({
  alertId,
  tag: '',
  severity: 'S2',
  drill: false,
  state: 'notifying',
  gen: 1,
  tier: 1,
  myTiers: [1],
  dueAt: '2026-03-01T10:00:00.000Z',
  dueKind: 'escalate',
  receivedAt: '2026-03-01T09:00:00.000Z',
  owner: null,
  ackedBy: [],
  unread: false,
  messages: 1,
  ...change,
});
const item = (alertId: string, change: Partial<QueueEntry> = {}, detail: QueueItem['detail'] = null): QueueItem => ({
  entry: entry(alertId, change),
  detail,
});
const order = (items: readonly QueueItem[]): string[] => orderQueue(items).map((each) => each.entry.alertId);

describe('the order of the queue', () => {
  it('puts what is due next first, whatever its severity', () => {
    expect(order([item('late', { severity: 'S1', dueAt: '2026-03-01T11:00:00.000Z' }), item('soon', { severity: 'S3' })])).toEqual(['soon', 'late']);
  });

  it('lets the more severe of two go first when both are due at once', () => {
    expect(order([item('b'), item('a', { severity: 'S3' }), item('c', { severity: 'S1' })])).toEqual(['c', 'b', 'a']);
  });

  it('puts the closed ones last, the newest of them first', () => {
    const closed = { state: 'resolved', dueAt: null, dueKind: null } as const;
    expect(
      order([item('old', { ...closed, receivedAt: '2026-01-01T00:00:00.000Z' }), item('new', closed), item('open')]),
    ).toEqual(['open', 'new', 'old']);
  });

  it('orders by the clock that is shown, not by the minute in which the mail server is waited for', () => {
    const detail = { view: { next: { tier: 2, at: '2026-03-01T12:00:00.000Z' } } } as AlertDetail;
    expect(order([item('waiting', { dueKind: 'handed_over', dueAt: '2026-03-01T09:01:00.000Z' }, detail), item('due')])).toEqual(['due', 'waiting']);
  });
});

describe('the filters', () => {
  it('count as mine what I own or have answered, while it is open', () => {
    expect(matchesFilter(entry('a', { owner: { rid: 'me' } }), 'mine', 'me')).toBe(true);
    expect(matchesFilter(entry('a', { ackedBy: [{ rid: 'me', org: 'o' }] }), 'mine', 'me')).toBe(true);
    expect(matchesFilter(entry('a', { owner: { rid: 'me' }, state: 'resolved' }), 'mine', 'me')).toBe(false);
    expect(matchesFilter(entry('a', { owner: { rid: 'other' } }), 'mine', 'me')).toBe(false);
  });

  it('count a paused alert as unanswered: nobody has it', () => {
    expect(matchesFilter(entry('a', { state: 'paused' }), 'unanswered', 'me')).toBe(true);
    expect(matchesFilter(entry('a', { state: 'acknowledged' }), 'unanswered', 'me')).toBe(false);
  });
});

describe('the search', () => {
  it.each([
    ['Өзгөндө кармашты', 'озгондо'],
    ['Ысык-Көл, Каракол', 'ысык-кол каракол'],
    ['Oʻsh viloyati', 'osh'],
    ['Шаҳри Хуҷанд', 'хучанд'],
    ['Её увезли', 'ее'],
  ])('finds in «%s» what a keyboard without these letters types: %s', (text, query) => {
    expect(matchesSearch(text, query)).toBe(true);
  });

  it('wants every word, in any order', () => {
    expect(matchesSearch('обыск в типографии в Оше', 'оше обыск')).toBe(true);
    expect(matchesSearch('обыск в типографии', 'обыск суд')).toBe(false);
  });
});

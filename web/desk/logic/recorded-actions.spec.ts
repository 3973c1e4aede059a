import { describe, expect, it } from '@jest/globals';
import type { DeskEvent } from '../service/desk-api.js';
import { isStandDownOpen, recordedActions } from './recorded-actions.js';

const event = (n: number, type: string, code?: string): DeskEvent => ({
  n,
  type,
  at: '2026-03-01T10:00:00.000Z',
  tier: 1,
  actorRid: null,
  detail: code === undefined ? null : { code },
  hash: '',
  body: '',
  statement: null,
});

describe('what an alert’s events say', () => {
  it('names the newest record of an action', () => {
    const recorded = recordedActions([event(3, 'ACTION', 'lawyer_sent'), event(5, 'ACTION', 'lawyer_sent'), event(4, 'SEEN')]);
    expect([...recorded].map(([code, { n }]) => [code, n])).toEqual([['lawyer_sent', 5]]);
  });

  it('keeps a request to stand down in sight until somebody has checked it, also when the alert was taken', () => {
    const asked = [event(1, 'STAND_DOWN_REQUEST'), event(2, 'PAUSE'), event(3, 'ACK')];
    expect(isStandDownOpen(asked)).toBe(true);
    expect(isStandDownOpen([...asked, event(4, 'ACTION', 'stand_down_checked')])).toBe(false);
  });

  it('opens it again for the next request', () => {
    expect(isStandDownOpen([event(1, 'STAND_DOWN_REQUEST'), event(2, 'ACTION', 'stand_down_checked'), event(3, 'STAND_DOWN_REQUEST')])).toBe(true);
    expect(isStandDownOpen([])).toBe(false);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { AlertView, EventView, TierView } from '../../escalation/alert-view.js';
import { afterStandDown } from './after-stand-down.js';

const at = (minute: number): string => new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
const event = (n: number, type: EventView['type'], minute: number): EventView => ({ n, type, at: at(minute), tier: 1, detail: null });
const tier = (number: number, parts: Partial<TierView> = {}): TierView => ({ tier: number, key: `T${number}`, name: { en: 'x' } as TierView['name'], status: 'waiting', sent: 0, of: 0, seen: 0, answered: 0, ...parts });

const asked: AlertView = {
  severity: 'S1',
  drill: false,
  state: 'paused',
  receivedAt: at(0),
  gen: 1,
  loop: 0,
  owner: false,
  unanswered: false,
  due: { at: at(18), kind: 'resume' },
  next: null,
  tiers: [tier(1, { status: 'notified', enteredAt: at(0), sent: 1, of: 1 }), tier(2, { dueAt: at(20) })],
  events: [event(0, 'SUBMIT', 0), event(1, 'STAND_DOWN_REQUEST', 3), event(2, 'PAUSE', 3)],
};
const wentOn: AlertView = {
  ...asked,
  state: 'notifying',
  gen: 2,
  unanswered: true,
  due: { at: at(30), kind: 'escalate' },
  next: { tier: 3, at: at(30) },
  tiers: [asked.tiers[0] ?? tier(1), tier(2, { status: 'notified', enteredAt: at(20), sent: 2, of: 2, seen: 1 })],
  events: [...asked.events, event(3, 'ACTION', 17), event(4, 'RESUME', 18), event(5, 'ESCALATE', 20)],
};

describe('the phone after a request to stop', () => {
  it('shows the same whether somebody checks, finds it forced, or nobody comes', () => {
    expect(afterStandDown({ ...wentOn, loop: 1 })).toEqual(afterStandDown(asked));
    expect(JSON.stringify(afterStandDown(wentOn))).not.toMatch(/RESUME|ACTION|ESCALATE/);
  });

  it('shows the closing, whatever lay before it', () => {
    const closed = afterStandDown({ ...wentOn, state: 'stood_down', unanswered: false, events: [...wentOn.events, event(6, 'CLOSE', 40)] });
    expect(closed).toMatchObject({ state: 'stood_down', tiers: [{ status: 'notified' }, { status: 'skipped' }] });
    expect(closed.events.map(({ type }) => type)).toEqual(['SUBMIT', 'STAND_DOWN_REQUEST', 'CLOSE']);
  });

  it('is the true state as long as nobody asked', () => {
    const open: AlertView = { ...asked, state: 'notifying', events: asked.events.slice(0, 1) };
    expect(afterStandDown(open)).toBe(open);
  });
});

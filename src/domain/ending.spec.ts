import { describe, expect, it } from '@jest/globals';
import { contact, everybody, everyTier, kyrgyzstan, minute, mondayMorning as start, rid } from '../../test/support/people.js';
import type { AlertTimer } from './alert.js';
import { announceFollowUp, checkStandDown, close, requestStandDown } from './ending.js';
import { openAlert } from './open-alert.js';
import { ladderOf } from './policy.js';

const ladder = ladderOf(kyrgyzstan, 1, everyTier);
const told = [contact('a', 'osh', 2), contact('a', 'osh', 1), contact('b', 'lawyers')];

function timerAt(parts: Partial<AlertTimer> = {}): AlertTimer {
  const opened = openAlert(kyrgyzstan, { severity: 1, tiers: everyTier, excludedOrgs: [], now: start }, everybody);
  if ('refused' in opened) throw new Error(opened.refused);
  return { ...opened.timer, ...parts };
}

const closed = timerAt({ state: 'false_alarm', dueAt: null, dueKind: null });
const ask = (timer: AlertTimer, pausedBefore = false) => requestStandDown(ladder, timer, { told, pausedBefore, seq: 3 }, start + minute);

describe('the wish to stand down', () => {
  it('is announced to everybody who was told, once each, whether the ladder pauses or not', () => {
    const deliveries = [{ purpose: 'stand_down', nth: 3, contact: { contactId: 'a-email-1' } }, { purpose: 'stand_down', nth: 3, contact: { rid: rid('b') } }];
    expect(ask(timerAt())).toMatchObject({ change: { deliveries, events: [{ type: 'STAND_DOWN_REQUEST' }, { type: 'PAUSE' }] } });
    expect(ask(timerAt(), true)).toMatchObject({ change: { timer: timerAt(), deliveries, events: [{ type: 'STAND_DOWN_REQUEST' }] } });
    const owned = timerAt({ state: 'acknowledged', owner: rid('a') });
    expect(ask(owned)).toMatchObject({ change: { timer: owned, deliveries } });
  });

  it('between two rounds puts off the next one, and never brings it nearer', () => {
    const between = (dueAt: number) => timerAt({ tier: 0, loop: 1, dueKind: 'escalate', dueAt });
    expect(ask(between(start + 2 * minute))).toMatchObject({ change: { timer: { state: 'notifying', tier: 0, dueKind: 'escalate', dueAt: start + 16 * minute } } });
    expect(ask(between(start + 40 * minute))).toMatchObject({ change: { timer: { dueAt: start + 40 * minute } } });
  });

  it('that was not free lets the ladder go on at once; the record is the same for both', () => {
    const paused = timerAt({ state: 'paused', dueKind: 'resume', dueAt: start + 16 * minute });
    const check = (timer: AlertTimer, genuine: boolean) => checkStandDown(ladder, timer, { tier: 1, genuine }, { entry: { outcome: 'notified', enteredAt: start, lateMs: 0 } }, start + 2 * minute);
    const checked = { type: 'ACTION', tier: 1, detail: { code: 'stand_down_checked' } };
    expect(check(paused, false)).toMatchObject({ change: { timer: { state: 'notifying' } } });
    expect(check(paused, true)).toMatchObject({ change: { timer: paused } });
    for (const genuine of [true, false]) expect(check(paused, genuine)).toMatchObject({ change: { events: expect.arrayContaining([checked]) } });
    expect(check(timerAt(), false)).toMatchObject({ change: { timer: timerAt(), events: [checked] } });
  });

  it('and every other step comes too late when the alert is closed', () => {
    const tooLate = { refused: 'already-closed' };
    expect(ask(closed)).toEqual(tooLate);
    expect(checkStandDown(ladder, closed, { tier: 1, genuine: false }, { entry: null }, start)).toEqual(tooLate);
    expect(close(ladder, closed, { rid: rid('a'), outcome: 'resolved', tier: 1 }, { earlier: [], told: [] })).toEqual(tooLate);
  });
});

describe('the end', () => {
  it('withdraws what is queued, stops all clocks, and is told to everybody under its own name', () => {
    const end = (outcome: 'resolved' | 'stood_down' | 'false_alarm') => close(ladder, timerAt({ ackExpiresAt: start }), { rid: rid('b'), outcome, tier: 2 }, { earlier: [{ rid: rid('a'), outcome }], told });
    expect(end('stood_down')).toMatchObject({ closed: true, change: { deliveries: [{ purpose: 'stand_down' }, { purpose: 'stand_down' }] } });
    expect(end('false_alarm')).toMatchObject({
      closed: true,
      change: {
        timer: { state: 'false_alarm', dueAt: null, dueKind: null, ackExpiresAt: null },
        cancel: { kind: 'all' },
        deliveries: [{ purpose: 'closed' }, { purpose: 'closed' }],
        events: [{ type: 'CLOSE', tier: 2, detail: { outcome: 'false_alarm' } }],
      },
    });
  });
});

describe('a message that the defender adds', () => {
  it('is announced once to each person, under its own number, and moves no clock', () => {
    const timer = timerAt();
    expect(announceFollowUp(timer, { told, seq: 4 })).toMatchObject({ timer, deliveries: [{ purpose: 'follow_up', nth: 4, deadline: null }, { purpose: 'follow_up', nth: 4 }], events: [] });
  });
});

import { describe, expect, it } from '@jest/globals';
import { contact, everybody, everyTier, hour, kyrgyzstan, minute, mondayMorning as start, rid } from '../../test/support/people.js';
import type { AlertTimer } from './alert.js';
import { acceptHandOver, escalateNow, handOver, recordAction, renew, snooze } from './handling.js';
import { openAlert } from './open-alert.js';
import { ladderOf } from './policy.js';

const ladder = ladderOf(kyrgyzstan, 2, everyTier);

function timerAt(parts: Partial<AlertTimer> = {}): AlertTimer {
  const opened = openAlert(kyrgyzstan, { severity: 2, tiers: everyTier, excludedOrgs: [], now: start }, everybody);
  if ('refused' in opened) throw new Error(opened.refused);
  return { ...opened.timer, ...parts };
}

const owned = timerAt({ state: 'acknowledged', owner: rid('a'), dueKind: 'reminder', dueAt: start + minute, ackExpiresAt: start + 2 * minute });
const closed = timerAt({ state: 'resolved', owner: rid('a'), dueKind: null, dueAt: null });
const by = { rid: rid('a'), tier: 1 };
const climbing = { reachable: everybody, excludedOrgs: [], acknowledged: new Set<string>() };

describe('what a responder does', () => {
  const deeds: Readonly<Record<string, (timer: AlertTimer) => unknown>> = {
    'an action': (timer) => recordAction(ladder, timer, { ...by, code: 'called_safely' }, start),
    '"still mine"': (timer) => renew(ladder, timer, by.rid, by.tier, start),
    'putting it off': (timer) => snooze(ladder, timer, { ...by, forMs: hour }, 0, start),
    '"the next tier now"': (timer) => escalateNow(ladder, timer, { tier: 1, expectedGen: timer.gen }, climbing, start),
    'a hand-over': (timer) => handOver(timer, by, { rid: rid('b') }, [contact('b', 'lawyers')]),
    'accepting one': (timer) => acceptHandOver(ladder, timer, { rid: rid('b'), org: 'lawyers', tier: 2 }, [{ from: rid('a'), target: { rid: rid('b') } }], start),
  };

  it.each(Object.keys(deeds))('%s is possible while the alert is open, and not when it is closed', (name) => {
    expect(deeds[name]?.(owned)).toHaveProperty('change');
    expect(deeds[name]?.(closed)).toEqual({ refused: 'already-closed' });
  });

  it.each(['"still mine"', 'putting it off', 'a hand-over', 'accepting one'])('%s needs somebody who has the alert', (name) => {
    expect(deeds[name]?.(timerAt())).toEqual({ refused: 'not-acknowledged' });
  });

  it('an action of somebody else, or before anybody has the alert, is on record and leaves the clocks', () => {
    const event = { type: 'ACTION', tier: 2, detail: { code: 'called_safely' } };
    for (const timer of [owned, timerAt(), timerAt({ state: 'paused', dueKind: 'resume' })]) {
      expect(recordAction(ladder, timer, { rid: rid('b'), tier: 2, code: 'called_safely' }, start)).toMatchObject({ change: { timer, events: [event] } });
    }
  });

  it('"still mine" of the owner is a fresh clock, on record', () => {
    const later = start + minute;
    expect(renew(ladder, owned, by.rid, 1, later)).toMatchObject({
      change: { timer: { state: 'acknowledged', owner: rid('a'), dueKind: 'reminder' }, events: [{ type: 'ACTION', detail: { code: 'renewed' } }] },
    });
    const renewed = renew(ladder, owned, by.rid, 1, later);
    if ('refused' in renewed) throw new Error(renewed.refused);
    expect(renewed.change.timer.ackExpiresAt).toBeGreaterThan(owned.ackExpiresAt ?? 0);
  });
});

describe('a hand-over', () => {
  it('is asked of everybody named but the one who asks, who stays the owner until somebody accepts', () => {
    const asked = handOver(owned, by, { org: 'lawyers' }, [contact('a', 'lawyers'), contact('b', 'lawyers'), contact('c', 'lawyers')]);
    expect(asked).toMatchObject({
      change: {
        timer: owned,
        deliveries: [{ purpose: 'hand_over', contact: { rid: rid('b') } }, { purpose: 'hand_over', contact: { rid: rid('c') } }],
        events: [{ type: 'HAND_OVER', detail: { phase: 'asked', toOrg: 'lawyers' } }],
      },
    });
    expect(handOver(owned, by, { rid: rid('b') }, [contact('b', 'lawyers')])).toMatchObject({ change: { events: [{ detail: { phase: 'asked', toRid: rid('b') } }] } });
  });

  it('is refused when nobody else can be reached', () => {
    expect(handOver(owned, by, { org: 'lawyers' }, [])).toEqual({ refused: 'nobody-reachable' });
    expect(handOver(owned, by, { org: 'osh' }, [contact('a', 'osh')])).toEqual({ refused: 'nobody-reachable' });
  });

  it('is accepted by the person who was asked, or by anybody of the organisation that was', () => {
    const accepted = (who: string, org: string, target: Parameters<typeof handOver>[2]) =>
      acceptHandOver(ladder, owned, { rid: rid(who), org, tier: 2 }, [{ from: rid('a'), target }], start);
    const taken = { change: { timer: { owner: rid('b'), state: 'acknowledged' }, events: [{ type: 'HAND_OVER', detail: { phase: 'accepted' } }] } };
    expect(accepted('b', 'lawyers', { rid: rid('b') })).toMatchObject(taken);
    expect(accepted('b', 'lawyers', { org: 'lawyers' })).toMatchObject(taken);
    const two = [{ from: rid('a'), target: { rid: rid('d') } }, { from: rid('a'), target: { rid: rid('b') } }];
    expect(acceptHandOver(ladder, owned, { rid: rid('b'), org: 'lawyers', tier: 2 }, two, start)).toMatchObject(taken);
    expect(accepted('c', 'lawyers', { rid: rid('b') })).toEqual({ refused: 'not-asked' });
    expect(accepted('d', 'bishkek', { org: 'lawyers' })).toEqual({ refused: 'not-asked' });
  });
});

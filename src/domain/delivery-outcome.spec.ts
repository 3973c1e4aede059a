import { describe, expect, it } from '@jest/globals';
import { contact } from '../../test/support/people.js';
import type { AlertTimer } from './alert.js';
import { allowance, breakerOpenMs, CLOSED_BREAKER, recordResult } from './breaker.js';
import { afterAttempt, isWanted, lastMessageDied, maxAttempts, retryDelayMs, type AttemptedDelivery } from './delivery-outcome.js';

const now = 1_000_000;
const delivery: AttemptedDelivery = { severity: 1, purpose: 'notify', gen: 1, tier: 1, attempt: 1, deadline: now + 300_000 };
const other = contact('a', 'osh', 2);
const context = { wanted: true, otherContacts: [other], random: 0.5 };
const lost = { kind: 'ambiguous', code: 'lost' } as const;
const later = { kind: 'retry', code: 'smtp-450', providerTrouble: false } as const;
const limited = (retryAfterMs: number) => ({ kind: 'rate_limited', code: 'http-429', retryAfterMs }) as const;

describe('after an attempt', () => {
  it('a message that was taken is sent, and nothing else happens', () => {
    for (const wanted of [true, false]) {
      expect(afterAttempt(delivery, { kind: 'accepted', code: 'smtp-250', providerMessageId: null }, { ...context, wanted }, now)).toEqual({ state: 'sent', nextAt: null, disableContact: false, fallback: null });
    }
  });

  it('a refusal ends the message, and the contact only when the address is at fault', () => {
    expect(afterAttempt(delivery, { kind: 'refused', code: 'smtp-550', contactIsDead: true }, context, now)).toEqual({ state: 'dead', nextAt: null, disableContact: true, fallback: other });
    expect(afterAttempt(delivery, { kind: 'refused', code: 'smtp-554', contactIsDead: false }, context, now).disableContact).toBe(false);
  });

  it('a lost answer goes elsewhere and again for a critical alert, and again for others', () => {
    expect(afterAttempt(delivery, lost, context, now)).toMatchObject({ state: 'failed', fallback: other });
    expect(afterAttempt({ ...delivery, severity: 2 }, lost, context, now)).toMatchObject({ state: 'failed', fallback: null });
  });

  it('a provider in trouble is not waited for when a life hangs on it', () => {
    const trouble = { ...later, providerTrouble: true };
    expect(afterAttempt(delivery, trouble, context, now)).toMatchObject({ state: 'failed', fallback: other });
    expect(afterAttempt({ ...delivery, severity: 2 }, trouble, context, now)).toMatchObject({ state: 'failed', fallback: null });
    expect(afterAttempt(delivery, later, context, now)).toMatchObject({ state: 'failed', fallback: null });
  });

  it('"not before" is obeyed to the millisecond, whatever the attempt', () => {
    expect(afterAttempt({ ...delivery, severity: 2, attempt: 9 }, limited(20_000), context, now)).toEqual({ state: 'failed', nextAt: now + 20_000, disableContact: false, fallback: null });
    expect(afterAttempt(delivery, limited(0), context, now).nextAt).toBeGreaterThan(now);
  });

  it('"not before" of more than a few seconds takes another way as well when a life hangs on it', () => {
    expect(afterAttempt(delivery, limited(20_000), context, now)).toMatchObject({ state: 'failed', nextAt: now + 20_000, fallback: other });
    expect(afterAttempt(delivery, limited(2_000), context, now)).toMatchObject({ state: 'failed', fallback: null });
  });

  it('"not before" beyond the time of its tier takes another way instead', () => {
    expect(afterAttempt(delivery, limited(300_001), context, now)).toEqual({ state: 'dead', nextAt: null, disableContact: false, fallback: other });
    expect(afterAttempt({ ...delivery, deadline: null }, limited(3_600_000), context, now)).toMatchObject({ state: 'dead', fallback: other });
    expect(afterAttempt({ ...delivery, deadline: null, attempt: maxAttempts + 5 }, limited(60_000), context, now).state).toBe('failed');
  });

  it('nothing is tried after the deadline of its tier, but the person is told another way', () => {
    expect(afterAttempt({ ...delivery, deadline: now + 100 }, later, context, now)).toMatchObject({ state: 'dead', fallback: other });
  });

  it('a message whose sender died before its first answer is tried once more, even late', () => {
    expect(afterAttempt({ ...delivery, deadline: now - 1 }, lost, context, now).state).toBe('failed');
    expect(afterAttempt({ ...delivery, deadline: now - 1, attempt: 2 }, lost, context, now).state).toBe('dead');
  });

  it('without a deadline the attempts are counted', () => {
    expect(afterAttempt({ ...delivery, deadline: null, attempt: maxAttempts - 1 }, later, context, now).state).toBe('failed');
    expect(afterAttempt({ ...delivery, deadline: null, attempt: maxAttempts }, later, context, now).state).toBe('dead');
  });

  it('nothing is tried again for an alert that somebody has', () => {
    expect(afterAttempt(delivery, lost, { ...context, wanted: false }, now)).toMatchObject({ state: 'cancelled', fallback: null });
    expect(isWanted('notify', { state: 'acknowledged' })).toBe(false);
    expect(isWanted('closed', { state: 'resolved' })).toBe(true);
    expect(isWanted('reminder', { state: 'notifying' })).toBe(false);
  });

  it('the pauses are random, grow, and stay short for a critical alert', () => {
    expect([1, 2, 3].map((attempt) => retryDelayMs(2, attempt, 0.5))).toEqual([1_000, 2_000, 4_000]);
    expect(retryDelayMs(1, 30, 0.999)).toBeLessThanOrEqual(30_000);
    expect(retryDelayMs(1, 1, 0)).toBe(500);
  });
});

describe('the last message of a tier', () => {
  const timer: AlertTimer = { state: 'notifying', tier: 1, gen: 1, loop: 0, roundGen: 1, owner: null, ackExpiresAt: null, dueAt: now + 60_000, dueKind: 'handed_over' };

  it('that cannot be delivered lets the next tier be told at once, and its own is "not reached"', () => {
    for (const purpose of ['notify', 'task'] as const) {
      expect(lastMessageDied(timer, { ...delivery, purpose }, 0, now)).toMatchObject({
        timer: { ...timer, dueAt: now, dueKind: 'escalate' },
        entryUpdate: { gen: 1, tier: 1, outcome: 'not_reached', reason: 'all_refused' },
        events: [{ type: 'UNREACHABLE', tier: 1 }],
      });
    }
  });

  it('changes nothing while another one is alive, when its turn is over, or when it only reminded', () => {
    expect(lastMessageDied(timer, delivery, 1, now)).toBeNull();
    expect(lastMessageDied({ ...timer, gen: 2 }, delivery, 0, now)).toBeNull();
    expect(lastMessageDied({ ...timer, state: 'acknowledged' }, delivery, 0, now)).toBeNull();
    expect(lastMessageDied({ ...timer, state: 'paused' }, delivery, 0, now)).toBeNull();
    expect(lastMessageDied(timer, { ...delivery, purpose: 'unanswered' }, 0, now)).toBeNull();
  });
});

describe('the breaker of a provider', () => {
  const after = (results: readonly boolean[], everyMs = 100) => results.reduce((breaker, ok, at) => recordResult(breaker, ok, at * everyMs), CLOSED_BREAKER);

  it('opens at five failures that are half of all within a minute', () => {
    expect(after([false, false, false, false]).openUntil).toBeNull();
    expect(after([false, false, false, false, false]).openUntil).not.toBeNull();
    expect(after([true, true, true, true, true, true, false, false, false, false, false]).openUntil).toBeNull();
    expect(after([true, true, true, true, true, false, false, false, false, false]).openUntil).not.toBeNull();
    expect(after([false, false, false, false, false], 20_000).openUntil).toBeNull();
  });

  it('lets everything through while it is closed', () => {
    expect(allowance(after([false, false, false, false]), 1_000)).toBe('free');
  });

  it('then lets one message try, and closes when that is taken', () => {
    const open = after([false, false, false, false, false]);
    const until = open.openUntil ?? 0;
    expect(allowance(open, until - 1)).toBe('none');
    expect(allowance(open, until)).toBe('probe');
    expect(recordResult(open, true, until - 1)).toBe(open); // an answer to what was sent before it opened
    expect(recordResult(open, true, until)).toBe(CLOSED_BREAKER);
    expect(recordResult(open, false, until).openUntil).toBe(until + breakerOpenMs);
  });
});

import { describe, expect, it } from '@jest/globals';
import { everybody, everyTier, kyrgyzstan, mondayMorning as start, rid } from '../../test/support/people.js';
import type { AlertTimer } from './alert.js';
import { acknowledge, decline, isSatisfied, type Answer, type Answered } from './answers.js';
import { openAlert } from './open-alert.js';
import { ladderOf } from './policy.js';

const ladder = ladderOf(kyrgyzstan, 1, everyTier);
const lawyers = [{ rid: rid('b'), org: 'lawyers' }, { rid: rid('c'), org: 'lawyers' }];

/** The second tier, with two lawyers, was told; the round began with the first. */
function second(parts: Partial<AlertTimer> = {}): AlertTimer {
  const opened = openAlert(kyrgyzstan, { severity: 1, tiers: everyTier, excludedOrgs: [], now: start }, everybody);
  if ('refused' in opened) throw new Error(opened.refused);
  return { ...opened.timer, tier: 2, gen: 2, dueKind: 'escalate', ...parts };
}

const answer = (letter: string, decision: Answer['decision'], parts: Partial<Answer> = {}): Answer => ({ rid: rid(letter), org: 'lawyers', tier: 2, gen: 2, decision, ...parts });
const no = (letter: string, parts: Partial<Answer> = {}): Answer => answer(letter, 'decline', parts);

interface Before {
  readonly timer?: AlertTimer;
  readonly told?: readonly { readonly rid: string; readonly org: string }[];
}

function saidNo(by: Answer, answers: readonly Answer[] = [], { timer = second(), told = lawyers }: Before = {}): Answered {
  return decline(ladder, timer, by, { answers, told, reachable: everybody, excludedOrgs: [], acknowledged: new Set() }, start);
}

/** What happened, and where the ladder stands then. */
function outcome(answered: Answered): unknown {
  if ('refused' in answered) return answered.refused;
  return [answered.change.events.map(({ type }) => type).join(' '), answered.change.timer.tier];
}

describe('somebody cannot take it', () => {
  it('waits for the others, and silences only the one who said so', () => {
    expect(saidNo(no('b'))).toMatchObject({ meaning: 'recorded', change: { timer: second(), cancel: { kind: 'person', rid: rid('b') }, deliveries: [] } });
    expect(outcome(saidNo(no('b')))).toEqual(['DECLINE', 2]);
  });

  it('the last one of a tier: the next tier is told at once', () => {
    const answered = saidNo(no('c'), [no('b')]);
    expect(answered).toMatchObject({ change: { timer: { state: 'notifying', gen: 3, owner: null }, deliveries: [{ purpose: 'notify', tier: 3, contact: { rid: rid('d') } }] } });
    expect(outcome(answered)).toEqual(['DECLINE ENTER', 3]);
  });

  it('who cannot open it is not there either, and on record with that', () => {
    expect(outcome(saidNo(answer('c', 'undecryptable'), [no('b')]))).toEqual(['UNDECRYPTABLE ENTER', 3]);
    expect(outcome(saidNo(no('c'), [answer('b', 'undecryptable')]))).toEqual(['DECLINE ENTER', 3]);
  });

  it('waits for whoever said no and then yes, and for whoever said no to an earlier message', () => {
    expect(outcome(saidNo(no('c'), [no('b'), answer('b', 'ack')]))).toEqual(['DECLINE', 2]);
    expect(outcome(saidNo(no('c'), [no('b', { gen: 1 })]))).toEqual(['DECLINE', 2]);
    // A yes to an earlier message does not undo the no to this one.
    expect(outcome(saidNo(no('c'), [no('b'), answer('b', 'ack', { gen: 1 })]))).toEqual(['DECLINE ENTER', 3]);
  });

  it('changes nothing when it is no longer their turn, or somebody has the alert, or nobody is known to have been told', () => {
    const osh = { rid: rid('a'), org: 'osh' };
    expect(outcome(saidNo(no('a', { tier: 1 }), [], { told: [osh] }))).toEqual(['DECLINE', 2]);
    expect(outcome(saidNo(no('c'), [no('b')], { timer: second({ state: 'acknowledged', owner: rid('a') }) }))).toEqual(['DECLINE', 2]);
    expect(outcome(saidNo(no('c'), [no('b')], { timer: second({ state: 'paused' }) }))).toEqual(['DECLINE', 2]);
    expect(outcome(saidNo(no('c'), [], { told: [] }))).toEqual(['DECLINE', 2]);
  });

  it('in the last tier, where there is nobody above, leaves the clock as it is', () => {
    const last = second({ tier: 6 });
    expect(outcome(saidNo(no('c', { tier: 6 }), [no('b', { tier: 6 })], { timer: last }))).toEqual(['DECLINE', 6]);
  });
});

describe('an answer', () => {
  const context = { answers: [], told: lawyers };

  it('may be yes after no, and never no after yes, nor the same twice', () => {
    expect(acknowledge(ladder, second(), answer('b', 'ack'), { ...context, answers: [no('b')] }, start)).toMatchObject({ meaning: 'owner' });
    expect(outcome(saidNo(no('b'), [answer('b', 'ack')]))).toBe('already-answered');
    expect(outcome(saidNo(no('b'), [no('b')]))).toBe('already-answered');
    expect(outcome(saidNo(no('b'), [no('b', { gen: 1 })]))).toEqual(['DECLINE', 2]);
  });

  it('counts for the messages of this round, and not for one that was not sent', () => {
    const round = second({ roundGen: 2 });
    expect(outcome(saidNo(no('b', { gen: 1 }), [], { timer: round }))).toBe('stale-gen');
    expect(outcome(saidNo(no('b', { gen: 3 })))).toBe('stale-gen');
    expect(acknowledge(ladder, round, answer('b', 'ack', { gen: 1 }), context, start)).toEqual({ refused: 'stale-gen' });
    expect(acknowledge(ladder, second(), answer('b', 'ack', { gen: 1 }), context, start)).toMatchObject({ meaning: 'owner' });
  });

  it('counts towards a quorum of its own tier and round only, and a no does not count', () => {
    const two = ladderOf({ ...kyrgyzstan, tiers: kyrgyzstan.tiers.map((tier) => ({ ...tier, satisfiedBy: { quorum: 2 } })) }, 1, everyTier);
    const after = (earlier: Answer, timer = second()) => acknowledge(two, timer, answer('b', 'ack'), { answers: [earlier], told: lawyers }, start);
    expect(after(answer('c', 'ack'))).toMatchObject({ meaning: 'owner' });
    expect(after(no('c'))).toMatchObject({ meaning: 'counted' });
    expect(after(answer('a', 'ack', { tier: 1, gen: 1 }))).toMatchObject({ meaning: 'counted' });
    expect(after(answer('c', 'ack', { gen: 1 }), second({ roundGen: 2 }))).toMatchObject({ meaning: 'counted' });
  });

  it('comes too late when the alert is closed, and is only put on record when somebody has it', () => {
    const closed = second({ state: 'resolved', dueAt: null, dueKind: null });
    expect(acknowledge(ladder, closed, answer('b', 'ack'), context, start)).toEqual({ refused: 'already-closed' });
    expect(outcome(saidNo(no('b'), [], { timer: closed }))).toBe('already-closed');
    const owned = second({ state: 'acknowledged', owner: rid('a') });
    expect(acknowledge(ladder, owned, answer('b', 'ack'), context, start)).toMatchObject({ meaning: 'recorded', change: { timer: owned, cancel: { kind: 'none' } } });
  });

  it('of nobody satisfies no rule', () => {
    for (const rule of ['any', 'each_org', { quorum: 1 }] as const) expect(isSatisfied(rule, [], [])).toBe(false);
  });
});

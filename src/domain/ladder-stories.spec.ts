import { describe, expect, it } from '@jest/globals';
import { contact, dutyDesk, everybody, everyTier, hour, kyrgyzstan, minute, mondayMorning, nobody, rid } from '../../test/support/people.js';
import type { AlertTimer, Change, Reachable } from './alert.js';
import { acknowledge, isSatisfied, type Answer } from './answers.js';
import { decide, type TickContext } from './decide.js';
import { close, requestStandDown } from './ending.js';
import { forecast } from './forecast.js';
import { acceptHandOver, escalateNow, handOver, recordAction, renew, snooze } from './handling.js';
import { openAlert, type Opening } from './open-alert.js';
import { ladderOf, type Policy } from './policy.js';
import type { Severity } from './severity.js';

const start = mondayMorning;

function open(severity: Severity = 1, tiers: readonly number[] = everyTier, reachable: Reachable = everybody, policy: Policy = kyrgyzstan): Opening {
  const opened = openAlert(policy, { severity, tiers, excludedOrgs: [], now: start }, reachable);
  if ('refused' in opened) throw new Error(opened.refused);
  return opened;
}

/** A tick in which a provider has taken one message of the current tier, unless the story says otherwise. */
function context(parts: Partial<TickContext> = {}): TickContext {
  return {
    reachable: everybody,
    excludedOrgs: [],
    acknowledged: new Set(),
    entry: { outcome: 'notified', enteredAt: start, lateMs: 0 },
    messages: { queued: 1, accepted: 1 },
    ownerContacts: [],
    leap: null,
    ...parts,
  };
}

const ladder = (severity: Severity = 1, tiers: readonly number[] = everyTier, policy: Policy = kyrgyzstan) => ladderOf(policy, severity, tiers);
const told = (change: Pick<Change, 'deliveries'>): string[] => change.deliveries.map((delivery) => delivery.contact.contactId);
const at = (ms: number | null): number => (ms ?? 0) - start;
const timerAt = (parts: Partial<AlertTimer>): AlertTimer => ({ ...open().timer, ...parts });

describe('an alert comes in', () => {
  it('tells the first tier at once, and looks after 60 s whether anything has left', () => {
    const { timer, tierEntries, deliveries, events } = open();
    expect(told({ deliveries })).toEqual(['a-email-1']);
    expect(timer).toMatchObject({ state: 'notifying', tier: 1, gen: 1, dueKind: 'handed_over' });
    expect(at(timer.dueAt)).toBe(minute);
    expect(tierEntries).toEqual([{ gen: 1, tier: 1, loop: 0, outcome: 'notified', reason: null, lateMs: 0 }]);
    expect(events.map(({ type }) => type)).toEqual(['ENTER']);
  });

  it('records the tiers without consent from the beginning', () => {
    const { tierEntries, events } = open(1, [1, 2, 3, 6]);
    expect(tierEntries.filter(({ outcome }) => outcome === 'not_consented').map(({ tier }) => tier)).toEqual([4, 5]);
    expect(events.map(({ type, tier }) => [type, tier])).toEqual([['NOT_CONSENTED', 4], ['NOT_CONSENTED', 5], ['ENTER', 1]]);
  });

  it('is refused when the sender allows nobody: it would be silence', () => {
    expect(openAlert(kyrgyzstan, { severity: 1, tiers: [], excludedOrgs: [], now: start }, everybody)).toEqual({ refused: 'no-tier-allowed' });
  });

  it('does not wait for a tier of which nobody can be reached', () => {
    const { timer, tierEntries, events } = open(1, everyTier, nobody);
    expect(tierEntries[0]).toMatchObject({ outcome: 'not_reached', reason: 'nobody_reachable' });
    expect(events.map(({ type }) => type)).toEqual(['UNREACHABLE']);
    expect([at(timer.dueAt), timer.dueKind]).toEqual([0, 'escalate']);
  });

  it('does not tell an organisation that the sender left out', () => {
    const opened = openAlert(kyrgyzstan, { severity: 1, tiers: everyTier, excludedOrgs: ['osh'], now: start }, everybody);
    expect(opened).toMatchObject({ deliveries: [], tierEntries: [{ outcome: 'not_reached' }] });
  });

  it('uses one contact for each person, the first that works', () => {
    const reachable: Reachable = { byTier: new Map([[1, [contact('a', 'osh', 2), contact('a', 'osh', 1), contact('b', 'osh', 3)]]]), dutyDesk: [] };
    expect(told(open(1, everyTier, reachable)).sort()).toEqual(['a-email-1', 'b-email-3']);
  });

  it('of severity 4 waits for the next shift, unless one is running', () => {
    expect(open(4).timer).toMatchObject({ tier: 1, dueKind: 'handed_over' });
    const night = openAlert(kyrgyzstan, { severity: 4, tiers: everyTier, excludedOrgs: [], now: start + 10 * hour }, everybody);
    expect(night).toMatchObject({ deliveries: [], timer: { tier: 0, dueKind: 'escalate', dueAt: start + 23 * hour } });
  });
});

describe('nobody answers', () => {
  it('the timer goes from "has it left" to the rest of the tier, and then to the next tier', () => {
    const { timer } = open();
    const checked = decide(ladder(), timer, start + minute, context());
    expect([at(checked.timer.dueAt), checked.timer.dueKind, checked.timer.gen]).toEqual([5 * minute, 'escalate', 1]);
    const next = decide(ladder(), checked.timer, start + 5 * minute, context());
    expect([next.timer.tier, next.timer.gen]).toEqual([2, 2]);
    expect(told(next)).toEqual(['b-email-1', 'c-email-1']);
    expect(next.deliveries[0]).toMatchObject({ purpose: 'notify', deadline: start + 10 * minute });
  });

  it('when no provider took a message within 60 s, the tier is "not reached" and the next is told', () => {
    const change = decide(ladder(), open().timer, start + minute, context({ messages: { queued: 1, accepted: 0 } }));
    expect(change.entryUpdate).toEqual({ gen: 1, tier: 1, outcome: 'not_reached', reason: 'not_handed_over' });
    expect(change.events.map(({ type, tier }) => [type, tier])).toEqual([['UNREACHABLE', 1], ['ENTER', 2]]);
    expect(change.cancel).toEqual({ kind: 'none' }); // attempts for the first tier go on
  });

  it('of those whom the roster names, people who have duty are told; when none has, the next tier is entered at once', () => {
    const duty = (critical: string[], other: string[]) => ({ critical: new Set(critical), other: new Set(other), closed: () => [] });
    const before = timerAt({ dueKind: 'escalate', dueAt: start });
    const withDuty = (critical: string[], other: string[]) => context({ reachable: { ...everybody, duty: new Map([[2, duty(critical, other)]]) } });
    expect(told(decide(ladder(1), before, start, withDuty([rid('b')], [])))).toEqual(['b-email-1']);
    const closed = decide(ladder(2), before, start, withDuty([rid('b')], []));
    expect(closed).toMatchObject({ entries: [{ tier: 2, outcome: 'not_reached', reason: 'nobody_on_duty' }], deliveries: [], timer: { dueAt: start, dueKind: 'escalate' } });
  });

  it('a task asks the people whom the policy names, or the nearest below who can be reached', () => {
    const before = timerAt({ tier: 5, gen: 5, dueKind: 'escalate', dueAt: start });
    expect(decide(ladder(), before, start, context())).toMatchObject({ entries: [{ tier: 6, outcome: 'task' }], deliveries: [{ purpose: 'task', contact: { rid: rid('e') } }] });
    const withoutAbroad = { ...everybody, byTier: new Map([...everybody.byTier].filter(([tier]) => tier !== 4)) };
    expect(told(decide(ladder(), before, start, context({ reachable: withoutAbroad })))).toEqual(['f-email-1', 'g-email-1']);
    expect(told(decide(ladder(1, [1, 2, 3, 6]), { ...before, tier: 3 }, start, context()))).toEqual(['d-email-1']);
  });

  it('after the last tier the duty desk is told, and the ladder begins again after a pause', () => {
    const last = timerAt({ tier: 6, gen: 6, dueKind: 'escalate', dueAt: start });
    const end = decide(ladder(), last, start, context());
    expect(end).toMatchObject({ deliveries: [{ purpose: 'unanswered', contact: dutyDesk }], timer: { tier: 0, loop: 1, gen: 7, dueAt: start + 15 * minute } });
    expect(end.events.map(({ type }) => type)).toEqual(['LOOP']);
    const again = decide(ladder(), end.timer, start + 15 * minute, context({ entry: null, messages: { queued: 0, accepted: 0 } }));
    expect(again).toMatchObject({ timer: { tier: 1, loop: 1, gen: 8 }, entryUpdate: null });
  });

  it('an empty roster does not spin: one round of "not reached", then the pause', () => {
    let { timer } = open(1, everyTier, nobody);
    let rounds = 0;
    while (timer.dueAt === start) {
      timer = decide(ladder(), timer, start, context({ reachable: nobody, entry: { outcome: 'not_reached', enteredAt: start, lateMs: 0 }, messages: { queued: 0, accepted: 0 } })).timer;
      rounds++;
    }
    expect([rounds, timer.tier, timer.loop, at(timer.dueAt)]).toEqual([6, 0, 1, 15 * minute]);
  });

  it('a policy with a last round tells nobody but the duty desk after it', () => {
    const once = { ...kyrgyzstan, loop: { ...kyrgyzstan.loop, max: 0 } };
    const last = timerAt({ tier: 6, gen: 6, dueKind: 'escalate', dueAt: start });
    const end = decide(ladder(1, everyTier, once), last, start, context());
    const still = decide(ladder(1, everyTier, once), end.timer, end.timer.dueAt ?? 0, context());
    expect([told(still), still.entries]).toEqual([['duty-desk'], []]);
  });
});

describe('a timer', () => {
  it('that is not due, or of a closed alert, is a broken invariant and says so', () => {
    expect(() => decide(ladder(), open().timer, start + minute - 1, context())).toThrow('not due');
    const ended = [timerAt({ dueAt: null }), timerAt({ dueKind: null }), timerAt({ state: 'resolved' })];
    for (const timer of ended) expect(() => decide(ladder(), timer, start + hour, context())).toThrow('closed alert');
  });
});

describe('a long wait', () => {
  const entered = timerAt({ tier: 5, gen: 5, dueKind: 'handed_over', dueAt: start + minute });

  it('is not silent: every 30 min the EU tier and the duty desk are told again, until the next tier after 5 1/2 h', () => {
    let timer = decide(ladder(), entered, start + minute, context()).timer;
    const repeats: string[][] = [];
    for (let rings = 0; timer.dueKind === 'repeat' && rings < 30; rings++) {
      const change = decide(ladder(), timer, timer.dueAt ?? 0, context());
      expect(change).toMatchObject({ entries: [], events: [], timer: { tier: 5, gen: 5 } });
      expect(forecast(ladder(), timer, { enteredAt: start, lateMs: 0 }).get(6)).toBe(start + 330 * minute);
      repeats.push(change.deliveries.map(({ purpose, nth, contact: { contactId } }) => `${contactId} ${purpose} ${nth}`));
      timer = change.timer;
    }
    expect(repeats.map(([first]) => first)).toEqual(Array.from({ length: 10 }, (_, nth) => `f-email-1 notify ${nth + 1}`));
    expect(repeats[0]).toEqual(['f-email-1 notify 1', 'g-email-1 notify 1', 'duty-desk unanswered 1']);
    expect([timer.dueKind, at(timer.dueAt)]).toEqual(['escalate', 330 * minute]);
  });

  it('after downtime one message stands for all that were missed, or the next tier is entered', () => {
    const waiting = timerAt({ tier: 5, gen: 5, dueKind: 'repeat', dueAt: start + 30 * minute });
    const late = decide(ladder(), waiting, start + 100 * minute, context());
    expect([late.deliveries[0]?.nth, at(late.timer.dueAt)]).toEqual([3, 120 * minute]);
    expect(decide(ladder(), waiting, start + 400 * minute, context())).toMatchObject({ entries: [{ tier: 6 }] });
  });

  it('is silent where the policy has nothing to repeat, and goes on after a pause where it was', () => {
    const { repeatMs: _repeat, ...quiet } = kyrgyzstan;
    expect(decide(ladder(1, everyTier, quiet), entered, start + minute, context()).timer).toMatchObject({ dueKind: 'escalate', dueAt: start + 330 * minute });
    const paused = timerAt({ state: 'paused', tier: 5, gen: 5, dueKind: 'resume', dueAt: start + 40 * minute });
    expect(decide(ladder(), paused, start + 40 * minute, context()).timer).toMatchObject({ dueKind: 'repeat', dueAt: start + 60 * minute });
  });
});

describe('after downtime', () => {
  /** Tier 1 was entered when it should be, and its time is over at `start`. */
  const overdue = timerAt({ tier: 1, dueKind: 'escalate', dueAt: start });
  const entered = (enteredAt: number, lateMs = 0) => context({ entry: { outcome: 'notified', enteredAt, lateMs } });
  const inTime = entered(start - 5 * minute);

  it('one tier is entered, with its time counted from now', () => {
    const change = decide(ladder(2), overdue, start + 3 * hour, inTime);
    expect(change.timer.tier).toBe(2);
    expect(change.entries).toMatchObject([{ lateMs: 0 }]);
    expect(change.deliveries[0]?.deadline).toBe(start + 3 * hour + 30 * minute);
  });

  it('a critical alert makes up for lost time, but leaves every tier 60 s', () => {
    expect(decide(ladder(1), overdue, start + 3 * hour, inTime).timer).toMatchObject({ tier: 2, dueAt: start + 3 * hour + minute, dueKind: 'escalate' });
    expect(decide(ladder(1), overdue, start + 2 * minute, inTime).deliveries[0]?.deadline).toBe(start + 5 * minute);
  });

  it('a round that begins late is made up for by a critical alert only', () => {
    const between = timerAt({ tier: 0, gen: 7, loop: 1, dueKind: 'escalate', dueAt: start });
    const late = (severity: Severity) => decide(ladder(severity), between, start + 2 * minute, context({ entry: null })).entries;
    expect(late(1)).toMatchObject([{ tier: 1, lateMs: 2 * minute }]);
    expect(late(2)).toMatchObject([{ tier: 1, lateMs: 0 }]);
  });

  it('the shorter time is still so after the look whether anything has left, and is what people are told', () => {
    const change = decide(ladder(1), overdue, start + 2 * minute, inTime);
    expect(change).toMatchObject({ entries: [{ tier: 2, lateMs: 2 * minute }], timer: { dueKind: 'handed_over', dueAt: start + 3 * minute } });
    const now = entered(start + 2 * minute, 2 * minute);
    const checked = decide(ladder(1), change.timer, start + 3 * minute, now);
    expect(checked.timer).toMatchObject({ tier: 2, dueKind: 'escalate', dueAt: start + 5 * minute });
    for (const { timer } of [change, checked]) expect(forecast(ladder(1), timer, now.entry).get(3)).toBe(start + 5 * minute);
  });

  it('a tier whose whole time went by before that look is left at once, as late as it is', () => {
    const change = decide(ladder(1), open().timer, start + 7 * minute, context());
    expect(change).toMatchObject({ entries: [{ tier: 2, lateMs: 2 * minute }], entryUpdate: null, timer: { tier: 2 } });
  });

  it('a clock that was put forward costs one tier: there is no delay to be made up for', () => {
    const leap = { at: start + 60 * minute, byMs: 60 * minute };
    const leapt = decide(ladder(1), overdue, start + 61 * minute, { ...inTime, leap });
    expect(leapt).toMatchObject({ entries: [{ tier: 2, lateMs: minute }], timer: { dueKind: 'handed_over' } });
    expect(leapt.deliveries[0]?.deadline).toBe(start + 65 * minute);
    // Entered after it: an engine that was away since then is late indeed.
    const later = context({ leap, entry: { outcome: 'notified', enteredAt: start + 61 * minute, lateMs: 0 } });
    expect(decide(ladder(1), overdue, start + 70 * minute, later).entries).toMatchObject([{ lateMs: 4 * minute }]);
  });

  it('what one tier cannot make up for goes on to the next, until the ladder is where it was promised to be', () => {
    const promised = forecast(ladder(1), overdue, inTime.entry);
    let change = decide(ladder(1), overdue, start + 12 * minute, inTime);
    let now = entered(start + 12 * minute, 12 * minute);
    const foreseen = forecast(ladder(1), change.timer, now.entry);
    const happened = new Map([[2, start + 12 * minute]]);
    while (change.timer.tier < 6) {
      const at = change.timer.dueAt ?? NaN;
      change = decide(ladder(1), change.timer, at, now);
      const [entry] = change.entries;
      if (!entry) continue; // the look, or telling again
      happened.set(entry.tier, at);
      now = entered(at, entry.lateMs);
    }
    expect([...happened].filter(([tier]) => tier > 2)).toEqual([...foreseen]);
    const lateBy = [...happened].map(([tier, at]) => (at - (promised.get(tier) ?? NaN)) / minute);
    expect(lateBy).toEqual([12, 8, 0, 0, 0]);
  });
});

describe('somebody answers', () => {
  const ack = (letter: string, org: string, tier = 1, gen = 1): Answer => ({ rid: rid(letter), org, tier, gen, decision: 'ack' });
  const answerTo = (policy: Policy, answer: Answer, answers: readonly Answer[] = [], people: { rid: string; org: string }[] = []) =>
    acknowledge(ladder(1, everyTier, policy), open().timer, answer, { answers, told: people }, start);
  const withRule = (satisfiedBy: Policy['tiers'][number]['satisfiedBy']): Policy => ({ ...kyrgyzstan, tiers: kyrgyzstan.tiers.map((tier) => ({ ...tier, satisfiedBy })) });

  it('the ladder stops for 30 min, with a reminder at 24', () => {
    const answered = answerTo(kyrgyzstan, ack('a', 'osh'));
    expect(answered).toMatchObject({ meaning: 'owner', change: { timer: { state: 'acknowledged', owner: rid('a') }, cancel: { kind: 'ladder' } } });
    if ('refused' in answered) throw new Error(answered.refused);
    expect([at(answered.change.timer.dueAt), at(answered.change.timer.ackExpiresAt)]).toEqual([24 * minute, 30 * minute]);
    expect(forecast(ladder(), answered.change.timer, { enteredAt: start, lateMs: 0 }).size).toBe(0);
  });

  it('a part of a quorum silences only that person; the same person twice is one', () => {
    const two = withRule({ quorum: 2 });
    expect(answerTo(two, ack('a', 'osh'))).toMatchObject({ meaning: 'counted', change: { timer: { state: 'notifying' }, cancel: { kind: 'person', rid: rid('a') } } });
    expect(answerTo(two, ack('a', 'osh'), [ack('a', 'osh')])).toEqual({ refused: 'already-answered' });
    expect(answerTo(two, ack('b', 'osh'), [ack('a', 'osh')])).toMatchObject({ meaning: 'owner' });
    expect(isSatisfied({ quorum: 2 }, [ack('a', 'osh', 1, 1), ack('a', 'osh', 1, 2)], [])).toBe(false);
  });

  it('each organisation that was told must answer, where the policy says so', () => {
    const each = withRule('each_org');
    const people = [{ rid: rid('a'), org: 'osh' }, { rid: rid('b'), org: 'lawyers' }];
    expect(answerTo(each, ack('a', 'osh'), [], people)).toMatchObject({ meaning: 'counted' });
    expect(answerTo(each, ack('b', 'lawyers'), [ack('a', 'osh')], people)).toMatchObject({ meaning: 'owner' });
  });

  it('an expired acknowledgement goes to the same tier, counts no more, and is told once', () => {
    const owned = timerAt({ state: 'acknowledged', owner: rid('a'), dueKind: 'ack_expiry', dueAt: start, ackExpiresAt: start });
    const expired = decide(ladder(), owned, start, context({ acknowledged: new Set([rid('a')]) }));
    expect(expired).toMatchObject({ timer: { state: 'notifying', tier: 1, gen: 2, roundGen: 2, owner: null, ackExpiresAt: null } });
    expect(told(expired)).toEqual(['a-email-1']);
    expect(acknowledge(ladder(), expired.timer, ack('a', 'osh', 1, 1), { answers: [], told: [] }, start)).toEqual({ refused: 'stale-gen' });
    const toNext = decide(ladder(1, everyTier, { ...kyrgyzstan, ack: { ...kyrgyzstan.ack, then: 'next' } }), owned, start, context());
    expect(toNext.timer.tier).toBe(2);
  });

  it('only the owner makes the acknowledgement young again', () => {
    const owned = timerAt({ state: 'acknowledged', owner: rid('a'), dueKind: 'reminder', dueAt: start, ackExpiresAt: start + minute });
    const done = (letter: string) => recordAction(ladder(), owned, { rid: rid(letter), tier: 1, code: 'called_safely' }, start + minute);
    expect(done('a')).toMatchObject({ change: { timer: { state: 'handling', dueAt: start + 25 * minute } } });
    expect(done('b')).toMatchObject({ change: { timer: { state: 'acknowledged', dueAt: start } } });
    expect(renew(ladder(), owned, rid('b'), 1, start)).toEqual({ refused: 'not-owner' });
  });

  it('the owner may put off what is not critical, as long as the policy allows, and is reminded before it ends', () => {
    const owned = timerAt({ state: 'handling', owner: rid('a'), dueKind: 'reminder', dueAt: start, ackExpiresAt: start + minute });
    const put = (severity: Severity, hours: number, before = 0, who = 'a') => snooze(ladder(severity), owned, { rid: rid(who), tier: 1, forMs: hours * hour }, before, start);
    expect(put(2, 3)).toMatchObject({ change: { timer: { state: 'handling', owner: rid('a'), ackExpiresAt: start + 3 * hour, dueAt: start + 2.4 * hour, dueKind: 'reminder' } } });
    expect(put(2, 3, 2 * hour)).toEqual({ refused: 'snooze-too-long' });
    expect(put(2, 4.1)).toEqual({ refused: 'snooze-too-long' });
    expect(put(1, 0.1)).toEqual({ refused: 'snooze-not-allowed' });
    expect(put(2, 3, 0, 'b')).toEqual({ refused: 'not-owner' });
    expect(snooze(ladder(2), timerAt({}), { rid: rid('a'), tier: 1, forMs: hour }, 0, start)).toEqual({ refused: 'not-acknowledged' });
    const longer = snooze(ladder(4), { ...owned, ackExpiresAt: start + 72 * hour }, { rid: rid('a'), tier: 1, forMs: hour }, 0, start);
    expect(longer).toMatchObject({ change: { timer: { ackExpiresAt: start + 72 * hour } } });
    const careless = { ...kyrgyzstan, ack: { ...kyrgyzstan.ack, snoozeMostMs: { S1: hour, S2: hour, S3: hour, S4: hour } } };
    expect(snooze(ladder(1, everyTier, careless), owned, { rid: rid('a'), tier: 1, forMs: minute }, 0, start)).toEqual({ refused: 'snooze-not-allowed' });
  });

  it('a hand-over counts only from the present owner, and changes hands when it is accepted', () => {
    const owned = timerAt({ state: 'acknowledged', owner: rid('a'), dueKind: 'reminder', dueAt: start, ackExpiresAt: start + minute });
    expect(handOver(owned, { rid: rid('b'), tier: 1 }, { org: 'lawyers' }, [contact('b', 'lawyers')])).toEqual({ refused: 'not-owner' });
    const asked = handOver(owned, { rid: rid('a'), tier: 1 }, { org: 'lawyers' }, [contact('b', 'lawyers')]);
    expect(asked).toMatchObject({ change: { timer: owned } });
    const by = { rid: rid('b'), org: 'lawyers', tier: 2 };
    expect(acceptHandOver(ladder(), owned, by, [{ from: rid('z'), target: { org: 'lawyers' } }], start)).toEqual({ refused: 'not-asked' });
    expect(acceptHandOver(ladder(), owned, by, [{ from: rid('a'), target: { org: 'lawyers' } }], start)).toMatchObject({ change: { timer: { owner: rid('b') } } });
  });

  it('escalate-now takes effect once, and says when there is nobody above', () => {
    const { timer } = open();
    const first = escalateNow(ladder(), timer, { tier: 1, expectedGen: 1 }, context(), start);
    if ('refused' in first) throw new Error(first.refused);
    expect(first.change.events.map(({ type }) => type)).toEqual(['ESCALATE', 'ENTER']);
    expect(escalateNow(ladder(), first.change.timer, { tier: 1, expectedGen: 1 }, context(), start)).toEqual({ refused: 'stale-gen' });
    expect(escalateNow(ladder(), timerAt({ tier: 6 }), { tier: 1, expectedGen: 1 }, context(), start)).toEqual({ refused: 'last-tier' });
  });
});

describe('the end', () => {
  const { timer } = open();
  const by = (letter: string, outcome: 'resolved' | 'false_alarm' = 'resolved') => ({ rid: rid(letter), outcome, tier: 1 });

  it('of a critical alert needs two people who agree', () => {
    expect(close(ladder(), timer, by('a'), { earlier: [], told: [] })).toMatchObject({ closed: false, change: { timer } });
    expect(close(ladder(), timer, by('a'), { earlier: [by('a')], told: [] })).toMatchObject({ closed: false });
    expect(close(ladder(), timer, by('b'), { earlier: [by('a', 'false_alarm')], told: [] })).toMatchObject({ closed: false });
    expect(close(ladder(), timer, by('b'), { earlier: [by('a')], told: [] })).toMatchObject({ closed: true, change: { timer: { state: 'resolved', dueAt: null, dueKind: null } } });
  });

  it('of any other needs one, and whoever was told is told', () => {
    const done = close(ladder(2), timer, by('a'), { earlier: [], told: [contact('b', 'lawyers')] });
    expect(done).toMatchObject({ closed: true, change: { cancel: { kind: 'all' }, deliveries: [{ purpose: 'closed' }] } });
  });

  it('a request to stand down pauses once, for 15 min, and what came due meanwhile is due then', () => {
    const paused = requestStandDown(ladder(), timer, { told: [], pausedBefore: false, seq: 1 }, start + minute);
    if ('refused' in paused) throw new Error(paused.refused);
    expect(paused.change.timer).toMatchObject({ state: 'paused', dueKind: 'resume', dueAt: start + 16 * minute });
    const on = decide(ladder(), paused.change.timer, start + 16 * minute, context());
    expect(on.timer).toMatchObject({ state: 'notifying', dueKind: 'escalate', dueAt: start + 16 * minute });
    expect(requestStandDown(ladder(), on.timer, { told: [], pausedBefore: true, seq: 2 }, start)).toMatchObject({ change: { timer: on.timer } });
  });
});

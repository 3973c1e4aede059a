import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contact, dutyDesk, everyTier, kyrgyzstan, mondayMorning } from '../../test/support/people.js';
import type { AlertTimer, Change, Contact, NewDelivery, Reachable, TierEntry } from './alert.js';
import { acknowledge, decline, type Answer } from './answers.js';
import { decide } from './decide.js';
import { isWanted, lastMessageDied } from './delivery-outcome.js';
import { close, requestStandDown, type CloseRequest } from './ending.js';
import { escalateNow, recordAction } from './handling.js';
import { isClosed, type CloseOutcome } from './life-cycle.js';
import { openAlert } from './open-alert.js';
import { ladderOf, nextStep, type Policy, type SatisfiedBy } from './policy.js';
import type { Severity } from './severity.js';

/** How many random lives are tried; the seed of a failing one is printed. */
const lives = 2_000;

interface SentDelivery extends NewDelivery {
  state: 'pending' | 'sent' | 'dead' | 'cancelled';
}

interface Life {
  readonly severity: Severity;
  readonly tiers: readonly number[];
  readonly rule: SatisfiedBy;
  readonly then: 'same' | 'next';
  readonly people: readonly { readonly tier: number; readonly org: number }[];
  readonly steps: readonly Step[];
}

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'ring' }
  | { readonly do: 'provider'; readonly which: number; readonly takes: boolean }
  | { readonly do: 'ack' | 'decline' | 'act'; readonly who: number }
  | { readonly do: 'escalate'; readonly staleBy: number }
  | { readonly do: 'stand-down' }
  | { readonly do: 'close'; readonly who: number; readonly outcome: CloseOutcome };

const life: fc.Arbitrary<Life> = fc.record({
  severity: fc.constantFrom<Severity>(1, 2, 3, 4),
  tiers: fc.subarray(everyTier, { minLength: 1 }),
  rule: fc.constantFrom<SatisfiedBy>('any', 'each_org', { quorum: 2 }),
  then: fc.constantFrom('same' as const, 'next' as const),
  people: fc.array(fc.record({ tier: fc.integer({ min: 1, max: 5 }), org: fc.integer({ min: 0, max: 2 }) }), { maxLength: 8 }),
  steps: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 60_000, 300_000, 3_600_000, 86_400_000) }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('ring' as const) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('provider' as const), which: fc.nat(20), takes: fc.boolean() }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('ack' as const, 'decline' as const, 'act' as const), who: fc.nat(7) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('escalate' as const), staleBy: fc.nat(1) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('stand-down' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), who: fc.nat(7), outcome: fc.constantFrom<CloseOutcome>('resolved', 'stood_down', 'false_alarm') }) },
    ),
    { minLength: 5, maxLength: 40 },
  ),
});

/** Lives one alert, as tick, desk and outbox would together, and checks after every step what must always be true. */
class World {
  readonly policy: Policy;
  readonly ladder;
  readonly reachable: Reachable;
  readonly people: readonly Contact[];
  timer: AlertTimer;
  now = mondayMorning;
  readonly entries: (TierEntry & { readonly at: number })[] = [];
  readonly deliveries: SentDelivery[] = [];
  readonly answers: Answer[] = [];
  readonly closers: CloseRequest[] = [];
  paused = false;
  expiries = 0;

  constructor(given: Life) {
    this.policy = { ...kyrgyzstan, ack: { ...kyrgyzstan.ack, then: given.then }, tiers: kyrgyzstan.tiers.map((tier) => ({ ...tier, satisfiedBy: given.rule })) };
    this.ladder = ladderOf(this.policy, given.severity, given.tiers);
    this.people = given.people.map(({ org }, at) => contact(String.fromCharCode(97 + at), `org${org}`));
    const byTier = new Map<number, Contact[]>();
    for (const [at, { tier }] of given.people.entries()) byTier.set(tier, [...(byTier.get(tier) ?? []), ...this.people.slice(at, at + 1)]);
    this.reachable = { byTier, dutyDesk: [dutyDesk] };
    const opened = openAlert(this.policy, { severity: given.severity, tiers: given.tiers, excludedOrgs: [], now: this.now }, this.reachable);
    // A severity that none of the allowed tiers has in its ladder: refused, and nothing follows.
    if ('refused' in opened) throw new NoLadder();
    this.timer = opened.timer;
    this.take(opened.tierEntries, opened.deliveries);
    this.check(null);
  }

  step(step: Step): void {
    const before = this.timer;
    const change = this.changeOf(step);
    if (change) this.apply(change);
    this.check(before, step, change);
  }

  private context() {
    const entry = this.entries.find(({ gen, tier, outcome }) => gen === this.timer.gen && tier === this.timer.tier && outcome !== 'not_consented');
    const ofEntry = this.deliveries.filter(({ gen, purpose }) => gen === this.timer.gen && (purpose === 'notify' || purpose === 'task'));
    return {
      reachable: this.reachable,
      excludedOrgs: [],
      acknowledged: new Set(this.answers.filter(({ decision, gen }) => decision === 'ack' && gen >= this.timer.roundGen).map(({ rid }) => rid)),
      entry: entry ? { outcome: entry.outcome, enteredAt: entry.at } : null,
      messages: { queued: ofEntry.length, accepted: ofEntry.filter(({ state }) => state === 'sent').length },
      ownerContacts: this.people.filter(({ rid }) => rid === this.timer.owner),
    };
  }

  private changeOf(step: Step): Change | null {
    switch (step.do) {
      case 'wait':
        this.now += step.ms;
        return null;
      case 'ring':
        return this.timer.dueAt !== null && this.timer.dueAt <= this.now ? decide(this.ladder, this.timer, this.now, this.context()) : null;
      case 'provider':
        return this.provider(step.which, step.takes);
      case 'ack':
      case 'decline':
        return this.answer(step.do, step.who);
      case 'act': {
        const person = this.people[step.who];
        return person?.rid ? changeIn(recordAction(this.ladder, this.timer, { rid: person.rid, tier: this.timer.tier, code: 'called' }, this.now)) : null;
      }
      case 'escalate':
        return changeIn(escalateNow(this.ladder, this.timer, { tier: 1, expectedGen: this.timer.gen - step.staleBy }, this.context(), this.now));
      case 'stand-down': {
        const asked = requestStandDown(this.ladder, this.timer, { told: [], pausedBefore: this.paused, seq: 1 }, this.now);
        if ('change' in asked && asked.change.events.some(({ type }) => type === 'PAUSE')) this.paused = true;
        return changeIn(asked);
      }
      case 'close': {
        const person = this.people[step.who];
        if (!person?.rid) return null;
        const closed = close(this.ladder, this.timer, { rid: person.rid, outcome: step.outcome, tier: 1 }, { earlier: this.closers, told: [] });
        if ('change' in closed) this.closers.push({ rid: person.rid, outcome: step.outcome });
        return changeIn(closed);
      }
    }
  }

  private provider(which: number, takes: boolean): Change | null {
    const waiting = this.deliveries.filter(({ state }) => state === 'pending');
    const delivery = waiting[which % Math.max(1, waiting.length)];
    if (!delivery) return null;
    expect(isWanted(delivery.purpose, this.timer)).toBe(true); // 11: nothing that is no longer wanted waits to be sent
    delivery.state = takes ? 'sent' : 'dead';
    if (takes) return null;
    const alive = this.deliveries.filter(({ gen, purpose, state }) => gen === delivery.gen && ['notify', 'task'].includes(purpose) && ['pending', 'sent'].includes(state)).length;
    return lastMessageDied(this.timer, delivery, alive, this.now);
  }

  private answer(kind: 'ack' | 'decline', who: number): Change | null {
    const person = this.people[who];
    const told = this.deliveries.find(({ contact: { rid }, purpose }) => rid === person?.rid && (purpose === 'notify' || purpose === 'task'));
    if (!person?.rid || person.org === null || !told) return null;
    const given: Answer = { rid: person.rid, org: person.org, tier: told.tier, gen: this.timer.gen, decision: kind };
    const people = this.deliveries
      .filter(({ tier, gen }) => tier === (kind === 'ack' ? given.tier : this.timer.tier) && gen >= (kind === 'ack' ? this.timer.roundGen : this.timer.gen))
      .map(({ contact: { rid, org } }) => ({ rid: rid ?? '', org: org ?? '' }));
    const answered =
      kind === 'ack'
        ? acknowledge(this.ladder, this.timer, given, { answers: this.answers, told: people }, this.now)
        : decline(this.ladder, this.timer, given, { ...this.context(), answers: this.answers, told: people }, this.now);
    if ('refused' in answered) return null;
    this.answers.push(given);
    return answered.change;
  }

  private apply(change: Change): void {
    const { cancel, entryUpdate } = change;
    this.timer = change.timer;
    for (const delivery of this.deliveries) {
      const ofLadder = ['notify', 'task', 'unanswered'].includes(delivery.purpose);
      const hit = cancel.kind === 'all' || (cancel.kind === 'ladder' && ofLadder) || (cancel.kind === 'person' && ofLadder && delivery.contact.rid === cancel.rid);
      // A reminder that is overtaken by its expiry is dropped by its sender, as settle.ts does.
      const dropped = delivery.purpose === 'reminder' && !isWanted(delivery.purpose, change.timer);
      if ((hit || dropped) && delivery.state === 'pending') delivery.state = 'cancelled';
    }
    if (entryUpdate) {
      const at = this.entries.findIndex(({ gen, tier }) => gen === entryUpdate.gen && tier === entryUpdate.tier);
      const entry = this.entries[at];
      if (!entry) throw new Error('an entry that never was is updated');
      this.entries[at] = { ...entry, outcome: entryUpdate.outcome, reason: entryUpdate.reason };
    }
    this.expiries += change.events.filter(({ type }) => type === 'ACK_EXPIRED').length;
    this.take(change.entries, change.deliveries);
  }

  private take(entries: readonly TierEntry[], deliveries: readonly NewDelivery[]): void {
    for (const entry of entries) this.entries.push({ ...entry, at: this.now });
    for (const delivery of deliveries) this.deliveries.push({ ...delivery, state: 'pending' });
  }

  private check(before: AlertTimer | null, step?: Step, change?: Change | null): void {
    const { timer } = this;
    // 1, 2: an open alert has a timer, a closed one has none and nothing of its ladder waits.
    expect(timer.dueAt === null).toBe(isClosed(timer.state));
    expect(timer.dueKind === null).toBe(timer.dueAt === null);
    if (isClosed(timer.state)) expect(this.deliveries.filter(({ state, purpose }) => state === 'pending' && !['closed', 'stand_down'].includes(purpose))).toEqual([]);
    // 4: generations grow, each entered once.
    const entered = this.entries.filter(({ outcome }) => outcome !== 'not_consented');
    expect(new Set(entered.map(({ gen }) => gen)).size).toBe(entered.length);
    // 5: one message for each key.
    const keys = this.deliveries.map(({ gen, contact: { contactId }, purpose, nth }) => `${gen} ${contactId} ${purpose} ${nth}`);
    expect(new Set(keys).size).toBe(keys.length);
    // Nobody of a tier without consent is ever told.
    expect(this.deliveries.filter(({ tier, purpose }) => purpose === 'notify' && !this.ladder.steps.some((each) => each.tier === tier))).toEqual([]);
    if (before && change) this.checkChange(before, change, step);
  }

  private checkChange(before: AlertTimer, change: Change, step?: Step): void {
    expect(change.timer.gen).toBeGreaterThanOrEqual(before.gen);
    expect(change.entries.length).toBeLessThanOrEqual(1); // 21: one tier at a time
    for (const entry of change.entries) {
      expect(entry.gen).toBe(before.gen + 1);
      // 3: in order; only an expired acknowledgement goes to the same tier again, and a new round to the first.
      const again = change.events.some(({ type }) => type === 'ACK_EXPIRED') && entry.tier === before.tier;
      if (!again) expect(entry.tier).toBe(nextStep(this.ladder, before.tier)?.tier);
      // 9: not before its time, unless a person wanted it.
      if (step?.do === 'ring') expect(before.dueAt).toBeLessThanOrEqual(this.now);
      // 11: while somebody has the alert, only their silence or a person's wish enters a tier.
      if (before.owner !== null && step?.do === 'ring') expect(before.dueKind).toBe('ack_expiry');
    }
    // 13: what stopped the ladder were distinct people, or organisations.
    if (before.owner === null && change.timer.owner !== null) {
      const tier = this.answers.at(-1)?.tier;
      const people = new Set(this.answers.filter((each) => each.decision === 'ack' && each.gen >= before.roundGen && each.tier === tier).map(({ rid }) => rid));
      const rule = this.ladder.steps[0]?.satisfiedBy;
      expect(people.size).toBeGreaterThanOrEqual(typeof rule === 'object' ? rule.quorum : 1);
    }
    // 14: an acknowledgement expires once: afterwards there is an owner no more.
    if (change.events.some(({ type }) => type === 'ACK_EXPIRED')) expect([before.owner === null, change.timer.owner]).toEqual([false, null]);
    // 26: the end of a round always reaches the duty desk.
    if (change.events.some(({ type }) => type === 'LOOP')) expect(change.deliveries.map(({ purpose }) => purpose)).toEqual(['unanswered']);
  }
}

class NoLadder extends Error {}

function changeIn(decided: { readonly change: Change } | { readonly refused: string }): Change | null {
  return 'change' in decided ? decided.change : null;
}

describe('whatever happens to an alert', () => {
  it('keeps what must always be true', () => {
    let lived = 0;
    fc.assert(
      fc.property(life, (given) => {
        let world: World;
        try {
          world = new World(given);
        } catch (error) {
          if (error instanceof NoLadder) return;
          throw error;
        }
        lived++;
        for (const step of given.steps) world.step(step);
      }),
      { numRuns: lives },
    );
    expect(lived).toBeGreaterThan(lives / 2);
  });

  it('left alone, it always comes to the duty desk, with every consented tier entered in order', () => {
    fc.assert(
      fc.property(life, (given) => {
        let world: World;
        try {
          world = new World({ ...given, rule: 'any' });
        } catch (error) {
          if (error instanceof NoLadder) return;
          throw error;
        }
        for (let rings = 0; world.timer.loop === 0; rings++) {
          if (rings > 50) throw new Error('the ladder does not end');
          world.now = Math.max(world.now, world.timer.dueAt ?? world.now);
          world.step({ do: 'ring' });
        }
        expect(world.entries.filter(({ outcome }) => outcome !== 'not_consented').map(({ tier }) => tier)).toEqual(world.ladder.steps.map(({ tier }) => tier));
        expect(world.deliveries.some(({ purpose }) => purpose === 'unanswered')).toBe(true);
      }),
      { numRuns: lives / 4 },
    );
  });
});

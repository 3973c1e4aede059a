import { acknowledge, decline, type Answer } from '../../../src/domain/answers.js';
import { decide } from '../../../src/domain/decide.js';
import { afterAttempt, isWanted, lastMessageDied, type AttemptOutcome } from '../../../src/domain/delivery-outcome.js';
import { announceFollowUp, checkStandDown, close, requestStandDown, type CloseRequest } from '../../../src/domain/ending.js';
import { acceptHandOver, escalateNow, handOver, recordAction, renew, snooze, type HandOverTarget } from '../../../src/domain/handling.js';
import { CLOSED_STATES, isClosed } from '../../../src/domain/life-cycle.js';
import type { Change } from '../../../src/domain/alert.js';
import { Draw } from '../draw.js';
import { must } from '../violation.js';
import { checkReplay, checkSends } from './core-checks.js';
import type { Cause, Message } from './alert-in-memory.js';
import { CoreWorld } from './core-world.js';
import { drawLife } from './life.js';

const leastSteps = 4;
const mostSteps = 40;
const waitsMs = [1_000, 30_000, 60_000, 300_000, 900_000, 3_600_000, 86_400_000, 3 * 86_400_000];

type Step = (story: Story) => void;

/** One alert's life with the people and machines around it; every step is drawn when it happens. */
class Story {
  /** What happened, for whoever has to understand a failure. */
  readonly trace: string[] = [];
  private readonly closers: CloseRequest[] = [];
  private readonly asked: { from: string; target: HandOverTarget }[] = [];
  private paused = false;
  private seq = 0;

  constructor(
    private readonly world: CoreWorld,
    private readonly draw: Draw,
  ) {}

  live(): void {
    for (let left = leastSteps + this.draw.below(mostSteps - leastSteps); left > 0; left--) this.draw.pick(STEPS)(this);
    checkReplay(this.world);
    checkSends(this.world);
  }

  wait(): void {
    const { world, draw } = this;
    // Mostly to the next ring, a little before it, or past it as after downtime or a clock that was put forward.
    const due = world.timer.dueAt ?? world.now;
    const to = draw.oneIn(3) ? world.now + draw.pick(waitsMs) : due + draw.pick([-1, 0, 0, 1, 700, 60_000, 7_200_000]);
    world.now = Math.max(world.now, to);
    this.trace.push(`it is ${new Date(world.now).toISOString()}`);
  }

  ring(): void {
    const { world } = this;
    if (world.timer.dueAt === null || world.timer.dueAt > world.now) return;
    this.write(decide(world.ladder, world.timer, world.now, world.context()), 'ring', `the timer rings (${world.timer.dueKind})`);
  }

  /** An attempt begins: what settles later is settled against the state of then. */
  claim(): void {
    const ready = this.world.messages.filter(({ state, nextAt }) => (state === 'pending' || state === 'failed') && nextAt <= this.world.now);
    if (ready.length === 0) return;
    const message = this.draw.pick(ready);
    must(11, isWanted(message.purpose, this.world.timer), () => `an attempt begins for "${message.purpose}" while the alert is ${this.world.timer.state}`);
    message.state = 'sending';
    message.attempt++;
    this.trace.push(`attempt ${message.attempt} of "${message.purpose}" to ${message.contact.contactId}`);
  }

  settle(): void {
    const { world, draw } = this;
    const onTheirWay = world.messages.filter(({ state }) => state === 'sending');
    if (onTheirWay.length === 0) return;
    const message = draw.pick(onTheirWay);
    const outcome = draw.pick(OUTCOMES);
    const acked = message.purpose === 'notify' || message.purpose === 'task' ? world.context().acknowledged.has(message.contact.rid ?? '') : false;
    const wanted = isWanted(message.purpose, world.timer) && !acked;
    const used = new Set(world.messages.filter((each) => each.gen === message.gen && each.purpose === message.purpose && each.nth === message.nth).map(({ contact }) => contact.contactId));
    const otherContacts = world.everybody.filter(({ rid, contactId }) => message.contact.rid !== null && rid === message.contact.rid && !used.has(contactId) && !world.disabled.has(contactId));
    const then = afterAttempt({ ...message, severity: world.life.severity }, outcome, { wanted, otherContacts, random: draw.fraction() }, world.now);
    if (outcome.kind === 'rate_limited' && then.nextAt !== null) {
      must(22, then.nextAt >= world.now + outcome.retryAfterMs, () => `a provider asked for ${outcome.retryAfterMs} ms, it is asked again after ${(then.nextAt ?? 0) - world.now} ms`);
    }
    this.trace.push(`it ends ${outcome.kind}: ${then.state}`);
    message.state = then.state;
    message.nextAt = then.nextAt ?? message.nextAt;
    if (outcome.kind === 'accepted') message.accepted++;
    if (then.disableContact) world.setDisabled(message.contact.contactId, true);
    if (then.state === 'sent') return this.sent(message);
    if (then.fallback) {
      const again = { contact: then.fallback, purpose: message.purpose, gen: message.gen, tier: message.tier, deadline: message.deadline, nth: message.nth };
      return this.write({ timer: world.timer, entries: [], entryUpdate: null, deliveries: [again], cancel: { kind: 'none' }, events: [] }, 'outbox', 'another contact');
    }
    if (then.state !== 'dead') return;
    const alive = world.messages.filter((each) => each.gen === message.gen && (each.purpose === 'notify' || each.purpose === 'task') && each.state !== 'dead' && each.state !== 'cancelled');
    const change = lastMessageDied(world.timer, message, alive.length, world.now);
    if (change) this.write(change, 'outbox', 'the last message of the tier died');
  }

  ack(): void {
    this.answer('ack');
  }

  decline(): void {
    this.answer(this.draw.oneIn(2) ? 'decline' : 'undecryptable');
  }

  act(): void {
    const person = this.person();
    if (person) this.try(recordAction(this.world.ladder, this.world.timer, { rid: person.rid, tier: person.tier, code: 'called' }, this.world.now), person.rid, 'acts');
  }

  renew(): void {
    const person = this.person();
    if (person) this.try(renew(this.world.ladder, this.world.timer, person.rid, person.tier, this.world.now), person.rid, 'renews');
  }

  /** 16: nobody puts off a critical alert, whatever its policy says. */
  snooze(): void {
    const { world, draw } = this;
    const person = this.person();
    if (!person) return;
    const forMs = draw.pick([600_000, 3_600_000, 86_400_000]);
    const decided = snooze(world.ladder, world.timer, { rid: person.rid, tier: person.tier, forMs }, 0, world.now);
    if (world.life.severity === 1) must(16, 'refused' in decided, () => 'a critical alert was put off');
    this.try(decided, person.rid, 'puts off');
  }

  escalate(): void {
    const { world, draw } = this;
    const person = this.person();
    if (!person) return;
    const expectedGen = world.timer.gen - (draw.oneIn(3) ? 1 : 0);
    const decided = escalateNow(world.ladder, world.timer, { tier: person.tier, expectedGen }, world.context(), world.now);
    if (expectedGen !== world.timer.gen) must(4, 'refused' in decided, () => 'somebody escalated what they saw before, and it took effect');
    this.try(decided, person.rid, `escalates from ${expectedGen}`);
  }

  handOver(): void {
    const { world, draw } = this;
    const person = this.person();
    const other = this.person();
    if (!person || !other) return;
    const target: HandOverTarget = draw.oneIn(2) ? { rid: other.rid } : { org: other.org };
    const contacts = world.everybody.filter(({ rid, org, contactId }) => ('rid' in target ? rid === target.rid : org === target.org) && !world.disabled.has(contactId));
    const due = world.timer.dueAt;
    const asked = handOver(world.timer, person, target, contacts);
    if ('refused' in asked) return;
    // Asked twice while the same acknowledgement holds: the table keeps the first message.
    const before = world.messages.filter(({ purpose, gen, nth }) => purpose === 'hand_over' && gen === world.timer.gen && nth === world.timer.ackExpiresAt);
    const fresh = asked.change.deliveries.filter(({ contact }) => !before.some((each) => each.contact.contactId === contact.contactId));
    this.asked.splice(0, this.asked.length, { from: person.rid, target });
    this.try({ change: { ...asked.change, deliveries: fresh } }, person.rid, 'hands over');
    must(16, world.timer.dueAt === due, () => 'asking somebody to take over moved the clock');
  }

  accept(): void {
    const person = this.person();
    if (person) this.try(acceptHandOver(this.world.ladder, this.world.timer, person, this.asked, this.world.now), person.rid, 'accepts');
  }

  standDown(): void {
    const { world } = this;
    const asked = requestStandDown(world.ladder, world.timer, { told: world.notified(), pausedBefore: this.paused, seq: ++this.seq }, world.now);
    if ('refused' in asked) return;
    if (asked.change.events.some(({ type }) => type === 'PAUSE')) this.paused = true;
    this.write(asked.change, 'defender', 'the defender asks to stand down');
  }

  /** 24: a true and a forced wish leave the same trace, and after both the ladder goes on unless people end it. */
  checkPhrase(): void {
    const { world, draw } = this;
    const person = this.person();
    if (!person) return;
    const by = (genuine: boolean) => checkStandDown(world.ladder, world.timer, { tier: person.tier, genuine }, world.context(), world.now);
    const [free, forced] = [by(true), by(false)];
    const trace = (decided: typeof free): string => ('refused' in decided ? decided.refused : JSON.stringify(decided.change.events[0]));
    must(24, trace(free) === trace(forced), () => `a true wish leaves ${trace(free)}, a forced one ${trace(forced)}`);
    this.try(draw.oneIn(2) ? free : forced, person.rid, 'compares the phrase');
    must(24, isClosed(world.timer.state) || world.timer.dueAt !== null, () => 'comparing the phrase ended the ladder');
  }

  followUp(): void {
    const { world } = this;
    if (isClosed(world.timer.state)) return;
    this.write(announceFollowUp(world.timer, { told: world.notified(), seq: ++this.seq }), 'defender', 'the defender writes again');
  }

  close(): void {
    const { world, draw } = this;
    const person = this.person();
    if (!person) return;
    const outcome = draw.pick(CLOSED_STATES);
    const decided = close(world.ladder, world.timer, { rid: person.rid, outcome, tier: person.tier }, { earlier: this.closers, told: world.notified() });
    if ('refused' in decided) return;
    this.closers.push({ rid: person.rid, outcome });
    const agreeing = new Set(this.closers.filter((each) => each.outcome === outcome).map(({ rid }) => rid)).size;
    must(13, decided.closed === agreeing >= (world.life.severity === 1 ? 2 : 1), () => `${agreeing} people agree, closed: ${decided.closed}`);
    this.try(decided, person.rid, `closes as ${outcome}`);
  }

  /** An address stops or begins to work. */
  contact(): void {
    const { world, draw } = this;
    if (world.everybody.length > 0) world.setDisabled(draw.pick(world.everybody).contactId, draw.oneIn(2));
  }

  private sent(message: Message): void {
    const { world } = this;
    const { purpose, gen, tier, contact } = message;
    if (purpose === 'notify' || purpose === 'task') world.markTold(message);
    world.note([{ type: 'NOTIFY', tier, detail: { gen, purpose, channel: contact.channel } }], null);
  }

  private answer(decision: Answer['decision']): void {
    const { world, draw } = this;
    const person = this.person();
    const message = world.messages.find(({ contact, purpose }) => contact.rid === person?.rid && (purpose === 'notify' || purpose === 'task'));
    if (!person || !message) return;
    const given: Answer = { rid: person.rid, org: person.org, tier: message.tier, gen: world.timer.gen - (draw.oneIn(4) ? 1 : 0), decision };
    const { answers } = world;
    const decided =
      decision === 'ack'
        ? acknowledge(world.ladder, world.timer, given, { answers, told: world.told(given.tier, world.timer.roundGen) }, world.now)
        : decline(world.ladder, world.timer, given, { ...world.context(), answers, told: world.told(world.timer.tier, world.timer.gen) }, world.now);
    if ('refused' in decided) return;
    const before = answers.some((each) => each.rid === given.rid && each.gen === given.gen && each.decision === given.decision);
    must(13, !before, () => `${decision} of the same person counted twice in generation ${given.gen}`);
    answers.push(given);
    this.write(decided.change, 'person', `${person.rid.slice(0, 2)} of tier ${given.tier}: ${decision} in ${given.gen}`, person.rid);
  }

  private person() {
    return this.world.personAt(this.draw.below(Math.max(1, this.world.life.people.length)));
  }

  private try(decided: { readonly change: Change } | { readonly refused: string }, rid: string, what: string): void {
    if ('change' in decided) this.write(decided.change, 'person', `${rid.slice(0, 2)} ${what}`, rid);
  }

  private write(change: Change, cause: Cause, what: string, by: string | null = null): void {
    this.trace.push(`${what}: ${change.events.map(({ type, tier }) => `${type} ${tier}`).join(', ') || 'no event'}`);
    this.world.apply(change, cause, by);
  }
}

const OUTCOMES: readonly AttemptOutcome[] = [
  { kind: 'accepted', code: '250', providerMessageId: null },
  { kind: 'accepted', code: '250', providerMessageId: null },
  { kind: 'accepted', code: '250', providerMessageId: null },
  { kind: 'refused', code: '550', contactIsDead: true },
  { kind: 'refused', code: '554', contactIsDead: false },
  { kind: 'retry', code: '421', providerTrouble: true },
  { kind: 'rate_limited', code: '429', retryAfterMs: 3_000 },
  { kind: 'rate_limited', code: '429', retryAfterMs: 1_800_000 },
  { kind: 'ambiguous', code: 'lost' },
];

/** Every step as often as it stands here. */
const STEPS: readonly Step[] = [
  ...times(4, (story) => story.wait()),
  ...times(7, (story) => story.ring()),
  ...times(4, (story) => story.claim()),
  ...times(4, (story) => story.settle()),
  ...times(3, (story) => story.ack()),
  ...times(2, (story) => story.decline()),
  ...times(1, (story) => story.act()),
  ...times(1, (story) => story.renew()),
  ...times(1, (story) => story.snooze()),
  ...times(1, (story) => story.escalate()),
  ...times(1, (story) => story.handOver()),
  ...times(1, (story) => story.accept()),
  ...times(1, (story) => story.standDown()),
  ...times(1, (story) => story.checkPhrase()),
  ...times(1, (story) => story.followUp()),
  ...times(1, (story) => story.close()),
  ...times(1, (story) => story.contact()),
];

function times(count: number, step: Step): Step[] {
  return Array.from({ length: count }, () => step);
}

/**
 * Lives `count` alerts, the first with `seed`, the next with `seed + 1` and so on, so that each can be lived again alone.
 *
 * @returns how many were accepted; the others allowed no tier of their ladder
 * @throws with the seed, the rule that was broken and everything that happened before it
 */
export function runHistories(seed: number, count: number): number {
  let lived = 0;
  for (let number = 0; number < count; number++) {
    const own = (seed + number) >>> 0;
    const draw = new Draw(own);
    let story: Story | undefined;
    try {
      const world = CoreWorld.open(drawLife(draw));
      if (!world) continue;
      lived++;
      story = new Story(world, draw);
      story.live();
    } catch (error) {
      const trace = story?.trace.map((line) => `  ${line}`).join('\n') ?? '  (when it came in)';
      throw new Error(`${String(error)}\nrepeat with: npm run simulate -- --histories 1 --seed ${own}\n${trace}`, { cause: error });
    }
  }
  return lived;
}

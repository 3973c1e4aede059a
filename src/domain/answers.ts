import { changeOf, type AlertTimer, type Change, type DomainEvent, type Rid } from './alert.js';
import { climb } from './decide.js';
import type { EntryContext } from './enter-tier.js';
import { isClosed, move, type AlertLifeState } from './life-cycle.js';
import { ackLifetimeMs, nextStep, type Ladder, type SatisfiedBy } from './policy.js';

/** One decision that somebody gave about an alert. */
export interface Answer {
  readonly rid: Rid;
  readonly org: string;
  readonly tier: number;
  readonly gen: number;
  readonly decision: 'ack' | 'decline' | 'undecryptable';
}

export interface AnswerContext {
  /** All answers to this alert so far. */
  readonly answers: readonly Answer[];
  /** Who was sent a message in the entry of the answering person's tier, in this round. */
  readonly told: readonly { readonly rid: Rid; readonly org: string }[];
}

export type AnswerRefusal = 'already-closed' | 'already-answered' | 'stale-gen' | 'not-now';

export type Answered =
  | { readonly refused: AnswerRefusal }
  | {
      readonly change: Change;
      /** owner: this person has the alert now. counted: more people must answer. recorded: somebody else has it. */
      readonly meaning: 'owner' | 'counted' | 'recorded';
    };

/**
 * A signed acknowledgement. It stops the ladder when its tier is satisfied, for as long as the policy says;
 * before that it silences only the person who gave it.
 */
export function acknowledge(ladder: Ladder, timer: AlertTimer, answer: Answer, context: AnswerContext, now: number): Answered {
  const refused = refusalOf(timer, answer, context);
  if (refused) return { refused };
  const event: DomainEvent = { type: 'ACK', tier: answer.tier, detail: { gen: answer.gen } };
  if (timer.owner !== null) return { change: changeOf(timer, { events: [event] }), meaning: 'recorded' };

  const inRound = [...context.answers, answer].filter((each) => each.decision === 'ack' && each.gen >= timer.roundGen && each.tier === answer.tier);
  // Somebody who got the alert by hand-over may be of a tier that this severity's ladder does not have.
  const rule = ladder.steps.find(({ tier }) => tier === answer.tier)?.satisfiedBy ?? 'any';
  if (!isSatisfied(rule, inRound, context.told)) {
    return { change: changeOf(timer, { cancel: { kind: 'person', rid: answer.rid }, events: [event] }), meaning: 'counted' };
  }
  const moved = move(timer.state, 'acknowledge');
  if ('refused' in moved) return { refused: 'not-now' };
  return {
    change: changeOf({ ...timer, ...ownedFrom(ladder, moved.to, answer.rid, now) }, { cancel: { kind: 'ladder' }, events: [event] }),
    meaning: 'owner',
  };
}

/** The clock of an owned alert: a reminder first, then the acknowledgement expires. */
export function ownedFrom(ladder: Ladder, state: AlertLifeState, owner: Rid, now: number): Partial<AlertTimer> {
  const lifetimeMs = ackLifetimeMs(ladder);
  return { state, owner, ackExpiresAt: now + lifetimeMs, dueAt: now + Math.floor(lifetimeMs * ladder.policy.ack.remindAt), dueKind: 'reminder' };
}

/** Distinct people, or distinct organisations; the same person twice counts once. */
export function isSatisfied(rule: SatisfiedBy, acks: readonly Answer[], told: readonly { readonly org: string }[]): boolean {
  const people = new Set(acks.map(({ rid }) => rid));
  if (rule === 'any') return people.size > 0;
  if (rule === 'each_org') {
    const answered = new Set(acks.map(({ org }) => org));
    return people.size > 0 && told.every(({ org }) => answered.has(org));
  }
  return people.size >= rule.quorum;
}

/**
 * "I cannot take it", or "I cannot open it". Nobody is silenced but this person; when everybody who was told of the
 * current tier has said so, waiting for them would be waiting for nobody, and the next tier is entered at once.
 */
export function decline(ladder: Ladder, timer: AlertTimer, answer: Answer, context: AnswerContext & EntryContext, now: number): Answered {
  const refused = refusalOf(timer, answer, context);
  if (refused) return { refused };
  const event: DomainEvent = { type: answer.decision === 'undecryptable' ? 'UNDECRYPTABLE' : 'DECLINE', tier: answer.tier, detail: { gen: answer.gen } };
  const gone = new Set(
    [...context.answers, answer].filter((each) => each.decision !== 'ack' && each.gen === timer.gen).map(({ rid }) => rid),
  );
  for (const each of context.answers) if (each.decision === 'ack' && each.gen === timer.gen) gone.delete(each.rid);
  const nobodyLeft = timer.state === 'notifying' && answer.tier === timer.tier && context.told.length > 0 && context.told.every(({ rid }) => gone.has(rid));
  if (!nobodyLeft || !nextStep(ladder, timer.tier)) {
    return { change: changeOf(timer, { cancel: { kind: 'person', rid: answer.rid }, events: [event] }), meaning: 'recorded' };
  }
  const entered = climb(ladder, timer, now, context);
  return { change: { ...entered, events: [event, ...entered.events] }, meaning: 'recorded' };
}

function refusalOf(timer: AlertTimer, answer: Answer, context: AnswerContext): AnswerRefusal | null {
  if (isClosed(timer.state)) return 'already-closed';
  if (answer.gen < timer.roundGen || answer.gen > timer.gen) return 'stale-gen';
  // Who pressed the wrong button, or whose key works now, must still be able to take it: yes may follow no, never the
  // other way round.
  const same = context.answers.some(
    (each) => each.rid === answer.rid && each.gen === answer.gen && (each.decision === 'ack' || answer.decision !== 'ack'),
  );
  return same ? 'already-answered' : null;
}


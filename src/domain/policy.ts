import { severityName, type Severity, type SeverityName } from './severity.js';

/**
 * The policy of synthetic reports (src/watching), in whose one tier there are only robots. It is never offered to
 * senders, and nobody is called because of it.
 */
export const WATCH_POLICY_ID = 'watch';

/** What a person must have agreed to before a tier may be told; enforced by leaving out that tier's stanza. */
export type Consent = 'abroad' | 'eu' | 'un' | 'publication';

/** When a tier counts as having answered: one person, `quorum` distinct people, or one of every organisation told. */
export type SatisfiedBy = 'any' | 'each_org' | { readonly quorum: number };

/** Milliseconds after the first tier; the beginning of the next shift; or null: not in the ladder of this severity. */
export type TierDelay = number | 'next_shift' | null;

export type Names = Readonly<Record<'ky' | 'ru' | 'uz' | 'tg' | 'en', string>>;

export interface PolicyTier {
  /** Place in the ladder, growing; the number that envelopes and rosters carry. */
  readonly tier: number;
  /** How people call it: "T1", "T1b". */
  readonly key: string;
  readonly name: Names;
  readonly afterMs: Readonly<Record<SeverityName, TierDelay>>;
  readonly satisfiedBy: SatisfiedBy;
  readonly consent: Consent | null;
  /** Its release key stays with the gatekeeper until the tier is entered. */
  readonly gated: boolean;
  /** "task": nobody is told automatically; the people of `askTier` are asked to tell this tier themselves. */
  readonly by: 'people' | 'task';
  readonly askTier?: number | undefined;
}

/** The promise an alert runs on. A running alert keeps the version it was accepted under. */
export interface Policy {
  readonly id: string;
  readonly version: number;
  readonly name: Names;
  /** IANA zone in which `shift` is read. */
  readonly zone: string;
  /** Local working time; ISO weekdays, 1 is Monday. */
  readonly shift: { readonly starts: string; readonly ends: string; readonly weekdays: readonly number[] };
  readonly tiers: readonly PolicyTier[];
  readonly ack: {
    readonly expiresMs: Readonly<Record<SeverityName, number>>;
    /** Share of the time after which the owner is reminded, between 0 and 1. */
    readonly remindAt: number;
    /** Whom an expired acknowledgement goes to: the same tier again, or the next. */
    readonly then: 'same' | 'next';
    /** Longest time that an owner may put off, all in all, before they act again; null or left out: not at all. */
    readonly snoozeMostMs?: Readonly<Record<SeverityName, number | null>> | undefined;
  };
  /** A tier of which nothing has been handed to a provider after this long is passed over. */
  readonly handedOverMs: number;
  /** While a tier has not answered, it and the duty desk are told again after each such time; null or left out: not. */
  readonly repeatMs?: Readonly<Record<SeverityName, number | null>> | undefined;
  /** Longest pause after a request to stand down. */
  readonly standDownPauseMs: number;
  readonly loop: {
    /** How long the last tier has, and how long until the ladder begins again. */
    readonly afterMs: Readonly<Record<SeverityName, number>>;
    /** Most rounds of the ladder; null: until somebody answers. */
    readonly max: number | null;
  };
}

/** The part of the ladder that this alert may climb: in its severity's ladder, and allowed by the sender. */
export interface Ladder {
  readonly policy: Policy;
  readonly severity: Severity;
  readonly steps: readonly PolicyTier[];
  /** In the severity's ladder, but the sender left out its stanza. */
  readonly notConsented: readonly PolicyTier[];
}

/** The ladder of one alert. `allowedTiers` are those that the sender's header names; a task tier has no keys and so no
 *  stanza, but needs the sender's word all the same. */
export function ladderOf(policy: Policy, severity: Severity, allowedTiers: readonly number[]): Ladder {
  const name = severityName(severity);
  const inLadder = policy.tiers.filter((tier) => tier.afterMs[name] !== null);
  return {
    policy,
    severity,
    steps: inLadder.filter((step) => allowedTiers.includes(step.tier)),
    notConsented: inLadder.filter((step) => !allowedTiers.includes(step.tier)),
  };
}

/** The step with this tier number. A tier outside the ladder is a broken invariant and throws. */
export function stepOf(ladder: Ladder, tier: number): PolicyTier {
  const step = ladder.steps.find((candidate) => candidate.tier === tier);
  if (!step) throw new Error(`tier ${tier} is not in the ladder of this alert`);
  return step;
}

/** The next step above `tier` (0: before the first), or null at the end. */
export function nextStep(ladder: Ladder, tier: number): PolicyTier | null {
  return ladder.steps.find((step) => step.tier > tier) ?? null;
}

/** How long `tier` has before the next step, or before the end of the ladder is declared. */
export function waitMs(ladder: Ladder, tier: number): number {
  const next = nextStep(ladder, tier);
  if (!next) return loopMs(ladder);
  return Math.max(0, offsetMs(ladder, next) - offsetMs(ladder, stepOf(ladder, tier)));
}

/** However late a critical alert is, each of its tiers has this long, or the ladder's own time where that is shorter. */
const shortestCatchUpMs = 60_000;

/** When a tier was entered (milliseconds since 1970), and how much later than promised that was (milliseconds). */
export interface Entered {
  readonly enteredAt: number;
  readonly lateMs: number;
}

/** How long a tier has when it is entered so late: a critical alert makes up for lost time. */
export function timeOf(ladder: Ladder, tier: number, lateMs: number): number {
  const wait = waitMs(ladder, tier);
  return Math.max(Math.min(wait, shortestCatchUpMs), wait - lateMs);
}

/** When the time of an entered tier is over. */
export function overAt(ladder: Ladder, tier: number, entry: Entered): number {
  return entry.enteredAt + timeOf(ladder, tier, entry.lateMs);
}

/**
 * How much later than promised the next tier is if it is entered at `at`. The promise is the ladder's time after this
 * tier's own promised entry, so what one tier could not make up for goes on to the next. 0 unless critical.
 */
export function latenessAt(ladder: Ladder, tier: number, entry: Entered, at: number): number {
  const promised = entry.enteredAt - entry.lateMs + waitMs(ladder, tier);
  return ladder.severity === 1 ? Math.max(0, at - promised) : 0;
}

/** Time between the end of the ladder and its next round. */
export function loopMs(ladder: Ladder): number {
  return ladder.policy.loop.afterMs[severityName(ladder.severity)];
}

/** After how long without an answer a tier is told again; null: never. */
export function repeatMs(ladder: Ladder): number | null {
  return ladder.policy.repeatMs?.[severityName(ladder.severity)] ?? null;
}

/** How long an owner may put off, all in all; null: not at all. Nobody puts off a critical alert, whatever a policy says. */
export function snoozeMostMs(ladder: Ladder): number | null {
  return ladder.severity === 1 ? null : (ladder.policy.ack.snoozeMostMs?.[severityName(ladder.severity)] ?? null);
}

/** How long an acknowledgement holds. */
export function ackLifetimeMs(ladder: Ladder): number {
  return ladder.policy.ack.expiresMs[severityName(ladder.severity)];
}

/** Milliseconds from the first tier; the next shift is where the clock of that alert starts, so it counts as 0. */
export function offsetMs(ladder: Ladder, step: PolicyTier): number {
  const delay = step.afterMs[severityName(ladder.severity)];
  return typeof delay === 'number' ? delay : 0;
}

/** Whether the step waits for the beginning of working time. */
export function waitsForShift(ladder: Ladder, step: PolicyTier): boolean {
  return step.afterMs[severityName(ladder.severity)] === 'next_shift';
}

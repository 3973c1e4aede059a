import type { AlertTimer, DomainEvent, NewDelivery, Reachable, TierEntry } from './alert.js';
import { enterTier } from './enter-tier.js';
import { ladderOf, nextStep, waitsForShift, type Policy } from './policy.js';
import type { Severity } from './severity.js';
import { nextShiftStart } from './work-shift.js';

export interface OpeningAlert {
  readonly severity: Severity;
  /** Tiers that the sender sealed to and allows, from the header. */
  readonly tiers: readonly number[];
  readonly excludedOrgs: readonly string[];
  /** The database's now, milliseconds since 1970. */
  readonly now: number;
  /** A drill takes the same path; it is here so that nobody thinks it was forgotten. */
  readonly drill?: boolean;
}

export interface Opening {
  readonly timer: AlertTimer;
  readonly tierEntries: readonly TierEntry[];
  readonly deliveries: readonly NewDelivery[];
  /** What follows SUBMIT in the ledger; SUBMIT itself is the intake's, it knows the envelope. */
  readonly events: readonly DomainEvent[];
}

/**
 * The first state of an accepted alert: which tier is told at once, which are left out for lack of consent, and when
 * the timer rings. A sender who allowed no tier at all is refused; an alert that may go to nobody would be silence.
 */
export function openAlert(policy: Policy, alert: OpeningAlert, reachable: Reachable): Opening | { readonly refused: 'no-tier-allowed' } {
  const ladder = ladderOf(policy, alert.severity, alert.tiers);
  const first = nextStep(ladder, 0);
  if (!first) return { refused: 'no-tier-allowed' };

  const left = ladder.notConsented.map(({ tier }): TierEntry => ({ gen: 1, tier, loop: 0, outcome: 'not_consented', reason: null, lateMs: 0 }));
  const leftEvents = ladder.notConsented.map(({ tier }): DomainEvent => ({ type: 'NOT_CONSENTED', tier }));
  const waiting: AlertTimer = {
    state: 'notifying',
    tier: 0,
    loop: 0,
    gen: 0,
    roundGen: 1,
    dueAt: alert.now,
    dueKind: 'escalate',
    owner: null,
    ackExpiresAt: null,
  };
  const startsAt = waitsForShift(ladder, first) ? nextShiftStart(policy, alert.now, reachable.duty?.get(first.tier)?.closed()) : alert.now;
  if (startsAt > alert.now) {
    return { timer: { ...waiting, gen: 1, dueAt: startsAt }, tierEntries: left, deliveries: [], events: leftEvents };
  }
  const entered = enterTier(ladder, waiting, first.tier, alert.now, { reachable, excludedOrgs: alert.excludedOrgs, acknowledged: new Set() });
  return {
    timer: entered.timer,
    tierEntries: [...entered.entries, ...left],
    deliveries: entered.deliveries,
    events: [...leftEvents, ...entered.events],
  };
}

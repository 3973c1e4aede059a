import type { EventType } from '@jardam/protocol';
import type { AlertLifeState } from './life-cycle.js';

/** 32 lower-case hex digits: a responder. Text, because the domain compares and collects them. */
export type Rid = string;

/** Why the timer will ring. */
export type DueKind = 'escalate' | 'handed_over' | 'reminder' | 'ack_expiry' | 'resume' | 'repeat';

/** The moving part of an alert, one row of alert_timer. Times are milliseconds since 1970 by the database's clock. */
export interface AlertTimer {
  readonly state: AlertLifeState;
  /** Entered last; 0 before the first tier of a round. */
  readonly tier: number;
  /** Rounds of the whole ladder that ended without an answer. */
  readonly loop: number;
  /** Grows with every entry, so that an act on an older picture is noticed. */
  readonly gen: number;
  /** First generation in which acknowledgements count together: a new round starts when one expires. */
  readonly roundGen: number;
  /** null exactly when the alert is closed. */
  readonly dueAt: number | null;
  readonly dueKind: DueKind | null;
  readonly owner: Rid | null;
  readonly ackExpiresAt: number | null;
}

/** One verified, working way to reach one person (or a duty desk, which has no rid). */
export interface Contact {
  readonly contactId: string;
  readonly rid: Rid | null;
  readonly org: string | null;
  readonly channel: string;
  /** 1 is tried first. */
  readonly priority: number;
}

/** Who of one tier has duty. */
export interface Duty {
  /** For critical alerts: whoever has duty, at any hour. */
  readonly critical: ReadonlySet<Rid>;
  /** For all others: those of them whose organisation works now, and those put in by name. */
  readonly other: ReadonlySet<Rid>;
}

/** Who has duty now, and when nobody will. */
export interface TierDuty extends Duty {
  /** Times of the next weeks, in order, in which nobody has duty for anything but a critical alert. */
  readonly closed: () => readonly { readonly start: number; readonly end: number }[];
}

/** Who can be reached now, by tier; and who is told when nobody answers. */
export interface Reachable {
  /** Everybody whom the roster names, on duty or not. */
  readonly byTier: ReadonlyMap<number, readonly Contact[]>;
  /** Who of them has duty. A tier that is missing here, or all of them, has everybody on duty. */
  readonly duty?: ReadonlyMap<number, TierDuty>;
  readonly dutyDesk: readonly Contact[];
}

export type TierOutcome = 'notified' | 'not_reached' | 'not_consented' | 'task';

/** Why a tier was passed over, or why nobody had to be told. Codes: the ladder shows them as translated sentences. */
export type TierReason = 'nobody_reachable' | 'nobody_on_duty' | 'all_refused' | 'not_handed_over' | 'already_answered';

export interface TierEntry {
  readonly gen: number;
  readonly tier: number;
  readonly loop: number;
  readonly outcome: TierOutcome;
  readonly reason: TierReason | null;
  /** How much later than promised a critical alert entered it, in milliseconds; 0 for all others. */
  readonly lateMs: number;
}

export type Purpose = 'notify' | 'reminder' | 'follow_up' | 'stand_down' | 'hand_over' | 'task' | 'unanswered' | 'closed';

/** A message to be sent: a row of the outbox. */
export interface NewDelivery {
  readonly contact: Contact;
  readonly purpose: Purpose;
  readonly gen: number;
  readonly tier: number;
  /** No retry begins after this; null: retries end by their number alone. */
  readonly deadline: number | null;
  /**
   * Tells apart messages of one purpose and generation: the number of the defender's message that is announced; for a
   * reminder when it was due and for a hand-over the end of the acknowledgement (milliseconds since 1970), because
   * whoever renewed is reminded again; for a repetition its number; else 0.
   */
  readonly nth: number;
}

/** What the ledger is told. The hash chain, the actor's signature and the time are added where it is written. */
export interface DomainEvent {
  readonly type: EventType;
  readonly tier: number;
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Which queued messages are no longer wanted. */
export type Cancellation = { readonly kind: 'none' } | { readonly kind: 'ladder' } | { readonly kind: 'all' } | { readonly kind: 'person'; readonly rid: Rid };

/** Everything that one decision changes; written in one transaction. */
export interface Change {
  readonly timer: AlertTimer;
  readonly entries: readonly TierEntry[];
  /** The tier entered last turned out not to have been reached. */
  readonly entryUpdate: { readonly gen: number; readonly tier: number; readonly outcome: 'not_reached'; readonly reason: TierReason } | null;
  readonly deliveries: readonly NewDelivery[];
  readonly cancel: Cancellation;
  readonly events: readonly DomainEvent[];
}

/** A change of the timer alone. */
export function changeOf(timer: AlertTimer, parts: Partial<Omit<Change, 'timer'>> = {}): Change {
  return { timer, entries: [], entryUpdate: null, deliveries: [], cancel: { kind: 'none' }, events: [], ...parts };
}

import { changeOf, type AlertTimer, type Change, type Contact, type Purpose } from './alert.js';
import { isClosed } from './life-cycle.js';
import type { Severity } from './severity.js';

/**
 * What came of one attempt.
 * - accepted: the provider took it.
 * - refused: it never will; `contactIsDead` when the address itself is at fault, and not, say, our reputation.
 * - retry: not now; `providerTrouble` when the next recipient would probably fare the same.
 * - rate_limited: not before that time, and it says nothing against provider or message.
 * - ambiguous: the answer was lost, it may have been taken.
 * `code` is short and made by us: it is stored and logged, so it never holds a provider's text.
 */
export type AttemptOutcome =
  | { readonly kind: 'accepted'; readonly code: string; readonly providerMessageId: string | null }
  | { readonly kind: 'refused'; readonly code: string; readonly contactIsDead: boolean }
  | { readonly kind: 'retry'; readonly code: string; readonly providerTrouble: boolean }
  | { readonly kind: 'rate_limited'; readonly code: string; readonly retryAfterMs: number }
  | { readonly kind: 'ambiguous'; readonly code: string };

export interface AttemptedDelivery {
  readonly severity: Severity;
  readonly purpose: Purpose;
  readonly gen: number;
  readonly tier: number;
  /** 1 for the first; those that a provider put off by its rate limit are not counted. */
  readonly attempt: number;
  readonly deadline: number | null;
}

export interface AttemptContext {
  /** The message still makes sense: nobody has taken or closed the alert meanwhile. */
  readonly wanted: boolean;
  /** Other working contacts of the same person that have not been used for this message, best first. */
  readonly otherContacts: readonly Contact[];
  /** From 0 up to but not including 1. */
  readonly random: number;
}

export interface AfterAttempt {
  readonly state: 'sent' | 'failed' | 'dead' | 'cancelled';
  /** Milliseconds since 1970; only with 'failed'. */
  readonly nextAt: number | null;
  readonly disableContact: boolean;
  /** Where the same message is queued as well. */
  readonly fallback: Contact | null;
}

const firstRetryMs = 2_000;
const maxRetryMs = { critical: 30_000, other: 300_000 } as const;
/** For messages without a tier's deadline. */
export const maxAttempts = 12;
/** "At once" of a provider that has just refused for being asked too often is not taken at its word. */
const leastRateLimitMs = 1_000;
/** A critical message takes another way as well when it would have to wait longer than this. */
const criticalPatienceMs = 5_000;
/** How long a message without a tier's deadline waits for a provider before it takes another way. */
export const maxRateLimitMs = 900_000;

/** Full jitter: a random time up to a cap that doubles, so that many messages do not come back in step. */
export function retryDelayMs(severity: Severity, attempt: number, random: number): number {
  const cap = Math.min(firstRetryMs * 2 ** (attempt - 1), severity === 1 ? maxRetryMs.critical : maxRetryMs.other);
  return Math.max(500, Math.floor(cap * random));
}

/**
 * Waits as long as a provider asks, or takes another way when that is longer than the tier has. Also for messages that
 * were not tried because the provider had asked before.
 */
export function afterRateLimit(delivery: Pick<AttemptedDelivery, 'severity' | 'deadline'>, retryAfterMs: number, fallback: Contact | null, now: number): AfterAttempt {
  const waitMs = Math.max(leastRateLimitMs, retryAfterMs);
  const nextAt = now + waitMs;
  const tooLate = delivery.deadline === null ? waitMs > maxRateLimitMs : nextAt > delivery.deadline;
  if (tooLate) return { state: 'dead', nextAt: null, disableContact: false, fallback };
  const alsoElsewhere = delivery.severity === 1 && waitMs > criticalPatienceMs;
  return { state: 'failed', nextAt, disableContact: false, fallback: alsoElsewhere ? fallback : null };
}

/** What happens to a delivery after an attempt. */
export function afterAttempt(delivery: AttemptedDelivery, outcome: AttemptOutcome, context: AttemptContext, now: number): AfterAttempt {
  const fallback = context.otherContacts[0] ?? null;
  const nothing = { nextAt: null, disableContact: false, fallback: null };
  if (outcome.kind === 'accepted') return { ...nothing, state: 'sent' };
  const disableContact = outcome.kind === 'refused' && outcome.contactIsDead;
  if (!context.wanted) return { ...nothing, state: 'cancelled', disableContact };
  if (outcome.kind === 'refused') return { ...nothing, state: 'dead', disableContact, fallback };

  if (outcome.kind === 'rate_limited') return afterRateLimit(delivery, outcome.retryAfterMs, fallback, now);

  const nextAt = now + retryDelayMs(delivery.severity, delivery.attempt, context.random);
  const tooLate = delivery.deadline === null ? delivery.attempt >= maxAttempts : nextAt > delivery.deadline;
  // A lost answer of a process that died says nothing about the provider: that message is tried once more even late.
  if (tooLate && !(outcome.kind === 'ambiguous' && delivery.attempt === 1)) return { ...nothing, state: 'dead', fallback };
  // Somebody's life: another way at once, and the same way again, rather than wondering whether it arrived, or when
  // the provider will be back.
  const alsoElsewhere = delivery.severity === 1 && (outcome.kind === 'ambiguous' || outcome.providerTrouble);
  return { state: 'failed', nextAt, disableContact: false, fallback: alsoElsewhere ? fallback : null };
}

/** Whether a message still makes sense in this state of its alert. What announces an end is always sent. */
export function isWanted(purpose: Purpose, timer: Pick<AlertTimer, 'state'>): boolean {
  switch (purpose) {
    case 'notify':
    case 'task':
    case 'unanswered':
      return timer.state === 'notifying' || timer.state === 'paused';
    case 'reminder':
      return timer.state === 'acknowledged' || timer.state === 'handling';
    case 'follow_up':
    case 'hand_over':
      return !isClosed(timer.state);
    case 'stand_down':
    case 'closed':
      return true;
  }
}

/**
 * The last message of a tier turned out undeliverable. If it is that tier's turn, the next is entered at once; the
 * tier is never called informed. `alive` counts messages of that entry that were accepted or are still tried.
 */
export function lastMessageDied(timer: AlertTimer, delivery: Pick<AttemptedDelivery, 'gen' | 'tier' | 'purpose'>, alive: number, now: number): Change | null {
  const itsTurn = timer.state === 'notifying' && timer.gen === delivery.gen && (delivery.purpose === 'notify' || delivery.purpose === 'task');
  if (!itsTurn || alive > 0) return null;
  const reason = 'all_refused';
  return changeOf(
    { ...timer, dueAt: now, dueKind: 'escalate' },
    {
      entryUpdate: { gen: delivery.gen, tier: delivery.tier, outcome: 'not_reached', reason },
      events: [{ type: 'UNREACHABLE', tier: delivery.tier, detail: { gen: delivery.gen, reason } }],
    },
  );
}

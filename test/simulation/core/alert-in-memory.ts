import type { AlertTimer, NewDelivery, TierEntry } from '../../../src/domain/alert.js';
import type { Answer } from '../../../src/domain/answers.js';
import type { Ladder } from '../../../src/domain/policy.js';
import type { LedgerEvent } from '../replay.js';
import type { Life } from './life.js';

/** A message of the outbox, as the table `delivery` would hold it. */
export interface Message extends NewDelivery {
  state: 'pending' | 'sending' | 'failed' | 'sent' | 'dead' | 'cancelled';
  attempt: number;
  nextAt: number;
  /** How often a provider's clear "yes" was written down. */
  accepted: number;
}

export type EnteredTier = TierEntry & { readonly at: number };

/** What made a change: a ringing timer, a person, the defender, or the end of an attempt to send. */
export type Cause = 'ring' | 'person' | 'defender' | 'outbox';

/** One alert with its rows, as the checks see it. */
export interface AlertInMemory {
  readonly life: Life;
  readonly ladder: Ladder;
  readonly timer: AlertTimer;
  readonly now: number;
  readonly entries: readonly EnteredTier[];
  readonly messages: readonly Message[];
  readonly answers: readonly Answer[];
  readonly events: readonly LedgerEvent[];
  /** Organisations told of a tier, by the number of the event at which it was asked. */
  readonly toldAt: ReadonlyMap<number, readonly string[]>;
}

// The true state of one alert as the service tells it, to the defender and to the desk alike.
import type { Language } from './i18n.js';

export type LocalText = Readonly<Partial<Record<Language, string>>>;
export type AlertState = 'notifying' | 'acknowledged' | 'handling' | 'paused' | 'resolved' | 'stood_down' | 'false_alarm';
export type TierStatus = 'waiting' | 'notified' | 'not_reached' | 'not_consented' | 'task' | 'skipped';

export interface TierView {
  readonly tier: number;
  readonly key: string;
  readonly name: LocalText;
  readonly status: TierStatus;
  /** ISO 8601. When it is its turn, if nobody answers before. */
  readonly dueAt?: string | null;
  readonly enteredAt?: string | null;
  /** People of this tier: messages that were sent, people there are, who opened, who answered. */
  readonly sent: number;
  readonly of: number;
  readonly seen: number;
  readonly answered: number;
  readonly reason?: string | null;
}

export interface EventView {
  readonly n: number;
  readonly type: string;
  readonly at: string;
  readonly tier?: number | null;
  readonly detail?: Readonly<Record<string, unknown>> | null;
}

export interface AlertView {
  readonly severity: 'S1' | 'S2' | 'S3' | 'S4';
  readonly drill: boolean;
  readonly state: AlertState;
  readonly receivedAt: string;
  readonly gen: number;
  /** Nobody has it, and at least one whole round of the ladder went by without an answer. */
  readonly unanswered: boolean;
  readonly tiers: readonly TierView[];
  readonly next: { readonly tier: number; readonly at: string } | null;
  readonly owner: boolean;
  readonly events: readonly EventView[];
}

/** States in which nothing more happens by itself. */
export function isClosed(state: AlertState): boolean {
  return state === 'resolved' || state === 'stood_down' || state === 'false_alarm';
}

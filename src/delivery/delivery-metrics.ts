import { Injectable } from '@nestjs/common';
import { Metrics } from '../platform/metrics/metrics.js';
import { channelOf } from './provider-key.js';

/** What breaker_state shows. */
const BREAKER = { closed: 0, probing: 1, open: 2 } as const;

/** What the sending of messages counts. Labels are channels and outcomes, never a provider's name or an id. */
@Injectable()
export class DeliveryMetrics {
  readonly attempts;
  readonly ambiguousResends;
  readonly staleFences;
  private readonly breakerState;
  private readonly shown = new Set<string>();

  constructor(metrics: Metrics) {
    this.attempts = metrics.counter('delivery_attempts_total', 'Attempts to hand a message to a provider', ['channel', 'outcome']);
    this.ambiguousResends = metrics.counter('delivery_ambiguous_resends_total', 'Messages sent again because the answer to the attempt before was lost', ['channel']);
    this.staleFences = metrics.counter('delivery_stale_fences_total', 'Attempts that ended after their lease and changed nothing');
    this.breakerState = metrics.gauge('breaker_state', 'Worst breaker of the providers of a channel: 0 closed, 1 probing, 2 open', ['provider']);
  }

  /** Channels appear from the start, so that an alert rule sees a zero and not a gap. */
  register(channels: Iterable<string>): void {
    for (const channel of channels) {
      this.shown.add(channel);
      this.breakerState.set({ provider: channel }, BREAKER.closed);
      this.ambiguousResends.inc({ channel }, 0);
    }
  }

  /** @param resting providers behind a breaker that is not closed */
  showBreakers(resting: readonly { readonly provider: string; readonly allowed: 'probe' | 'none' }[]): void {
    const states = new Map([...this.shown].map((channel): [string, number] => [channel, BREAKER.closed]));
    for (const { provider, allowed } of resting) {
      const channel = channelOf(provider);
      this.shown.add(channel);
      states.set(channel, Math.max(states.get(channel) ?? 0, allowed === 'none' ? BREAKER.open : BREAKER.probing));
    }
    for (const [channel, state] of states) this.breakerState.set({ provider: channel }, state);
  }
}

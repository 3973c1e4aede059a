import { describe, expect, it } from '@jest/globals';
import { checkProviders } from '../simulation/check-providers.js';
import type { AlertFacts, DeliveryFacts, Facts } from '../simulation/facts.js';
import type { ProviderRequest } from '../simulation/providers.js';

/** What the simulation makes of things that a push service took: it is told no name of a message. */
describe('which message each push was', () => {
  const push = (id: string, startedAt: number, outcome: string | null): DeliveryFacts => ({
    id,
    gen: 1,
    tier: 5,
    purpose: 'notify',
    nth: 0,
    contactId: 'a phone',
    channel: 'web-push',
    provider: 'push.example',
    providerMessageId: null,
    recipient: 'responder',
    org: 'eu',
    state: 'sent',
    attempt: 1,
    attempts: [{ attempt: 1, startedAt, outcome }],
  });
  const request = (at: number): ProviderRequest => ({ contactId: 'a phone', deliveryId: null, messageId: null, at, taken: true, notBeforeMs: null });
  const attribute = (deliveries: readonly DeliveryFacts[], requests: readonly ProviderRequest[]) => {
    const facts: Facts = { alerts: [{ deliveries } as unknown as AlertFacts], orgs: new Map() };
    return checkProviders(facts, requests, { limits: [], lifted: [] });
  };

  it.each([3, 5, 700])('two to one person %i ms apart are each the one that had begun, in whatever order the tables name them', (apart) => {
    const deliveries = [push('second', 1_000 + apart, 'accepted'), push('first', 1_000, 'accepted')];
    expect(attribute(deliveries, [request(1_001), request(1_001 + apart)])).toEqual([
      { deliveryId: 'first', at: 1_001 },
      { deliveryId: 'second', at: 1_001 + apart },
    ]);
  });

  it('one of which the answer was lost is an unclear attempt, when the clear ones are explained', () => {
    const deliveries = [push('unclear', 1_000, 'ambiguous'), push('clear', 1_020, 'accepted')];
    expect(attribute(deliveries, [request(1_010), request(1_030)])).toEqual([
      { deliveryId: 'unclear', at: 1_010 },
      { deliveryId: 'clear', at: 1_030 },
    ]);
  });

  it('one that no attempt explains breaks a rule', () => {
    expect(() => attribute([push('only', 1_000, 'accepted')], [request(1_001), request(1_002)])).toThrow('invariant 6: a provider took a message for the contact a phone');
    expect(() => attribute([push('later', 2_000, 'accepted')], [request(1_000)])).toThrow('invariant 7');
  });
});

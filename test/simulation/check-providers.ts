import { CONTACT_KEY_PREFIX } from '../../src/delivery/rate-limits.js';
import { roundingMs, type ProviderRecord } from './check-facts.js';
import type { DeliveryFacts, Facts } from './facts.js';
import type { NotedLimit } from './limit-log.js';
import type { ProviderRequest } from './providers.js';
import { must, Violation } from './violation.js';

/** Rounding of a limit that is noted a moment after it was said. */
const notedMs = 5;
/** An attempt that began so soon after a limit was noted may have been chosen before that was committed. */
const underWayMs = 700;

interface Attempt {
  readonly delivery: DeliveryFacts;
  readonly startedAt: number;
  readonly outcome: string | null;
}

/** What the test knows besides tables and logs. */
export interface ProviderWitness {
  readonly limits: readonly NotedLimit[];
  /** True times at which limits ended early: the operator lifted them, or the clock was moved. */
  readonly lifted: readonly number[];
}

/**
 * Compares what Telegram, the webhooks' receivers and the push service have seen with the tables.
 *
 * @returns what was taken, by message, for the checks that all channels share
 * @throws {Violation} of 7 or 22
 */
export function checkProviders(facts: Facts, requests: readonly ProviderRequest[], { limits, lifted }: ProviderWitness): ProviderRecord[] {
  const deliveries = facts.alerts.flatMap((alert) => alert.deliveries);
  const endOf = (from: number, until: number): number => Math.min(until, ...lifted.filter((at) => at >= from));
  const attempts = new Attempts(deliveries);
  for (const request of requests) {
    const attempt = attempts.before(request);
    must(7, attempt !== null, () => `a provider was asked to take a message ${request.deliveryId ?? ''} for the contact ${request.contactId}, and no attempt is on record`);
    if (attempt !== null && request.notBeforeMs !== null) checkNoted(request, attempt, requests, limits, endOf);
    if (attempt !== null) checkObeyed(request, attempt, limits, endOf);
  }
  return taken(deliveries, requests);
}

/** 22: what was said is noted for this contact, in full, and the same message does not come sooner. */
function checkNoted(
  { at, contactId, notBeforeMs, deliveryId }: ProviderRequest,
  attempt: Attempt,
  requests: readonly ProviderRequest[],
  limits: readonly NotedLimit[],
  endOf: (from: number, until: number) => number,
): void {
  // An answer that nobody lived to write down cannot be obeyed.
  if (attempt.outcome !== 'rate_limited') return;
  const over = endOf(at, at + (notBeforeMs ?? 0)) - notedMs;
  const noted = limits.find((each) => each.key === CONTACT_KEY_PREFIX + contactId && each.at >= at - notedMs);
  if (noted && endOf(at, noted.at) === noted.at) must(22, noted.until >= over, () => `a provider asked for ${notBeforeMs} ms, ${Math.round(noted.until - at)} ms are noted`);
  if (deliveryId === null) return; // several messages to one chat cannot be told apart there
  const again = requests.find((each) => each.deliveryId === deliveryId && each.at > at && each.at < over);
  must(22, again === undefined, () => `a provider asked for ${notBeforeMs} ms, and the same message came again after ${(again?.at ?? 0) - at} ms`);
}

/** 22: as long as somebody is to be left alone, no attempt to reach them begins. */
function checkObeyed({ at }: ProviderRequest, { delivery, startedAt }: Attempt, limits: readonly NotedLimit[], endOf: (from: number, until: number) => number): void {
  const keys = [delivery.provider, CONTACT_KEY_PREFIX + delivery.contactId];
  const broken = limits.find((each) => keys.includes(each.key) && startedAt > each.at + underWayMs && at < endOf(each.at, each.until) - notedMs);
  must(22, broken === undefined, () => `${delivery.channel} was to be left alone for ${Math.round((broken?.until ?? 0) - (broken?.at ?? 0))} ms, and was asked again after ${Math.round(at - (broken?.at ?? 0))} ms`);
}

/**
 * Which message each thing that was taken is. Telegram does not know our names for messages: what the tables say it
 * called them settles most, and each of the others needs an unclear attempt of its own that began before. A push service
 * is told no name at all: each thing that it took needs an attempt of its own, a clear one or else an unclear one.
 */
function taken(deliveries: readonly DeliveryFacts[], requests: readonly ProviderRequest[]): ProviderRecord[] {
  const byMessage = new Map(deliveries.filter(({ channel }) => channel === 'telegram').map((delivery) => [delivery.providerMessageId, delivery.id]));
  const accepted = attemptsOf(deliveries.filter(({ channel }) => channel === 'web-push'), ['accepted']);
  const unclear = attemptsOf(deliveries, ['ambiguous', null]);
  return requests
    .filter((request) => request.taken)
    .map((request) => {
      const { deliveryId, messageId, at } = request;
      // A message that Telegram has not named is nobody's: the tables have some of those, too.
      const known = deliveryId ?? (messageId === null ? undefined : byMessage.get(messageId));
      if (known !== undefined && known !== null) return { deliveryId: known, at };
      const attempt = takeFirst(accepted, request) ?? takeFirst(unclear, request);
      if (!attempt) throw new Violation(6, `a provider took a message for the contact ${request.contactId} that no clear and no unclear attempt explains`);
      return { deliveryId: attempt.delivery.id, at };
    });
}

/** The attempts that ended so, in the order in which they began. */
function attemptsOf(deliveries: readonly DeliveryFacts[], outcomes: readonly (string | null)[]): Attempt[] {
  return deliveries
    .flatMap((delivery) => delivery.attempts.map(({ startedAt, outcome }) => ({ delivery, startedAt, outcome })))
    .filter(({ outcome }) => outcomes.includes(outcome))
    .sort((a, b) => a.startedAt - b.startedAt);
}

/**
 * Takes the earliest of the attempts that can explain the request out of the list. The earliest, because requests come in
 * the order of time: what explains this one explains each later one as well, but not the other way round.
 */
function takeFirst(attempts: Attempt[], { contactId, at }: ProviderRequest): Attempt | undefined {
  const found = attempts.findIndex(({ delivery, startedAt }) => delivery.contactId === contactId && startedAt <= at + roundingMs);
  return found < 0 ? undefined : attempts.splice(found, 1)[0];
}

/** Attempts by message and by contact, to find the one that a request belongs to. */
class Attempts {
  private readonly byContact = new Map<string, Attempt[]>();
  private readonly byDelivery = new Map<string, Attempt[]>();

  constructor(deliveries: readonly DeliveryFacts[]) {
    for (const delivery of deliveries) {
      const own = delivery.attempts.map(({ startedAt, outcome }) => ({ delivery, startedAt, outcome }));
      this.byDelivery.set(delivery.id, own);
      this.byContact.set(delivery.contactId, [...(this.byContact.get(delivery.contactId) ?? []), ...own]);
    }
    for (const list of this.byContact.values()) list.sort((a, b) => a.startedAt - b.startedAt);
  }

  /** The last attempt that began before the request came; null when there is none. */
  before({ deliveryId, contactId, at }: ProviderRequest): Attempt | null {
    const possible = deliveryId === null ? this.byContact.get(contactId) : this.byDelivery.get(deliveryId);
    return possible?.findLast(({ startedAt }) => startedAt <= at + roundingMs) ?? null;
  }
}

import { changeOf, type AlertTimer, type Change, type Contact, type NewDelivery, type Purpose, type Reachable, type Rid } from './alert.js';
import { peopleFor } from './on-duty.js';
import { stepOf, timeOf, type Ladder, type PolicyTier } from './policy.js';

/** What an entry depends on besides the ladder. */
export interface EntryContext {
  readonly reachable: Reachable;
  readonly excludedOrgs: readonly string[];
  /** People who acknowledged in this round, short of what their tier needs: they know, and are left in peace. */
  readonly acknowledged: ReadonlySet<Rid>;
}

/**
 * Enters exactly one tier: who is told, and when the timer rings next.
 *
 * A tier of which nobody can be reached is recorded as such and rings at once. Otherwise the timer first asks whether
 * anything was handed to a provider, then waits for the rest of the tier's time.
 *
 * @param lateMs how much later than promised this entry is (see latenessAt)
 */
export function enterTier(ladder: Ladder, before: AlertTimer, tier: number, now: number, context: EntryContext, lateMs = 0): Change {
  const step = stepOf(ladder, tier);
  const gen = before.gen + 1;
  const timer = { ...before, state: 'notifying' as const, tier, gen, owner: null, ackExpiresAt: null };
  const people = peopleToTell(ladder, step, context);
  const told = people.filter(({ rid }) => rid === null || !context.acknowledged.has(rid));
  const outcome = people.length === 0 ? 'not_reached' : step.by === 'task' ? 'task' : 'notified';

  if (outcome === 'not_reached') {
    const reason = hasPeople(step, context) ? 'nobody_on_duty' : 'nobody_reachable';
    return changeOf(
      { ...timer, dueAt: now, dueKind: 'escalate' },
      { entries: [{ gen, tier, loop: before.loop, outcome, reason, lateMs }], events: [{ type: 'UNREACHABLE', tier, detail: { gen, reason } }] },
    );
  }
  const wait = timeOf(ladder, tier, lateMs);
  const checkFirst = told.length > 0 && wait > ladder.policy.handedOverMs;
  return changeOf(
    { ...timer, dueAt: now + (checkFirst ? ladder.policy.handedOverMs : wait), dueKind: checkFirst ? 'handed_over' : 'escalate' },
    {
      entries: [{ gen, tier, loop: before.loop, outcome, reason: told.length === 0 ? 'already_answered' : null, lateMs }],
      deliveries: deliveriesTo(told, { purpose: outcome === 'task' ? 'task' : 'notify', gen, tier, deadline: now + wait }),
      events: [{ type: 'ENTER', tier, detail: { gen, loop: before.loop, outcome, told: told.length } }],
    },
  );
}

/** The same message once more, to those of an entered tier who have duty now and have not answered. */
export function messagesTo(
  ladder: Ladder,
  tier: number,
  context: EntryContext,
  message: { readonly gen: number; readonly tier: number; readonly deadline: number; readonly nth: number },
): NewDelivery[] {
  const step = stepOf(ladder, tier);
  const people = peopleToTell(ladder, step, context).filter(({ rid }) => rid === null || !context.acknowledged.has(rid));
  return deliveriesTo(people, { purpose: step.by === 'task' ? 'task' : 'notify', ...message });
}

/** One contact per person, the first that works; organisations that the sender excluded have no stanza. */
function peopleToTell(ladder: Ladder, step: PolicyTier, context: EntryContext): Contact[] {
  if (step.by === 'people') return peopleOnDuty(ladder, step.tier, context);
  // A task goes to the tier that the policy names; if that has nobody or may not know, to the nearest one below.
  const below = ladder.steps.filter((other) => other.by === 'people' && other.tier < step.tier).reverse();
  const asked = [...below.filter(({ tier }) => tier === step.askTier), ...below];
  for (const { tier } of asked) {
    const people = peopleOnDuty(ladder, tier, context);
    if (people.length > 0) return people;
  }
  return [];
}

/** Those of a tier who have duty for an alert of this severity, the best contact of each. */
function peopleOnDuty(ladder: Ladder, tier: number, { reachable, excludedOrgs }: EntryContext): Contact[] {
  const duty = reachable.duty?.get(tier);
  const people = firstContacts(reachable.byTier.get(tier) ?? [], excludedOrgs);
  if (duty === undefined) return people;
  const onDuty = peopleFor(duty, ladder.severity);
  return people.filter(({ rid }) => rid !== null && onDuty.has(rid));
}

/** Whether the tier itself has people who could be told at another time. */
function hasPeople(step: PolicyTier, { reachable, excludedOrgs }: EntryContext): boolean {
  return step.by === 'people' && firstContacts(reachable.byTier.get(step.tier) ?? [], excludedOrgs).length > 0;
}

/** The best contact of every person, without those of the given organisations. */
export function firstContacts(contacts: readonly Contact[], excludedOrgs: readonly string[] = []): Contact[] {
  const best = new Map<string, Contact>();
  for (const contact of contacts) {
    if (contact.org !== null && excludedOrgs.includes(contact.org)) continue;
    const person = contact.rid ?? contact.contactId;
    const known = best.get(person);
    if (!known || contact.priority < known.priority) best.set(person, contact);
  }
  return [...best.values()];
}

export function deliveriesTo(
  contacts: readonly Contact[],
  message: { readonly purpose: Purpose; readonly gen: number; readonly tier: number; readonly deadline: number | null; readonly nth?: number },
): NewDelivery[] {
  return contacts.map((contact) => ({ contact, nth: 0, ...message }));
}

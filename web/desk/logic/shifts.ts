import type { Person, RosterView } from '../crypto/messages.js';
import type { ShiftOverride } from '../service/shifts-api.js';

const coordinatorRole = 'coordinator';

export interface OverrideChoice {
  readonly tier: number;
  /** Ids of the coordinator's own people in this tier. */
  readonly people: readonly string[];
  /** Nobody else is in it, so that the whole tier may be replaced. */
  readonly whole: boolean;
}

/** The tiers whose shifts this person may change, and among whom. The service decides; the page offers no more. */
export function overrideChoices(roster: Pick<RosterView, 'people'>, me: Person, tiers: readonly number[]): readonly OverrideChoice[] {
  if (me.role !== coordinatorRole) return [];
  return tiers.flatMap((tier) => {
    const members = roster.people.filter((person) => person.usable && person.tiers.includes(tier));
    const own = members.filter(({ org }) => org === me.org);
    return own.length === 0 ? [] : [{ tier, people: own.map(({ rid }) => rid), whole: own.length === members.length }];
  });
}

/** Whether everybody whom an override concerns is this coordinator's. */
export function mayRemove({ tier, people, insteadOf }: ShiftOverride, choices: readonly OverrideChoice[]): boolean {
  const choice = choices.find((each) => each.tier === tier);
  if (choice === undefined) return false;
  const concerned = insteadOf === null ? people : [...people, insteadOf];
  return (insteadOf !== null || choice.whole) && concerned.every((rid) => choice.people.includes(rid));
}

/** The value of a field of date and time, on this device's clock, as ISO 8601; null when it is none. */
export function instantOf(local: string): string | null {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(local) ? new Date(local) : null;
  return at === null || Number.isNaN(at.getTime()) ? null : at.toISOString();
}

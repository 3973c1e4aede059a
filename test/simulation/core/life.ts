import type { Contact } from '../../../src/domain/alert.js';
import type { Policy, SatisfiedBy } from '../../../src/domain/policy.js';
import type { Severity } from '../../../src/domain/severity.js';
import { contact, dutyDesk, everyTier, hour, kyrgyzstan, mondayMorning } from '../../support/people.js';
import type { Draw } from '../draw.js';

/** What is given when an alert comes in. */
export interface Life {
  readonly policy: Policy;
  readonly severity: Severity;
  /** Tiers that the sender allowed. */
  readonly tiers: readonly number[];
  readonly excludedOrgs: readonly string[];
  readonly people: readonly PersonInLife[];
  readonly dutyDesk: readonly Contact[];
  /** Milliseconds since 1970; at any hour of a week. */
  readonly receivedAt: number;
}

export interface PersonInLife {
  readonly rid: string;
  readonly org: string;
  readonly tier: number;
  /** Best first; one or two ways to reach them. */
  readonly contacts: readonly Contact[];
}

const mostPeople = 8;
const orgs = ['org0', 'org1', 'org2'];
const severities: readonly Severity[] = [1, 1, 1, 2, 2, 3, 4];

/** Draws the ladder, the people on it, and what the sender allowed; some of it hardly usable, as in life. */
export function drawLife(draw: Draw): Life {
  const people: PersonInLife[] = [];
  for (let at = draw.below(mostPeople + 1); at > 0; at--) {
    const letter = String.fromCharCode(96 + at);
    const org = draw.pick(orgs);
    const contacts = [contact(letter, org, 1), ...(draw.oneIn(3) ? [contact(letter, org, 2, 'other')] : [])];
    people.push({ rid: contacts[0]?.rid ?? '', org, tier: 1 + draw.below(6), contacts });
  }
  return {
    policy: drawPolicy(draw),
    severity: draw.pick(severities),
    tiers: draw.oneIn(3) ? everyTier : draw.some(everyTier),
    excludedOrgs: draw.oneIn(5) ? [draw.pick(orgs)] : [],
    people,
    dutyDesk: draw.oneIn(8) ? [] : [dutyDesk],
    receivedAt: mondayMorning + draw.below(7 * 24) * hour,
  };
}

function drawPolicy(draw: Draw): Policy {
  const rules: readonly SatisfiedBy[] = ['any', 'any', 'each_org', { quorum: 2 }, { quorum: 3 }];
  const policy: Policy = {
    ...kyrgyzstan,
    ack: { ...kyrgyzstan.ack, then: draw.pick(['same', 'next'] as const) },
    loop: { ...kyrgyzstan.loop, max: draw.pick([null, null, 1, 2]) },
    tiers: kyrgyzstan.tiers.map((tier) => ({ ...tier, satisfiedBy: draw.pick(rules) })),
  };
  // 17: a running alert has a snapshot. Whoever in the core wrote to it would throw.
  for (const tier of policy.tiers) Object.freeze(tier);
  Object.freeze(policy.tiers);
  return Object.freeze(policy);
}

import type { Contact, Reachable } from '../domain/alert.js';
import type { HandOverTarget } from '../domain/handling.js';
import type { LockedAlert } from './lock-alert.js';

/**
 * The contacts of a hand-over's target who could open this alert: of a tier that the sender sealed it to, not of an
 * organisation that the sender left out, and behind no gate that is still shut. A hand-over must not be a way around
 * the defender's consent.
 */
export function eligibleContacts(
  alert: Pick<LockedAlert, 'ladder' | 'allowedTiers' | 'excludedOrgs'>,
  target: HandOverTarget,
  reachable: Reachable,
  enteredTiers: ReadonlySet<number>,
): Contact[] | { readonly refused: 'target-cannot-open' | 'nobody-reachable' } {
  const matches = ({ rid, org }: Contact): boolean => ('rid' in target ? rid === target.rid : org === target.org);
  const open = alert.ladder.policy.tiers.filter(({ tier, gated }) => alert.allowedTiers.includes(tier) && (!gated || enteredTiers.has(tier)));
  const eligible = open
    .flatMap(({ tier }) => reachable.byTier.get(tier) ?? [])
    .filter((contact) => matches(contact) && (contact.org === null || !alert.excludedOrgs.includes(contact.org)));
  if (eligible.length > 0) return eligible;
  const known = [...reachable.byTier.values()].some((contacts) => contacts.some(matches));
  return { refused: known ? 'target-cannot-open' : 'nobody-reachable' };
}

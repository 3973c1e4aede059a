// Names of organisations, people and tiers, as the verified roster and the policy give them.
import { localText, type MessageKey, type Translate } from '../../common/i18n.js';
import type { TierView } from '../../common/alert-view.js';
import type { RosterView } from '../crypto/messages.js';

export function organisationName(roster: RosterView, org: string, t: Translate): string {
  const found = roster.organisations.find(({ id }) => id === org);
  return found === undefined ? org : localText(found.name, t.lang);
}

const roleKeys: Readonly<Record<string, MessageKey>> = {
  officer: 'desk.role.officer',
  lawyer: 'desk.role.lawyer',
  coordinator: 'desk.role.coordinator',
  'focal-point': 'desk.role.focal-point',
  deputy: 'desk.role.deputy',
};

/** A role that this desk knows, translated; any other as the roster writes it. */
export function roleName(role: string, t: Translate): string {
  const key = roleKeys[role];
  return key === undefined ? role : t(key);
}

/** "Partner in Osh, officer": the roster has no personal names, on purpose. The start of the id tells two people with
 *  one role apart. */
export function personName(roster: RosterView, rid: string | null, t: Translate): string {
  const person = roster.people.find((each) => each.rid === rid);
  if (person === undefined) return t('desk.name.unknown');
  const twins = roster.people.filter(({ org, role }) => org === person.org && role === person.role);
  const name = `${organisationName(roster, person.org, t)}, ${roleName(person.role, t)}`;
  return twins.length > 1 ? `${name} (${person.rid.slice(0, 4)})` : name;
}

export function tierName(tiers: readonly Pick<TierView, 'tier' | 'name' | 'key'>[], tier: number, t: Translate): string {
  const found = tiers.find((each) => each.tier === tier);
  return found === undefined ? String(tier) : localText(found.name, t.lang) || found.key;
}

import type { TierView } from '../../common/alert-view.js';
import type { OpenedAlert, RosterView } from '../crypto/messages.js';

export interface HandOverTarget {
  readonly org: string;
  /** Responder ids. */
  readonly people: readonly string[];
}

/** Who can take an alert over: listed by the defender, still on the roster, and able to open it now, because their tier
 *  has been reached or never was behind a gate. Offering anybody else would hand it to someone who sees nothing. */
export function handOverTargets(
  alert: Pick<OpenedAlert, 'recipients' | 'gatedTiers'>,
  tiers: readonly Pick<TierView, 'tier' | 'status'>[],
  roster: Pick<RosterView, 'people'>,
  ownRid: string,
): HandOverTarget[] {
  const reached = new Set(tiers.filter(({ status }) => status === 'notified' || status === 'not_reached').map(({ tier }) => tier));
  const byOrg = new Map<string, string[]>();
  for (const { rid, tier } of alert.recipients) {
    const person = roster.people.find((each) => each.rid === rid);
    const canRead = reached.has(tier) || !alert.gatedTiers.includes(tier);
    if (person === undefined || !person.usable || !canRead || rid === ownRid) continue;
    const people = byOrg.get(person.org) ?? [];
    if (!people.includes(rid)) byOrg.set(person.org, [...people, rid]);
  }
  return [...byOrg].map(([org, people]) => ({ org, people }));
}

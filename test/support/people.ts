import type { Contact, Reachable } from '../../src/domain/alert.js';
import { loadPolicy } from '../../src/escalation/policy-schema.js';

export const kyrgyzstan = loadPolicy('config/policies/kyrgyzstan.yaml');
export const minute = 60_000;
export const hour = 60 * minute;

/** All tiers of the Kyrgyzstan ladder that people can consent to, without the public statement. */
export const everyTier = [1, 2, 3, 4, 5, 6];

/** Monday 2 March 2026, 10:00 in Bishkek. */
export const mondayMorning = Date.parse('2026-03-02T04:00:00Z');

/** A rid that can be told apart in a failing test: "a" → aaaa… */
export function rid(letter: string): string {
  return letter.charCodeAt(0).toString(16).padStart(2, '0').repeat(16);
}

export function contact(person: string, org: string, priority = 1, channel = 'email'): Contact {
  return { contactId: `${person}-${channel}-${priority}`, rid: rid(person), org, channel, priority };
}

export const dutyDesk: Contact = { contactId: 'duty-desk', rid: null, org: null, channel: 'email', priority: 1 };

/** One or two people in every tier; the EU Delegation has its focal point and deputy. */
export const everybody: Reachable = {
  byTier: new Map([
    [1, [contact('a', 'osh')]],
    [2, [contact('b', 'lawyers'), contact('c', 'lawyers')]],
    [3, [contact('d', 'bishkek')]],
    [4, [contact('e', 'abroad')]],
    [5, [contact('f', 'eu'), contact('g', 'eu')]],
  ]),
  dutyDesk: [dutyDesk],
};

export const nobody: Reachable = { byTier: new Map(), dutyDesk: [] };

import { describe, expect, it } from '@jest/globals';
import type { Person } from '../crypto/messages.js';
import { handOverTargets } from './hand-over-targets.js';

const person = (rid: string, org: string, usable = true): Person => ({ rid, org, role: 'officer', tiers: [1], status: 'active', usable });
const roster = { people: [person('me', 'osh'), person('colleague', 'osh'), person('lawyer', 'lawyers'), person('eu', 'eu'), person('gone', 'osh', false)] };
const recipients = [
  { rid: 'me', org: 'osh', tier: 1 },
  { rid: 'colleague', org: 'osh', tier: 1 },
  { rid: 'lawyer', org: 'lawyers', tier: 2 },
  { rid: 'eu', org: 'eu', tier: 5 },
  { rid: 'gone', org: 'osh', tier: 1 },
];

describe('whom an alert can be handed to', () => {
  it('is whoever can open it: not me, not the revoked, not a tier behind a closed gate', () => {
    const tiers = [{ tier: 1, status: 'notified' as const }, { tier: 2, status: 'waiting' as const }, { tier: 5, status: 'waiting' as const }];
    expect(handOverTargets({ recipients, gatedTiers: [5] }, tiers, roster, 'me')).toEqual([
      { org: 'osh', people: ['colleague'] },
      { org: 'lawyers', people: ['lawyer'] },
    ]);
  });

  it('includes a gated tier once it has been reached', () => {
    const tiers = [{ tier: 5, status: 'notified' as const }];
    expect(handOverTargets({ recipients, gatedTiers: [5] }, tiers, roster, 'me').map(({ org }) => org)).toContain('eu');
  });

  it('is nobody whom the defender did not list', () => {
    expect(handOverTargets({ recipients: [], gatedTiers: [] }, [], roster, 'me')).toEqual([]);
  });
});

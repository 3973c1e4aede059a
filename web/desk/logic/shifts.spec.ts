import { describe, expect, it } from '@jest/globals';
import type { Person } from '../crypto/messages.js';
import type { ShiftOverride } from '../service/shifts-api.js';
import { instantOf, mayRemove, overrideChoices } from './shifts.js';

const person = (rid: string, org: string, tiers: readonly number[], more: Partial<Person> = {}): Person =>
  ({ rid, org, role: 'officer', tiers, status: 'active', usable: true, ...more });

const me = person('me', 'lawyers', [2], { role: 'coordinator' });
const roster = { people: [me, person('second', 'lawyers', [2, 3]), person('stranger', 'partner', [3]), person('gone', 'lawyers', [3], { usable: false })] };
const choices = overrideChoices(roster, me, [1, 2, 3]);
const override = (more: Partial<ShiftOverride>): ShiftOverride => ({ id: '1', tier: 3, from: '', to: '', people: ['second'], insteadOf: null, ...more });

describe('changing shifts', () => {
  it('is a coordinator’s, for tiers with people of their own who can serve', () => {
    expect(choices).toEqual([
      { tier: 2, people: ['me', 'second'], whole: true },
      { tier: 3, people: ['second'], whole: false },
    ]);
    expect(overrideChoices(roster, { ...me, role: 'officer' }, [2, 3])).toEqual([]);
  });

  it('offers to take back only what concerns nobody else', () => {
    expect(mayRemove(override({ tier: 2 }), choices)).toBe(true);
    expect(mayRemove(override({}), choices)).toBe(false); // replaces the stranger as well
    expect(mayRemove(override({ insteadOf: 'second' }), choices)).toBe(true);
    expect(mayRemove(override({ insteadOf: 'stranger' }), choices)).toBe(false);
    expect(mayRemove(override({ tier: 1 }), choices)).toBe(false);
  });

  it('reads a field of date and time by the clock of this device', () => {
    expect(instantOf('2026-03-02T09:00')).toBe(new Date(2026, 2, 2, 9).toISOString());
    for (const wrong of ['', '2026-03-02', '2026-99-99T09:00']) expect(instantOf(wrong)).toBe(null);
  });
});

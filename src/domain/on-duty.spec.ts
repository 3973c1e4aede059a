import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gapsIn } from './coverage.js';
import { dutyAt, dutyThrough, peopleFor } from './on-duty.js';
import { EMPTY_ROTA, type Rota, type Rotation, type ShiftOverride, type TierMember } from './rota.js';

const hour = 3_600_000;
const day = 24 * hour;
const at = (text: string): number => Date.parse(text);
const span = (start: string, end: string) => ({ start: at(start), end: at(end) });

const members: readonly TierMember[] = [
  { rid: 'aida', org: 'osh' },
  { rid: 'bakyt', org: 'osh' },
  { rid: 'cholpon', org: 'lawyers' },
];
const weekly: Rotation = {
  rotationId: 'weekly',
  tier: 1,
  zone: 'Asia/Bishkek',
  firstHandOver: '2026-03-02T09:00',
  every: { count: 1, unit: 'weeks' },
  turns: [['aida', 'cholpon'], ['bakyt', 'cholpon']],
  until: null,
};
const override = (overrideId: string, people: string[], from: string, to: string, insteadOf: string | null = null): ShiftOverride => ({ overrideId, tier: 1, span: span(from, to), insteadOf, people });
const weekdays = [{ weekdays: [1, 2, 3, 4, 5], opens: '09:00', closes: '18:00' }];
const on = (rota: Rota, when: string, severity: 1 | 2 = 1): string[] => [...peopleFor(dutyAt(rota, 1, members, at(when)), severity)].sort();

describe('who has duty', () => {
  it('is everybody of the tier when nothing is set, before a rotation begins, and after it has ended', () => {
    expect(on(EMPTY_ROTA, '2026-03-04T00:00Z')).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on({ ...EMPTY_ROTA, rotations: [weekly] }, '2026-03-01T00:00Z')).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on({ ...EMPTY_ROTA, rotations: [{ ...weekly, until: at('2026-03-03T00:00Z') }] }, '2026-03-04T00:00Z')).toEqual(['aida', 'bakyt', 'cholpon']);
  });

  it('are the people of this turn, together with those of other rotations of the tier', () => {
    expect(on({ ...EMPTY_ROTA, rotations: [weekly] }, '2026-03-04T00:00Z')).toEqual(['aida', 'cholpon']);
    const second = { ...weekly, rotationId: 'second', turns: [['bakyt']] };
    expect(on({ ...EMPTY_ROTA, rotations: [weekly, second] }, '2026-03-04T00:00Z')).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on({ ...EMPTY_ROTA, rotations: [{ ...weekly, tier: 2 }] }, '2026-03-04T00:00Z')).toHaveLength(3);
  });

  it('are only people whom the roster names in the tier', () => {
    expect(on({ ...EMPTY_ROTA, rotations: [{ ...weekly, turns: [['revoked']] }] }, '2026-03-04T00:00Z')).toEqual([]);
    expect(on({ ...EMPTY_ROTA, overrides: [override('o', ['stranger'], '2026-03-01T00:00Z', '2026-03-09T00:00Z')] }, '2026-03-04T00:00Z')).toEqual([]);
  });

  it('an override beats the rotation, for as long as it lasts', () => {
    const rota = { ...EMPTY_ROTA, rotations: [weekly], overrides: [override('o', ['bakyt'], '2026-03-04T00:00Z', '2026-03-05T00:00Z')] };
    expect([on(rota, '2026-03-03T23:59Z'), on(rota, '2026-03-04T00:00Z'), on(rota, '2026-03-05T00:00Z')]).toEqual([['aida', 'cholpon'], ['bakyt'], ['aida', 'cholpon']]);
  });

  it('somebody who stands in for one person leaves the others alone, and does nothing when that person is off', () => {
    const rota = { ...EMPTY_ROTA, rotations: [weekly], overrides: [override('ill', ['bakyt'], '2026-03-01T00:00Z', '2026-04-01T00:00Z', 'aida')] };
    expect(on(rota, '2026-03-04T00:00Z')).toEqual(['bakyt', 'cholpon']);
    expect(on(rota, '2026-03-10T00:00Z')).toEqual(['bakyt', 'cholpon']); // bakyt's own week: nobody twice, nobody lost
    expect(on({ ...rota, overrides: [{ ...rota.overrides[0], people: [] } as ShiftOverride] }, '2026-03-04T00:00Z')).toEqual(['cholpon']);
  });

  it('the narrowest override has the last word, whatever it is about', () => {
    const ill = override('ill', ['bakyt'], '2026-03-01T00:00Z', '2026-03-15T00:00Z', 'aida');
    const afternoon = override('afternoon', ['aida'], '2026-03-04T06:00Z', '2026-03-04T12:00Z');
    const errand = override('errand', ['cholpon'], '2026-03-04T08:00Z', '2026-03-04T09:00Z', 'aida');
    const rota = { ...EMPTY_ROTA, rotations: [weekly], overrides: [errand, afternoon, ill] };
    expect([on(rota, '2026-03-04T05:00Z'), on(rota, '2026-03-04T07:00Z'), on(rota, '2026-03-04T08:30Z')]).toEqual([['bakyt', 'cholpon'], ['aida'], ['cholpon']]);
  });
});

describe('overrides of the same length', () => {
  it('the one for a single person has the last word over the one for all, in whatever order they were made', () => {
    const all = override('all', ['aida', 'bakyt'], '2026-03-04T00:00Z', '2026-03-05T00:00Z');
    const one = override('one', ['cholpon'], '2026-03-04T06:00Z', '2026-03-05T06:00Z', 'aida');
    const later = { ...all, span: span('2026-03-04T07:00Z', '2026-03-05T07:00Z') };
    for (const overrides of [[all, one], [one, all], [later, one], [one, later]]) {
      expect(on({ ...EMPTY_ROTA, rotations: [weekly], overrides }, '2026-03-04T08:00Z')).toEqual(['bakyt', 'cholpon']);
    }
  });
});

describe('opening hours and days off', () => {
  const office: Rota = { ...EMPTY_ROTA, hours: [{ org: 'osh', zone: 'Asia/Bishkek', weekly: weekdays }] };

  it('hold back everything but critical alerts', () => {
    expect(on(office, '2026-03-04T04:00Z', 2)).toEqual(['aida', 'bakyt', 'cholpon']); // Wednesday 10:00
    expect(on(office, '2026-03-04T12:00Z', 2)).toEqual(['cholpon']); // 18:00 sharp is over
    expect(on(office, '2026-03-04T12:00Z', 1)).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on(office, '2026-03-07T04:00Z', 2)).toEqual(['cholpon']); // Saturday
  });

  it('do not hold for whoever is put in by name', () => {
    expect(on({ ...office, overrides: [override('o', ['aida'], '2026-03-07T00:00Z', '2026-03-08T00:00Z')] }, '2026-03-07T04:00Z', 2)).toEqual(['aida']);
  });

  it('a holiday closes one organisation, or all, for whole days of its zone', () => {
    const holiday = { org: 'lawyers', zone: 'Asia/Bishkek', firstDay: '2026-05-01', dayAfter: '2026-05-10' };
    const rota = { ...EMPTY_ROTA, holidays: [holiday] };
    expect(on(rota, '2026-04-30T17:59Z', 2)).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on(rota, '2026-04-30T18:00Z', 2)).toEqual(['aida', 'bakyt']);
    expect(on(rota, '2026-05-09T18:00Z', 2)).toEqual(['aida', 'bakyt', 'cholpon']);
    expect(on({ ...EMPTY_ROTA, holidays: [{ ...holiday, org: null }] }, '2026-05-05T00:00Z', 2)).toEqual([]);
  });

  it('may go to the end of the day, and meet a change of the clocks', () => {
    const evening: Rota = { ...EMPTY_ROTA, hours: [{ org: 'osh', zone: 'Europe/Brussels', weekly: [{ weekdays: [7], opens: '02:30', closes: '24:00' }] }] };
    expect(on(evening, '2026-03-29T01:29Z', 2)).toEqual(['cholpon']); // 02:30 does not exist and means 03:30
    expect(on(evening, '2026-03-29T01:30Z', 2)).toHaveLength(3);
    expect(on(evening, '2026-10-25T01:15Z', 2)).toHaveLength(3); // 02:15 for the second time: open since the first 02:30
    expect(on(evening, '2026-10-25T23:00Z', 2)).toEqual(['cholpon']);
  });
});

describe('quiet hours of one person', () => {
  const night = { rid: 'aida', zone: 'Asia/Bishkek', from: '22:00', to: '07:00' };
  const sleeps: Rota = { ...EMPTY_ROTA, quiet: [night] };

  it('hold back everything but critical alerts from that person, over midnight', () => {
    expect(on(sleeps, '2026-03-04T15:59Z', 2)).toEqual(['aida', 'bakyt', 'cholpon']); // 21:59
    expect(on(sleeps, '2026-03-04T16:00Z', 2)).toEqual(['bakyt', 'cholpon']);
    expect(on(sleeps, '2026-03-05T00:59Z', 2)).toEqual(['bakyt', 'cholpon']);
    expect(on(sleeps, '2026-03-05T01:00Z', 2)).toEqual(['aida', 'bakyt', 'cholpon']); // 07:00 sharp
    expect(on(sleeps, '2026-03-04T20:00Z', 1)).toEqual(['aida', 'bakyt', 'cholpon']);
  });

  it('do not hold for whoever is put in by name, nor beyond the same day when they end before midnight', () => {
    expect(on({ ...sleeps, overrides: [override('o', ['aida'], '2026-03-04T00:00Z', '2026-03-06T00:00Z')] }, '2026-03-04T20:00Z', 2)).toEqual(['aida']);
    const nap: Rota = { ...EMPTY_ROTA, quiet: [{ ...night, from: '13:00', to: '14:00' }] };
    expect([on(nap, '2026-03-04T07:30Z', 2).length, on(nap, '2026-03-04T08:00Z', 2).length, on(nap, '2026-03-04T20:00Z', 2).length]).toEqual([2, 3, 3]);
  });

  it('meet a change of the clocks: a time that is skipped comes later, one that comes twice is its first', () => {
    const brussels: Rota = { ...EMPTY_ROTA, quiet: [{ ...night, zone: 'Europe/Brussels', from: '02:30', to: '07:00' }] };
    expect([on(brussels, '2026-03-29T01:29Z', 2).length, on(brussels, '2026-03-29T01:30Z', 2).length]).toEqual([3, 2]);
    expect([on(brussels, '2026-10-25T00:29Z', 2).length, on(brussels, '2026-10-25T00:30Z', 2).length]).toEqual([3, 2]);
  });
});

describe('what is missing', () => {
  it('is found ahead: a partner closed from 1 to 9 May, a week that nobody has, a tier with one person', () => {
    const closed = { org: null, zone: 'Asia/Bishkek', firstDay: '2026-05-01', dayAfter: '2026-05-10' };
    const rota: Rota = { ...EMPTY_ROTA, rotations: [weekly], holidays: [closed], overrides: [override('away', [], '2026-05-04T00:00Z', '2026-05-05T00:00Z'), override('one', ['aida'], '2026-05-12T00:00Z', '2026-05-13T00:00Z')] };
    expect(gapsIn(rota, 1, members, span('2026-04-27T00:00Z', '2026-05-20T00:00Z'))).toEqual([
      { tier: 1, kind: 'closed', span: span('2026-04-30T18:00Z', '2026-05-04T00:00Z') },
      { tier: 1, kind: 'uncovered', span: span('2026-05-04T00:00Z', '2026-05-05T00:00Z') },
      { tier: 1, kind: 'closed', span: span('2026-05-05T00:00Z', '2026-05-09T18:00Z') },
      { tier: 1, kind: 'thin', span: span('2026-05-12T00:00Z', '2026-05-13T00:00Z') },
    ]);
    expect(gapsIn(EMPTY_ROTA, 1, members.slice(0, 1), span('2026-05-01T00:00Z', '2026-05-02T00:00Z'))).toMatchObject([{ kind: 'thin' }]);
    expect(gapsIn(EMPTY_ROTA, 1, [], span('2026-05-01T00:00Z', '2026-05-02T00:00Z'))).toMatchObject([{ kind: 'uncovered' }]);
  });
});

describe('whatever the rota says', () => {
  const people = ['aida', 'bakyt', 'cholpon', 'revoked'];
  const zone = fc.constantFrom('Asia/Bishkek', 'Europe/Brussels', 'America/New_York', 'Australia/Lord_Howe', 'America/St_Johns');
  const start = at('2026-03-01T00:00Z');
  const instant = fc.integer({ min: 0, max: 40 * 24 * 4 }).map((quarters) => start + (quarters * hour) / 4);
  const someSpan = fc.tuple(instant, fc.integer({ min: 1, max: 400 })).map(([from, quarters]) => ({ start: from, end: from + (quarters * hour) / 4 }));
  const someRota: fc.Arbitrary<Rota> = fc.record({
    rotations: fc.array(
      fc.record({
        rotationId: fc.constant('r'),
        tier: fc.constant(1),
        zone,
        firstHandOver: fc.constantFrom('2026-02-20T02:30', '2026-03-05T09:00', '2026-03-28T23:45'),
        every: fc.record({ count: fc.integer({ min: 1, max: 14 }), unit: fc.constantFrom('hours' as const, 'days' as const, 'weeks' as const, 'months' as const) }),
        turns: fc.array(fc.subarray(people), { minLength: 1, maxLength: 4 }),
        until: fc.option(instant),
      }),
      { maxLength: 2 },
    ),
    overrides: fc.array(
      fc.record({ overrideId: fc.uuid(), tier: fc.constant(1), span: someSpan, insteadOf: fc.option(fc.constantFrom(...people)), people: fc.subarray(people) }),
      { maxLength: 4 },
    ),
    hours: fc.array(
      fc.record({
        org: fc.constantFrom('osh', 'lawyers'),
        zone,
        weekly: fc.array(fc.record({ weekdays: fc.subarray([1, 2, 3, 4, 5, 6, 7]), opens: fc.constantFrom('00:00', '02:30', '09:00'), closes: fc.constantFrom('17:15', '24:00') }), { maxLength: 2 }),
      }),
      { maxLength: 2 },
    ),
    quiet: fc.array(fc.record({ rid: fc.constantFrom(...people), zone, from: fc.constantFrom('22:00', '02:30', '00:00'), to: fc.constantFrom('07:00', '02:30', '23:15') }), { maxLength: 2 }),
    holidays: fc.array(fc.record({ org: fc.constantFrom(null, 'osh'), zone, firstDay: fc.constant('2026-03-28'), dayAfter: fc.constantFrom('2026-03-29', '2026-03-31') }), { maxLength: 2 }),
  });

  it('the segments of a time fill it, and say at every instant what is true at that instant', () => {
    fc.assert(
      fc.property(someRota, someSpan, fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { minLength: 5, maxLength: 5 }), (rota, within, picks) => {
        const segments = dutyThrough(rota, 1, members, within);
        expect([segments[0]?.span.start, segments.at(-1)?.span.end]).toEqual([within.start, within.end]);
        for (const [index, segment] of segments.entries()) if (index > 0) expect(segment.span.start).toBe(segments[index - 1]?.span.end);
        for (const pick of picks) {
          const when = within.start + Math.floor(pick * (within.end - within.start - 1));
          const segment = segments.find((each) => when >= each.span.start && when < each.span.end);
          expect({ critical: segment?.critical, other: segment?.other }).toEqual(dutyAt(rota, 1, members, when));
        }
      }),
      { numRuns: 120 },
    );
  });

  it('critical alerts go to at least those to whom others go, and hours never hold them back', () => {
    fc.assert(
      fc.property(someRota, instant, (rota, when) => {
        const duty = dutyAt(rota, 1, members, when);
        for (const rid of duty.other) expect(duty.critical.has(rid)).toBe(true);
        expect(dutyAt({ ...rota, hours: [], quiet: [], holidays: [] }, 1, members, when).critical).toEqual(duty.critical);
      }),
      { numRuns: 120 },
    );
  });

  it('the narrowest override of the whole tier decides alone', () => {
    fc.assert(
      fc.property(someRota, instant, fc.subarray(people), (rota, when, wanted) => {
        const narrowest = override('narrowest', wanted, new Date(when).toISOString(), new Date(when + 60_000).toISOString());
        const duty = dutyAt({ ...rota, overrides: [...rota.overrides, narrowest] }, 1, members, when);
        expect([...duty.other].sort()).toEqual(wanted.filter((rid) => rid !== 'revoked').sort());
        expect(dutyAt(rota, 1, members, when + day)).toEqual(dutyAt({ ...rota, overrides: [...rota.overrides, narrowest] }, 1, members, when + day));
      }),
      { numRuns: 100 },
    );
  });
});

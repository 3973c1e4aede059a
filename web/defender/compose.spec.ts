import { describe, expect, it } from '@jest/globals';
import { toBase64url, type Consents, type RosterBody, type RosterResponder } from '@jardam/protocol';
import { noble } from '@jardam/protocol/noble';
import { audienceOf, panicConsents, releaseKeys, type Choices } from './compose.js';
import type { Policy, PolicyTier } from './policy.js';

const now = Date.parse('2026-11-23T08:00:00Z');
const tier = (number: number, rest: Partial<PolicyTier> = {}): PolicyTier => ({
  tier: number,
  name: {},
  afterMs: { S1: number * 60_000, S2: number * 60_000, S3: number * 60_000, S4: null },
  consent: null,
  gated: false,
  by: 'people',
  ...rest,
});
const policy: Policy = {
  id: 'test',
  sha256: '',
  tiers: [
    tier(1, { afterMs: { S1: 0, S2: 0, S3: 0, S4: 'next_shift' } }),
    tier(4, { consent: 'abroad', gated: true }),
    tier(5, { consent: 'eu', gated: true }),
    tier(6, { consent: 'un', by: 'task' }),
  ],
};
const responder = (org: string, tiers: number[], rest: Partial<RosterResponder> = {}): RosterResponder => ({
  rid: `${org}${tiers.join('')}`.padEnd(32, '0'),
  org,
  role: 'officer',
  tiers,
  sig_pk: '',
  kem_pk: toBase64url(new Uint8Array(1216).fill(tiers[0] ?? 0)),
  status: 'active',
  not_before: '2026-01-01T00:00:00Z',
  not_after: '2027-01-01T00:00:00Z',
  ...rest,
});
const roster = {
  responders: [
    responder('osh', [1]),
    responder('lawyers', [1]),
    responder('osh', [1, 4], { status: 'probation' }),
    responder('gone', [1], { status: 'revoked' }),
    // Its keys are on the server: whoever seals to it seals to the server.
    responder('watch', [1, 4, 5], { role: 'robot' }),
    responder('late', [1], { not_after: '2026-11-01T00:00:00Z' }),
    responder('abroad', [4]),
    responder('eu', [5]),
    responder('eu', [5], { rid: 'deputy'.padEnd(32, '0') }),
  ],
} as unknown as RosterBody;

const none: Consents = { responders: true, abroad: false, eu: false, un: false, publication: false, family: false };
const choices = (rest: Partial<Choices> = {}): Choices => ({ severity: 'S1', consents: none, excluded: [], gated: true, ...rest });
const readers = (c: Choices): string[] => audienceOf(policy, roster, c, now).listed.map(({ org, tier: t }) => `${org} ${t}`);

describe('who gets a key', () => {
  it('is, without any consent, only the first people; nobody on probation, revoked or out of date', () => {
    expect(readers(choices())).toEqual(['osh 1', 'lawyers 1']);
    expect(audienceOf(policy, roster, choices(), now).tiers).toEqual([1]);
  });

  it('are the people of the EU only with that consent: there is no stanza to be handed over later', () => {
    const withEu = audienceOf(policy, roster, choices({ consents: { ...none, eu: true } }), now);
    expect(withEu.listed.map(({ org }) => org)).toEqual(['osh', 'lawyers', 'eu', 'eu']);
    expect(withEu.tiers).toEqual([1, 5]);
    const without = audienceOf(policy, roster, choices({ consents: { ...none, abroad: true, un: true, family: true } }), now);
    expect(without.recipients.some(({ tier: t }) => t === 5)).toBe(false);
    expect(without.tiers).not.toContain(5);
  });

  it('is never an organisation that was taken out, in any of its tiers', () => {
    expect(readers(choices({ excluded: ['osh'], consents: { ...none, abroad: true } }))).toEqual(['lawyers 1', 'abroad 4']);
  });

  it('is nobody of a tier that this severity never reaches', () => {
    expect(readers(choices({ severity: 'S4', consents: { ...none, abroad: true, eu: true } }))).toEqual(['osh 1', 'lawyers 1']);
  });

  it('includes a task for the UN among the tiers when that was agreed, although nobody has a key for it', () => {
    expect(audienceOf(policy, roster, choices({ consents: { ...none, un: true } }), now)).toMatchObject({ tiers: [1, 6] });
  });

  it('closes gates for later tiers of a report and for none of a panic', () => {
    const consents = panicConsents({ abroad: true, eu: true });
    expect(audienceOf(policy, roster, choices({ consents }), now).gatedTiers).toEqual([4, 5]);
    expect(audienceOf(policy, roster, choices({ consents, gated: false }), now).gatedTiers).toEqual([]);
    // A gate without a reader would be refused by the server, rightly.
    expect(audienceOf(policy, roster, choices({ consents, excluded: ['eu'] }), now).gatedTiers).toEqual([4]);
  });

  it('lets a panic be read by nobody whom its page did not name', () => {
    expect(panicConsents({ abroad: false, eu: true })).toEqual({ ...none, eu: true });
  });
});

describe('release keys', () => {
  it('come back from the same secret, and differ by tier and alert', () => {
    const [secret, alert, other] = [1, 2, 3].map((n) => new Uint8Array(n === 1 ? 32 : 16).fill(n)) as [Uint8Array, Uint8Array, Uint8Array];
    const [four, five] = releaseKeys(noble, secret, alert, [4, 5]);
    expect(releaseKeys(noble, secret, alert, [5])[0]).toEqual(five);
    expect(four?.rk).not.toEqual(five?.rk);
    expect(releaseKeys(noble, secret, other, [4])[0]?.rk).not.toEqual(four?.rk);
  });
});

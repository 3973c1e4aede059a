import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  deriveResponder,
  encodeRoster,
  instanceIdOf,
  packRoster,
  rosterHash,
  signRoster,
  toBase64url,
  toHex,
  verifyRosterChain,
  type Primitives,
  type RosterBody,
  type SignedRoster,
} from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import type { Coalition } from './coalition-file.js';
import { draftRevocation, draftRoster, type PendingEnrolment, type PreviousRoster } from './roster-draft.js';

const NOW = new Date('2026-05-04T08:00:00.000Z');
const LATER = new Date('2026-05-20T08:00:00.000Z');
const name = { en: 'Partner', ru: 'Партнёр', ky: 'Өнөктөш', uz: 'Hamkor', tg: 'Шарик' };
const seeds = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));

let p: Primitives;
let coalition: Coalition;
const waiting = (byte: number, org: string): PendingEnrolment => {
  const keys = deriveResponder(p, new Uint8Array(32).fill(byte));
  return { rid: toHex(new Uint8Array(16).fill(byte)), org, role: 'case officer', tiers: [1], sigPk: keys.signPk, kemPk: keys.kem.publicKey };
};

beforeAll(async () => {
  p = await loadSodium();
  coalition = {
    threshold: 2,
    roots: seeds.map((seed) => toBase64url(p.ed25519.keypair(seed).publicKey)),
    organisations: ['osh', 'lawyers'].map((id) => ({ id, name })),
    emergency: [{ label: name, phone: '112' }],
    validDays: 60,
  };
});

function signed(body: RosterBody, by: readonly number[]): SignedRoster {
  const bytes = encodeRoster(body);
  return packRoster(bytes, by.map((i) => signRoster(p, bytes, seeds[i] ?? new Uint8Array(32))));
}

function bodyOf(drafted: { body: RosterBody } | { refused: string }): RosterBody {
  if ('refused' in drafted) throw new Error(drafted.refused);
  return drafted.body;
}

const asPrevious = (body: RosterBody): PreviousRoster => ({ body, hash: rosterHash(p, encodeRoster(body)) });
const draft = (input: Partial<Parameters<typeof draftRoster>[0]>) => draftRoster({ coalition, previous: null, enrolments: [], policies: [], now: NOW, ...input });

describe('the next roster', () => {
  it('grows into a chain that clients accept: first the coalition, then its people', () => {
    const first = bodyOf(draft({}));
    const second = bodyOf(draft({ previous: asPrevious(first), enrolments: [waiting(7, 'osh'), waiting(8, 'lawyers')], now: LATER }));
    const chain = [signed(first, [0, 1]), signed(second, [1, 2])];
    const { current } = verifyRosterChain(p, chain, { instanceId: instanceIdOf(p, encodeRoster(first)), now: LATER.getTime() });
    expect(current.body.responders.map(({ org, status }) => [org, status])).toEqual([
      ['osh', 'active'],
      ['lawyers', 'active'],
    ]);
    expect(current.body.not_after).toBe('2026-07-19T08:00:00.000Z');
  });

  it('keeps everybody who was named, and their probation until somebody ends it', () => {
    const person = waiting(7, 'osh');
    const first = bodyOf(draft({ enrolments: [person], probation: new Set([person.rid]) }));
    const second = bodyOf(draft({ previous: asPrevious(first), enrolments: [person], now: LATER }));
    expect(second.responders.map(({ status }) => status)).toEqual(['probation']);
    const third = bodyOf(draft({ previous: asPrevious(second), activate: new Set([person.rid]), now: LATER }));
    expect(third.responders.map(({ status }) => status)).toEqual(['active']);
  });

  it('never brings a revoked person back, even when their enrolment still waits', () => {
    const person = waiting(7, 'osh');
    const first = bodyOf(draft({ enrolments: [person] }));
    const without = bodyOf(draftRevocation(asPrevious(first), { rids: new Set([person.rid]), orgs: new Set() }, NOW));
    const next = bodyOf(draft({ previous: asPrevious(without), enrolments: [person], activate: new Set(), now: LATER }));
    expect(next.responders.map(({ status }) => status)).toEqual(['revoked']);
  });

  it('refuses people of an organisation that the coalition does not have, and options for people it does not know', () => {
    expect(draft({ enrolments: [waiting(7, 'elsewhere')] })).toMatchObject({ refused: 'unknown-organisation', org: 'elsewhere' });
    expect(draft({ tiers: new Map([[toHex(new Uint8Array(16)), [1]]]) })).toMatchObject({ refused: 'unknown-person' });
  });
});

describe('taking people out', () => {
  it('needs the signature of one custodian only, also for a whole organisation', () => {
    const first = bodyOf(draft({ enrolments: [waiting(7, 'osh'), waiting(8, 'osh'), waiting(9, 'lawyers')] }));
    const frozen = bodyOf(draftRevocation(asPrevious(first), { rids: new Set(), orgs: new Set(['osh']) }, LATER));
    const chain = [signed(first, [0, 1]), signed(frozen, [2])];
    const { current } = verifyRosterChain(p, chain, { instanceId: instanceIdOf(p, encodeRoster(first)), now: LATER.getTime() });
    expect(current.body.responders.map(({ org, status }) => [org, status])).toEqual([
      ['osh', 'revoked'],
      ['osh', 'revoked'],
      ['lawyers', 'active'],
    ]);
  });

  it('says when there is nobody to take out', () => {
    const person = waiting(7, 'osh');
    const previous = asPrevious(bodyOf(draft({ enrolments: [person] })));
    expect(draftRevocation(previous, { rids: new Set(['00']), orgs: new Set() }, NOW)).toEqual({ refused: 'unknown-rid', rid: '00' });
    expect(draftRevocation(previous, { rids: new Set(), orgs: new Set(['nowhere']) }, NOW)).toEqual({ refused: 'unknown-organisation', org: 'nowhere' });
    expect(draftRevocation(previous, { rids: new Set(), orgs: new Set(['lawyers']) }, NOW)).toEqual({ refused: 'nothing-to-revoke' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { filled, noble, sodium, thrownBy } from '../test/fixtures.js';
import { Coalition, dayMs, issuedAt, person } from '../test/rosters.js';
import { fromBase64url, toBase64url, toHex, utf8 } from './bytes.js';
import { RosterError, rosterHash, respondersOfTier, signPkOf, signRoster, verifyRosterChain, type RosterExpectation } from './roster.js';
import { packRoster, parseRosterChain, parseSignedRoster, type RosterBody, type SignedRoster } from './roster-format.js';
import { applyRevocations, signRevocation } from './roster-revocation.js';

const now = issuedAt + 5 * dayMs;

function verdict(coalition: Coalition, changes: Partial<RosterExpectation> = {}, signed = coalition.signed): string {
  return thrownBy(() => verifyRosterChain(sodium, signed, { instanceId: coalition.instanceId, now, ...changes }));
}

const newcomer = person(sodium);
const withNewcomer = (coalition: Coalition): Partial<RosterBody> => ({
  responders: [...coalition.latest.body.responders, newcomer.entry],
});

describe('a roster', () => {
  it('is believed back to the pinned instance, by either provider', () => {
    const coalition = new Coalition(sodium);
    coalition.add(coalition.next(withNewcomer(coalition))).add(coalition.next());
    for (const p of [sodium, noble]) {
      const { current, chain, expired } = verifyRosterChain(p, coalition.signed, { instanceId: coalition.instanceId, now });
      expect(current.body).toEqual(coalition.latest.body);
      expect(current.hash).toEqual(rosterHash(sodium, coalition.latest.bytes));
      expect([chain.length, expired]).toEqual([3, false]);
    }
  });

  it('survives its way over the wire', () => {
    const coalition = new Coalition(sodium);
    expect(parseSignedRoster(utf8(JSON.stringify(coalition.latest.signed)))).toEqual(coalition.latest.signed);
    expect(parseRosterChain(utf8(JSON.stringify({ rosters: coalition.signed })))).toEqual(coalition.signed);
    expect(() => parseRosterChain(utf8('{"rosters":[{"body":1}]}'))).toThrow('$.rosters[0].body');
  });

  it('of another instance is refused', () => {
    expect(verdict(new Coalition(sodium), { instanceId: filled(1) })).toBe('wrong-instance');
    expect(verdict(new Coalition(sodium), {}, [])).toBe('empty');
  });

  it('that went back to an older version is refused', () => {
    const coalition = new Coalition(sodium);
    coalition.add(coalition.next());
    const memory = { minVersion: 2, minHash: rosterHash(sodium, coalition.latest.bytes) };
    expect(verdict(coalition, memory)).toBe('nothing thrown');
    expect(verdict(coalition, memory, coalition.signed.slice(0, 1))).toBe('rolled-back');
  });

  it('that exists twice in one version is equivocation, with both as evidence', () => {
    const coalition = new Coalition(sodium);
    const [one, other] = [coalition.next(), coalition.next(withNewcomer(coalition))];
    coalition.add(one);
    const remembered = rosterHash(sodium, coalition.latest.bytes);
    coalition.chain.pop();
    coalition.add(other);
    expect(verdict(coalition, { minVersion: 2, minHash: remembered })).toBe('equivocation');

    const both = [...coalition.signed];
    coalition.chain.pop();
    both.push(coalition.add(one).latest.signed);
    try {
      verifyRosterChain(sodium, both, { instanceId: coalition.instanceId, now });
      throw new Error('must be refused');
    } catch (error) {
      expect(error).toBeInstanceOf(RosterError);
      expect(error).toMatchObject({ code: 'equivocation', version: 2, evidence: [both[1], both[2]] });
    }
  });

  it('forged as a second version without the custodians’ keys is no evidence against them', () => {
    const coalition = new Coalition(sodium);
    const body = coalition.next(withNewcomer(coalition));
    coalition.add(coalition.next());
    const real = coalition.signed;
    coalition.chain.pop();
    const forged = coalition.add(body, [filled(1), filled(2)]).latest.signed;
    expect(verdict(coalition, {}, [...real, forged])).toBe('too-few-signatures');
  });

  it('with a second beginning is another instance, and no evidence either', () => {
    const [coalition, other] = [new Coalition(sodium), new Coalition(sodium)];
    expect(verdict(coalition, {}, [...coalition.signed, ...other.signed])).toBe('wrong-instance');
  });

  it('with a gap, a wrong predecessor, or without its beginning is a broken chain', () => {
    const coalition = new Coalition(sodium);
    coalition.add(coalition.next()).add(coalition.next());
    const [first, second, third] = coalition.signed as [SignedRoster, SignedRoster, SignedRoster];
    expect(verdict(coalition, {}, [first, third])).toBe('broken-chain');
    expect(verdict(coalition, {}, [second, third])).toBe('wrong-instance');
    expect(verdict(coalition, {}, [first, second, second])).toBe('broken-chain');
    coalition.chain.pop();
    expect(verdict(coalition.add(coalition.next({ prev_hash: toBase64url(filled(1)) })))).toBe('broken-chain');
    coalition.chain.pop();
    expect(verdict(coalition.add(coalition.next({ prev_hash: null })))).toBe('broken-chain');
    coalition.chain.pop();
    expect(verdict(coalition.add(coalition.next({ version: 4 })))).toBe('broken-chain');
  });
});

describe('the custodians’ signatures', () => {
  it('must reach the threshold, by different roots', () => {
    const coalition = new Coalition(sodium);
    const [one, two] = coalition.rootSeeds as [Uint8Array, Uint8Array, Uint8Array];
    const tried = (seeds: Uint8Array[]): string => {
      const outcome = verdict(coalition.add(coalition.next(withNewcomer(coalition)), seeds));
      coalition.chain.pop();
      return outcome;
    };
    expect(tried([one, two])).toBe('nothing thrown');
    expect(tried([one])).toBe('too-few-signatures');
    expect(tried([])).toBe('too-few-signatures');
    expect(tried([one, one])).toBe('too-few-signatures');
    expect(tried([one, filled(1)])).toBe('too-few-signatures');
  });

  it('are needed for version 1 as well', () => {
    const coalition = new Coalition(sodium);
    const { bytes } = coalition.latest;
    const signed = packRoster(bytes, [signRoster(sodium, bytes, filled(100))]);
    expect(verdict(coalition, {}, [signed])).toBe('too-few-signatures');
  });

  it('must all hold: one that does not spoils the roster', () => {
    const coalition = new Coalition(sodium);
    const { body, signatures } = coalition.latest.signed;
    const spoiled = signatures.map((each, i) => (i === 0 ? { ...each, sig: toBase64url(filled(1, 64)) } : each));
    expect(verdict(coalition, {}, [{ body, signatures: [...signatures, ...spoiled] }])).toBe('bad-signature');
    // A swapped key: nobody signed that. In version 1 it makes another instance.
    const withSwappedKey = (signed: SignedRoster): SignedRoster => {
      const text = Buffer.from(signed.body, 'base64url').toString();
      return { ...signed, body: toBase64url(utf8(text.replace(coalition.officer.entry.sig_pk, newcomer.entry.sig_pk))) };
    };
    coalition.add(coalition.next());
    const [first, second] = coalition.signed as [SignedRoster, SignedRoster];
    expect(verdict(coalition, {}, [withSwappedKey(first), second])).toBe('wrong-instance');
    expect(verdict(coalition, {}, [first, withSwappedKey(second)])).toBe('bad-signature');
  });

  it('of the old and of the new roots are both needed when the roots change', () => {
    const coalition = new Coalition(sodium);
    const [one, two, three] = coalition.rootSeeds as [Uint8Array, Uint8Array, Uint8Array];
    const [four, five] = [filled(104), filled(105)];
    const key = (seed: Uint8Array): string => toBase64url(sodium.ed25519.keypair(seed).publicKey);
    const body = coalition.next({ roots: [three, four, five].map(key) });
    const tried = (seeds: Uint8Array[]): string => {
      const outcome = verdict(coalition.add(body, seeds));
      coalition.chain.pop();
      return outcome;
    };
    expect(tried([one, two])).toBe('too-few-signatures');
    expect(tried([four, five])).toBe('too-few-signatures');
    expect(tried([one, two, four])).toBe('too-few-signatures');
    expect(tried([one, two, four, five])).toBe('nothing thrown');
    // A custodian who stays counts on both sides.
    expect(tried([one, three, four])).toBe('nothing thrown');
    // From now on the old ones alone mean nothing.
    coalition.add(body, [one, three, four]);
    expect(verdict(coalition.add(coalition.next(withNewcomer(coalition)), [one, two]))).toBe('too-few-signatures');
  });

  it('of both sides are needed to lower the threshold', () => {
    const coalition = new Coalition(sodium, 3, 2);
    expect(verdict(coalition.add(coalition.next({ threshold: 1 }), [filled(100)]))).toBe('too-few-signatures');
  });
});

describe('time', () => {
  it('ends a roster, unless the panic path asks for the last known one', () => {
    const coalition = new Coalition(sodium);
    const late = issuedAt + 91 * dayMs;
    expect(verdict(coalition, { now: late })).toBe('expired');
    const accepted = verifyRosterChain(sodium, coalition.signed, { instanceId: coalition.instanceId, now: late, acceptExpired: true });
    expect(accepted.expired).toBe(true);
    expect(verdict(coalition, { now: issuedAt - 2 * dayMs })).toBe('not-yet-valid');
    // An old phone's clock may be some hours slow.
    expect(verdict(coalition, { now: issuedAt - dayMs / 2 })).toBe('nothing thrown');
  });

  it('gives no roster more than 90 days', () => {
    const coalition = new Coalition(sodium);
    const body = coalition.next();
    const tooLong = { ...body, not_after: new Date(Date.parse(body.issued) + 91 * dayMs).toISOString() };
    expect(verdict(coalition.add(tooLong))).toBe('too-long-validity');
    coalition.chain.pop();
    expect(verdict(coalition.add({ ...body, not_after: body.issued }))).toBe('too-long-validity');
  });

  it('and status decide whose keys are used', () => {
    const body: RosterBody = {
      ...new Coalition(sodium).latest.body,
      responders: [
        person(sodium).entry,
        person(sodium, { status: 'revoked' }).entry,
        person(sodium, { status: 'probation' }).entry,
        person(sodium, { not_after: new Date(now - 1).toISOString() }).entry,
        person(sodium, { not_before: new Date(now + 1).toISOString() }).entry,
        person(sodium, { tiers: [2] }).entry,
      ],
    };
    const first = body.responders[0];
    expect(respondersOfTier(body, 1, now)).toEqual([first]);
    for (const [i, { rid, sig_pk: signPk }] of body.responders.entries()) {
      expect(signPkOf(body, rid, now)).toEqual(i === 0 || i === 5 ? fromBase64url(signPk) : null);
    }
    expect(signPkOf(body, toHex(filled(0, 16)), now)).toBeNull();
  });
});

describe('keys in a roster', () => {
  it('are refused when nobody could seal to them', () => {
    const unreduced = newcomer.keys.kem.publicKey.slice();
    unreduced.fill(255, 0, 3);
    const lowOrder = newcomer.keys.kem.publicKey.slice();
    lowOrder.fill(0, 1184);
    for (const key of [unreduced, lowOrder]) {
      const coalition = new Coalition(sodium);
      const entry = { ...newcomer.entry, kem_pk: toBase64url(key) };
      coalition.add(coalition.next({ responders: [entry] }));
      expect(verdict(coalition)).toBe('bad-key');
      // A revoked one may stay in the list as it is.
      expect(verdict(coalition.add(coalition.next({ responders: [{ ...entry, status: 'revoked' }] })))).toBe('nothing thrown');
    }
  });

  it('are refused when a person or a root is listed twice, or more roots must sign than there are', () => {
    for (const changes of [
      { responders: [newcomer.entry, newcomer.entry] },
      { threshold: 4 },
      { roots: Array<string>(3).fill(toBase64url(sodium.ed25519.keypair(filled(100)).publicKey)) },
    ]) {
      const coalition = new Coalition(sodium);
      const outcome = verdict(coalition.add(coalition.next(changes), [...coalition.rootSeeds]));
      expect(['malformed', 'too-few-signatures']).toContain(outcome);
    }
  });

  it('and everything else must have the right shape', () => {
    const coalition = new Coalition(sodium);
    const body = coalition.next();
    for (const broken of ['', '[]', '{}', JSON.stringify({ ...body, roots: ['x'] }), JSON.stringify({ ...body, version: 1.5 })]) {
      const bytes = utf8(broken);
      const signed = packRoster(bytes, [filled(100), filled(101)].map((seed) => signRoster(sodium, bytes, seed)));
      expect(verdict(coalition, {}, [...coalition.signed, signed])).toBe('malformed');
    }
    expect(verdict(coalition, {}, [{ body: '!', signatures: [] }])).toBe('malformed');
  });
});

describe('revocation', () => {
  const revoked = (coalition: Coalition): Partial<RosterBody> => ({
    not_after: coalition.latest.body.not_after,
    responders: coalition.latest.body.responders.map((each, i) => (i === 0 ? { ...each, status: 'revoked' as const } : each)),
  });

  it('needs one root only, as long as nothing else changes', () => {
    const coalition = new Coalition(sodium);
    expect(verdict(coalition.add(coalition.next(revoked(coalition)), [filled(101)]))).toBe('nothing thrown');
    expect(respondersOfTier(coalition.latest.body, 1, now)).toEqual([]);
    coalition.chain.pop();
    expect(verdict(coalition.add(coalition.next(revoked(coalition)), [filled(1)]))).toBe('too-few-signatures');
  });

  it('is no cover for other changes', () => {
    const others: ((coalition: Coalition) => Partial<RosterBody>)[] = [
      (coalition) => ({ responders: [...(revoked(coalition).responders ?? []), newcomer.entry] }),
      () => ({ emergency: [] }),
      () => ({ threshold: 1 }),
      (coalition) => ({ not_after: new Date(Date.parse(coalition.latest.body.not_after) + 1000).toISOString() }),
      (coalition) => ({ responders: (revoked(coalition).responders ?? []).map((each) => ({ ...each, kem_pk: newcomer.entry.kem_pk })) }),
      // Back to active is not a revocation.
      (coalition) => ({ responders: coalition.latest.body.responders }),
    ];
    for (const other of others) {
      const coalition = new Coalition(sodium);
      const body = coalition.next({ ...revoked(coalition), ...other(coalition) });
      expect(verdict(coalition.add(body, [filled(101)]))).toBe('too-few-signatures');
    }
  });

  it('works by the responder’s own certificate, or their coordinator’s, and by nobody else’s', () => {
    const coalition = new Coalition(sodium);
    const { officer, coordinator, instanceId } = coalition;
    const stranger = person(sodium, { role: 'coordinator', org: 'another' });
    const body = { ...coalition.latest.body, responders: [...coalition.latest.body.responders, stranger.entry] };
    const certificate = (by: typeof officer, signSeed = by.keys.signSeed, instance = instanceId): Parameters<typeof applyRevocations>[3] => [
      { rid: officer.entry.rid, by: by.entry.rid, sig: toBase64url(signRevocation(sodium, { instanceId: instance, rid: officer.rid, by: by.rid, signSeed })) },
    ];
    const statusAfter = (certificates: Parameters<typeof applyRevocations>[3]): string | undefined =>
      applyRevocations(noble, body, instanceId, certificates).responders[0]?.status;
    expect(statusAfter([])).toBe('active');
    expect(statusAfter(certificate(officer))).toBe('revoked');
    expect(statusAfter(certificate(coordinator))).toBe('revoked');
    expect(statusAfter(certificate(stranger))).toBe('active');
    expect(statusAfter(certificate(officer, coordinator.keys.signSeed))).toBe('active');
    expect(statusAfter(certificate(officer, officer.keys.signSeed, filled(1)))).toBe('active');
  });
});

import { beforeAll, describe, expect, it } from '@jest/globals';
import { loadSodium } from '@jardam/protocol/sodium';
import { signPossession, signVaultChange, verifyPossession, verifyVaultChange } from './enrolment.js';
import { deriveResponder, drawMasterSecret, drawResponderId, type ResponderKeys } from './keys.js';
import type { Primitives } from './primitives.js';

describe('what a responder signs outside of any alert', () => {
  let p: Primitives;
  let keys: ResponderKeys;
  let other: ResponderKeys;
  let instanceId: Uint8Array;
  let rid: Uint8Array;

  beforeAll(async () => {
    p = await loadSodium();
    keys = deriveResponder(p, drawMasterSecret(p));
    other = deriveResponder(p, drawMasterSecret(p));
    instanceId = p.randomBytes(32);
    rid = drawResponderId(p);
  });

  it('binds the id and the encryption key of a first day to the signing key', () => {
    const input = { instanceId, rid, kemPk: keys.kem.publicKey };
    const signature = signPossession(p, input, keys.signSeed);
    const check = (change: Partial<Parameters<typeof verifyPossession>[1]>): boolean =>
      verifyPossession(p, { ...input, signPk: keys.signPk, signature, ...change });
    expect(check({})).toBe(true);
    expect(check({ rid: drawResponderId(p) })).toBe(false);
    expect(check({ kemPk: other.kem.publicKey })).toBe(false);
    expect(check({ instanceId: p.randomBytes(32) })).toBe(false);
    expect(check({ signPk: other.signPk })).toBe(false);
  });

  it('lets only the holder of the key replace the vault, and only by these bytes', () => {
    const input = { instanceId, rid, vault: p.randomBytes(200) };
    const signature = signVaultChange(p, input, keys.signSeed);
    const check = (change: Partial<Parameters<typeof verifyVaultChange>[1]>): boolean =>
      verifyVaultChange(p, { ...input, signPk: keys.signPk, signature, ...change });
    expect(check({})).toBe(true);
    expect(check({ vault: p.randomBytes(200) })).toBe(false);
    expect(check({ signPk: other.signPk })).toBe(false);
    expect(check({ rid: drawResponderId(p) })).toBe(false);
    expect(check({ signature: signPossession(p, { instanceId, rid, kemPk: keys.kem.publicKey }, keys.signSeed) })).toBe(false);
  });
});

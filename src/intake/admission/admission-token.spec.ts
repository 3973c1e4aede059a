import { beforeAll, describe, expect, it } from '@jest/globals';
import { fromBase64url, solveAdmission, toBase64url, type Primitives } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { issueChallenge, provenBits, type AdmissionChallenge } from './admission-token.js';

const now = Date.parse('2026-03-01T10:00:00Z');
const bits = 10;

describe('a challenge that the server does not remember', () => {
  let p: Primitives;
  let key: Uint8Array;
  let alertId: Uint8Array;

  beforeAll(async () => {
    p = await loadSodium();
    key = p.randomBytes(32);
    alertId = p.randomBytes(16);
  });

  const solved = async ({ token, challenge }: AdmissionChallenge): Promise<{ challenge: string; nonce: string }> => {
    const bytes = fromBase64url(challenge, 32) ?? new Uint8Array();
    return { challenge: token, nonce: String(await solveAdmission(p, bytes, alertId, bits)) };
  };

  it('is recognised when it comes back solved', async () => {
    const proof = await solved(issueChallenge(p, key, bits, now + 1000));
    expect(provenBits(p, key, proof, alertId, now)).toBe(bits);
  });

  it('is understood by another instance with the same key, and by no other', async () => {
    const proof = await solved(issueChallenge(p, key, bits, now + 1000));
    expect(provenBits(p, key.slice(), proof, alertId, now)).toBe(bits);
    expect(provenBits(p, p.randomBytes(32), proof, alertId, now)).toBeNull();
  });

  it('admits one alert: the same solution is worth nothing for another', async () => {
    const proof = await solved(issueChallenge(p, key, bits, now + 1000));
    // 1 in 1024 other ids would fit by chance; of 20, almost surely at most one does.
    const others = Array.from({ length: 20 }, () => p.randomBytes(16));
    expect(others.filter((id) => provenBits(p, key, proof, id, now) !== null).length).toBeLessThanOrEqual(2);
  });

  it('is over after its time', async () => {
    const proof = await solved(issueChallenge(p, key, bits, now + 1000));
    expect(provenBits(p, key, proof, alertId, now + 1001)).toBeNull();
  });

  it('cannot be made easier: every changed bit of the token is noticed', async () => {
    const proof = await solved(issueChallenge(p, key, bits, now + 1000));
    const token = fromBase64url(proof.challenge) ?? new Uint8Array();
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = token.slice();
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(provenBits(p, key, { ...proof, challenge: toBase64url(changed) }, alertId, now)).toBeNull();
    }
  });

  it('a text that is no token at all proves nothing', () => {
    for (const challenge of ['', 'x', 'A'.repeat(76), '%%%', 'A'.repeat(500)]) {
      expect(provenBits(p, key, { challenge, nonce: '0' }, alertId, now)).toBeNull();
    }
  });
});

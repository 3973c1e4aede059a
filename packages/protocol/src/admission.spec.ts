import { describe, expect, it } from '@jest/globals';
import { filled, noble, sodium } from '../test/fixtures.js';
import { MAX_ADMISSION_BITS, solveAdmission, verifyAdmission } from './admission.js';

const challenge = filled(1);
const alertId = filled(2, 16);

describe('admission', () => {
  it('is solved by work that the other provider can check', async () => {
    const nonce = await solveAdmission(noble, challenge, alertId, 10);
    expect(verifyAdmission(sodium, challenge, alertId, 10, nonce)).toBe(true);
    // The first nonce that fits is the one that is found.
    for (let lower = 0; lower < nonce; lower++) expect(verifyAdmission(sodium, challenge, alertId, 10, lower)).toBe(false);
  });

  it('counts for one challenge and one alert only', async () => {
    const nonce = await solveAdmission(sodium, challenge, alertId, 12);
    expect(verifyAdmission(sodium, filled(3), alertId, 12, nonce)).toBe(false);
    expect(verifyAdmission(sodium, challenge, filled(3, 16), 12, nonce)).toBe(false);
    for (const odd of [-1, 0.5, Number.NaN, 2 ** 53]) expect(verifyAdmission(sodium, challenge, alertId, 0, odd)).toBe(false);
  });

  it('asks for nothing at 0 bits, and never for more than an old phone can do', async () => {
    expect(await solveAdmission(sodium, challenge, alertId, 0)).toBe(0);
    await expect(solveAdmission(sodium, challenge, alertId, MAX_ADMISSION_BITS + 1)).rejects.toThrow(RangeError);
    expect(() => verifyAdmission(sodium, challenge, alertId, 17, 0)).toThrow(RangeError);
  });

  it('lets timers run while it works, so that a page stays alive', async () => {
    let turns = 0;
    const slices: number[] = [];
    const timer = setInterval(() => turns++, 0);
    await solveAdmission(sodium, challenge, filled(9, 16), 13, (tried) => slices.push(tried));
    clearInterval(timer);
    expect(slices.length).toBeGreaterThan(3);
    expect(slices[0]).toBe(256);
    expect(turns).toBeGreaterThan(0);
  });
});

import { describe, expect, it } from '@jest/globals';
import { MAX_ADMISSION_BITS } from '@jardam/protocol';
import { countWorthKnowing, difficultyBits } from './difficulty.js';

const limits = { freePerWindow: 60, maxBits: 16 };

describe('how hard it is to get a report in', () => {
  it('thirty people in ten minutes pay nothing, nor do sixty', () => {
    for (let accepted = 0; accepted <= 60; accepted++) expect(difficultyBits(accepted, limits)).toBe(0);
  });

  it('never falls as more come in, and doubles in small steps', () => {
    for (let accepted = 1; accepted < 500; accepted++) {
      const step = difficultyBits(accepted, limits) - difficultyBits(accepted - 1, limits);
      expect([0, 1]).toContain(step);
    }
  });

  it('of four hundred hoaxes the last hundred cost as much as an old phone can do, and never more', () => {
    expect(difficultyBits(300, limits)).toBe(16);
    expect(difficultyBits(1_000_000, limits)).toBe(16);
    expect(difficultyBits(1_000_000, { freePerWindow: 60, maxBits: 40 })).toBe(MAX_ADMISSION_BITS);
  });

  it('a count may stop where it makes no difference any more', () => {
    for (const freePerWindow of [30, 60, 1000]) {
      const enough = countWorthKnowing({ ...limits, freePerWindow });
      expect(difficultyBits(enough, { ...limits, freePerWindow })).toBe(16);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { growthOf, mostGrowth } from './growth.js';

describe('growth of work', () => {
  /** Goes through a list once for each of `rounds`. */
  const goThrough = (list: Uint8Array, rounds: number): void => {
    let sum = 0;
    for (let round = 0; round < rounds; round++) for (const each of list) sum = (sum + each) | 0;
    expect(sum).toBe(0);
  };
  const list = (size: number): Uint8Array => new Uint8Array(size);

  it('tells linear work from quadratic', () => {
    expect(growthOf(list, (on) => goThrough(on, 200), 10_000)).toBeLessThan(mostGrowth);
    expect(growthOf(list, (on) => goThrough(on, on.length / 50), 10_000)).toBeGreaterThan(mostGrowth);
  });
});

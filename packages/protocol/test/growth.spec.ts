import { describe, expect, it } from '@jest/globals';
import { growthOf, mostGrowth } from './growth.js';

describe('growth of work', () => {
  /** Goes through a list once for each of `rounds`. */
  const goThrough = (list: Uint8Array, rounds: number): void => {
    let sum = 0;
    for (let round = 0; round < rounds; round++) for (const each of list) sum = (sum + each) | 0;
    expect(sum).toBe(0);
  };
  const overwrite = (list: Uint8Array, rounds: number): void => {
    for (let round = 0; round < rounds; round++) list.fill(0, round);
  };
  const list = (size: number): Uint8Array => new Uint8Array(size);

  it.each([
    ['steps', goThrough],
    ['bytes that the engine overwrites', overwrite],
  ])('tells linear work from quadratic by its %s, with the same figure on every run', (_, work) => {
    const linear = growthOf(list, (on) => work(on, 20), 10_000);
    expect(linear).toBeLessThan(mostGrowth);
    expect(growthOf(list, (on) => work(on, 20), 10_000)).toBeCloseTo(linear, 1); // some steps are the compiler's, once
    expect(growthOf(list, (on) => work(on, on.length / 50), 10_000)).toBeGreaterThan(2 * mostGrowth);
  });

  it('says nothing about work too small to compare', () => {
    expect(() => growthOf(list, (on) => goThrough(on, 1), 10)).toThrow('too few');
  });
});

/**
 * Everything that a simulation draws comes from here, so that one number brings the whole run back.
 *
 * The generator is splitmix32 into mulberry32: a few integer operations for each number, because a hundred thousand
 * histories draw some ten million of them, and good enough for choosing. It is not for anything secret.
 */
export class Draw {
  private state: number;

  /** @param seed any number; its lower 32 bits count */
  constructor(seed: number) {
    let mixed = (seed + 0x9e3779b9) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    this.state = mixed ^ (mixed >>> 15);
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  /** From 0 up to, but not including, 1. */
  fraction(): number {
    return this.next() / 0x1_0000_0000;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }

  /** Some of them, in their order; at least one. */
  some<T>(from: readonly T[]): T[] {
    const chosen = from.filter(() => this.oneIn(2));
    return chosen.length > 0 ? chosen : [this.pick(from)];
  }

  shuffled<T>(from: readonly T[]): T[] {
    const left = [...from];
    const result: T[] = [];
    while (left.length > 0) result.push(...left.splice(this.below(left.length), 1));
    return result;
  }
}

/** A seed for a run that names none; printed with every failure. */
export function anySeed(): number {
  return Math.floor(Math.random() * 0x1_0000_0000);
}

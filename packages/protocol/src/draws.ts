// Where sealing gets its randomness. Every draw has a name, so that a known-answer envelope can be made again from
// the list of its draws, in any implementation.
import { requireBytes } from './bytes.js';
import type { Primitives } from './primitives.js';

export interface Draws {
  /** The next random value: `name` for known answers, `length` in bytes. */
  take(name: string, length: number): Uint8Array;
}

/** Fresh randomness: what everything but a known-answer test uses. */
export function randomDraws(p: Primitives): Draws {
  return { take: (_name, length) => p.randomBytes(length) };
}

/** Plays back recorded draws by name; throws when one is missing or of another length. `unused()` names those that
 *  were never taken. By name and not by position: the names already say all that the bytes depend on. */
export function recordedDraws(recorded: ReadonlyMap<string, Uint8Array>): Draws & { unused(): string[] } {
  const left = new Map(recorded);
  return {
    take: (name, length) => {
      const value = left.get(name);
      if (value === undefined) throw new Error(`missing draw "${name}"`);
      requireBytes(`draw "${name}"`, value, length);
      left.delete(name);
      return value.slice();
    },
    unused: () => [...left.keys()],
  };
}

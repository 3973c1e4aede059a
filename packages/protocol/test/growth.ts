import { afterAll } from '@jest/globals';
import { Session, type Profiler } from 'node:inspector';

const factor = 8;
/** Fewer than these say nothing about how work grows. */
const fewestSteps = 1_000;

/** Work that grows no faster than what it is done on, sorting included; quadratic work is at 8. */
export const mostGrowth = 2;

// V8 counts the blocks of a function only when it was compiled after this, at its first call: whoever imports this file
// does so before the code under test runs for the first time. Work that was not seen has too few steps.
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
afterAll(() => session.disconnect()); // counting makes the next file in this process slow

/**
 * How work grows with the size of what is worked on: 1 is linear, 8 is quadratic, 64 is cubic. Steps are compared and not
 * times: how often each block of code ran, as V8 counts it, and how many bytes were filled and copied by the methods of
 * typed arrays. What else the machine does is no part of it.
 *
 * @param prepare makes what is worked on, of about the given size
 * @throws when there are too few steps to compare
 */
export function growthOf<T>(prepare: (size: number) => T, work: (on: T) => void, size: number): number {
  const [small, large] = [prepare(size), prepare(size * factor)].map((on) => stepsOf(() => work(on))) as [number, number];
  if (small < fewestSteps) throw new Error(`${small} steps are too few to tell how they grow`);
  return large / (small * factor);
}

function stepsOf(work: () => void): number {
  blocksRun();
  const bytes = bytesMoved(work);
  return bytes + blocksRun();
}

/** Since the last call. */
function blocksRun(): number {
  let sum = 0;
  // In a session with its own thread the answer is there before the call returns.
  session.post('Profiler.takePreciseCoverage', (error: Error | null, { result }: Profiler.TakePreciseCoverageReturnType) => {
    if (error) throw error;
    for (const { functions } of result) for (const { ranges } of functions) for (const { count } of ranges) sum += count;
  });
  return sum;
}

/** One call of these goes through as many bytes as it likes. */
const movers = ['fill', 'slice', 'set'] as const;

function bytesMoved(work: () => void): number {
  let sum = 0;
  const methods = Object.getPrototypeOf(Uint8Array.prototype) as Record<(typeof movers)[number], (...args: unknown[]) => unknown>;
  const originals = movers.map((name) => [name, methods[name]] as const);
  for (const [name, original] of originals) {
    methods[name] = function (this: Uint8Array, ...args: unknown[]): unknown {
      const [first, from = 0, to = this.length] = args as [unknown, number?, number?];
      if (name === 'fill') sum += Math.max(0, to - from);
      const result = original.apply(this, args);
      if (name === 'slice') sum += (result as Uint8Array).length;
      if (name === 'set') sum += (first as ArrayLike<number>).length;
      return result;
    };
  }
  try {
    work();
  } finally {
    for (const [name, original] of originals) methods[name] = original;
  }
  return sum;
}

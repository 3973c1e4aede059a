const factor = 8;
const times = 3;

/** Work that grows no faster than what it is done on, with room for noise; quadratic work is at 8. */
export const mostGrowth = 3;

/**
 * How work grows with the size of what is worked on: 1 is linear, 8 is quadratic, 64 is cubic. Computing time of this
 * process, not time on the wall, and the least of three: what other programs do on the machine is not part of it.
 *
 * @param prepare makes what is worked on, of about the given size
 * @param size small enough for three runs, and large enough for some milliseconds
 */
export function growthOf<T>(prepare: (size: number) => T, work: (on: T) => void, size: number): number {
  const [small, large] = [prepare(size), prepare(size * factor)];
  const least = { small: Infinity, large: Infinity };
  for (let time = 0; time < times; time++) {
    least.small = Math.min(least.small, computingTime(() => work(small)));
    least.large = Math.min(least.large, computingTime(() => work(large)));
  }
  return least.large / (least.small * factor);
}

function computingTime(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

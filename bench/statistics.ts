/** The value below which a share of the samples lies (nearest rank). Samples need not be sorted. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new Error('no samples to take a quantile of');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[rank] as number;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/**
 * How far apart the rounds of one arm lie: (max − min) / median. A ratio whose limit varies by more than
 * VOID_SPREAD says more about the machine's neighbours than about the program.
 */
export function spread(samples: readonly number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / median(samples);
}

export const VOID_SPREAD = 0.25;

/** Arms measured in turn, so that a noisy minute falls on all of them. Returns each arm's figures, round by round. */
export async function interleave<Arm extends string>(
  rounds: number,
  arms: Readonly<Record<Arm, (round: number) => Promise<number>>>,
): Promise<Record<Arm, number[]>> {
  const names = Object.keys(arms) as Arm[];
  const figures = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Arm, number[]>;
  for (let round = 0; round < rounds; round++) for (const name of names) figures[name].push(await arms[name](round));
  return figures;
}

const callsInTurn = 10;
/** Before the first that counts: code is compiled, and pages of the database are read. */
const warmUpCalls = 500;

/**
 * Milliseconds of each call of several arms, which take turns after a few calls each: what lasts a second on the machine
 * would else be one arm's.
 */
export async function timesInTurn(arms: readonly (() => Promise<void>)[], callsOfEach: number): Promise<number[][]> {
  const times = arms.map((): number[] => []);
  for (let done = -warmUpCalls; done < callsOfEach; done += callsInTurn) {
    for (const [at, call] of arms.entries()) {
      for (let n = 0; n < callsInTurn; n++) {
        const started = performance.now();
        await call();
        if (done >= 0) times[at]?.push(performance.now() - started);
      }
    }
  }
  return times;
}

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

/** Two arms measured in turn, so that a noisy minute falls on both. Returns each round's two figures. */
export async function interleave(
  rounds: number,
  limit: (round: number) => Promise<number>,
  ours: (round: number) => Promise<number>,
): Promise<{ limit: number[]; ours: number[] }> {
  const figures = { limit: [] as number[], ours: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    figures.limit.push(await limit(round));
    figures.ours.push(await ours(round));
  }
  return figures;
}

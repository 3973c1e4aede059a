import { MAX_ADMISSION_BITS } from '@jardam/protocol';

export interface DifficultyLimits {
  /** Reports in the window that cost nothing. */
  readonly freePerWindow: number;
  /** Hardest work asked for, in leading zero bits. */
  readonly maxBits: number;
}

/** Every so many reports above the free ones (a quarter of them) the work doubles. */
const doublingsPerFreeQuota = 4;

/**
 * Leading zero bits that the next report has to show, when `accepted` reports that are not S1 came in within the window.
 *
 * A straight line in bits is exponential in work: with 60 free ones, the 75th costs 2 hashes and the 300th 65,536. Per
 * address would be fairer to people in quiet times, but addresses are not read here, and all of a Tor exit is one
 * address.
 */
export function difficultyBits(accepted: number, { freePerWindow, maxBits }: DifficultyLimits): number {
  const step = Math.max(1, Math.floor(freePerWindow / doublingsPerFreeQuota));
  const bits = Math.floor((accepted - freePerWindow) / step);
  return Math.max(0, Math.min(bits, maxBits, MAX_ADMISSION_BITS));
}

/** From here on a higher count changes nothing: what a count may stop at. */
export function countWorthKnowing({ freePerWindow, maxBits }: DifficultyLimits): number {
  return freePerWindow + Math.max(1, Math.floor(freePerWindow / doublingsPerFreeQuota)) * (maxBits + 1);
}

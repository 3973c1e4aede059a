/** Results of the last minute with one provider. Times are milliseconds of any steady clock. */
export interface Breaker {
  readonly results: readonly { readonly at: number; readonly ok: boolean }[];
  /** Closed again only by a success after this. */
  readonly openUntil: number | null;
}

export const breakerWindowMs = 60_000;
export const breakerLeastFailures = 5;
export const breakerFailureShare = 0.5;
/** Short, because what waits behind it is somebody's call for help. */
export const breakerOpenMs = 15_000;

export const CLOSED_BREAKER: Breaker = { results: [], openUntil: null };

/** Takes a result in: at least 5 failures and half of all within a minute open it; a success after that closes it. */
export function recordResult(breaker: Breaker, ok: boolean, now: number): Breaker {
  if (breaker.openUntil !== null) {
    // Answers to what was sent before it opened come in late; only the probe after the pause decides.
    if (now < breaker.openUntil) return breaker;
    return ok ? CLOSED_BREAKER : { results: [], openUntil: now + breakerOpenMs };
  }
  const results = [...breaker.results.filter(({ at }) => at > now - breakerWindowMs), { at: now, ok }];
  const failures = results.filter((result) => !result.ok).length;
  const opens = failures >= breakerLeastFailures && failures >= results.length * breakerFailureShare;
  return { results, openUntil: opens ? now + breakerOpenMs : null };
}

/** free: send as always; probe: one message, the most urgent that waits; none: nothing. */
export function allowance(breaker: Breaker, now: number): 'free' | 'probe' | 'none' {
  if (breaker.openUntil === null) return 'free';
  return now >= breaker.openUntil ? 'probe' : 'none';
}

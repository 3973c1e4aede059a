import type { AttemptOutcome } from '../../domain/delivery-outcome.js';
import type { PostResult } from './guarded-post.js';

/** A 429 that does not say for how long. */
const usualRetryAfterMs = 30_000;

/**
 * What the answer of a web server means for a message.
 *
 * @param gone statuses that mean that this address will never take a message again
 */
export function outcomeOfPost(result: PostResult, gone: readonly number[], now: number): AttemptOutcome {
  if (!result.answered) {
    // Nobody may make us connect there, today or tomorrow; the operator can open the network and verify again.
    if (result.code === 'address-refused') return { kind: 'refused', code: result.code, contactIsDead: false };
    return result.sent ? { kind: 'ambiguous', code: `lost-${result.code}` } : { kind: 'retry', code: result.code, providerTrouble: true };
  }
  const { status } = result;
  const code = `http-${status}`;
  if (status >= 200 && status < 300) return { kind: 'accepted', code, providerMessageId: null };
  if (gone.includes(status)) return { kind: 'refused', code, contactIsDead: true };
  if (status === 429) return { kind: 'rate_limited', code, retryAfterMs: retryAfterMsOf(result.retryAfter, now) ?? usualRetryAfterMs };
  // Following it would mean another target; whoever moved the receiver has to say so.
  if (status >= 300 && status < 400) return { kind: 'refused', code, contactIsDead: false };
  return { kind: 'retry', code, providerTrouble: true };
}

/** Retry-After (RFC 9110, 10.2.3): seconds or a date. Null when it is neither. */
export function retryAfterMsOf(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

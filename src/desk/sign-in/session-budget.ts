import { Injectable } from '@nestjs/common';

/** Tokens that are there at once, and how fast they come back. */
interface Bucket {
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * What one session may do. Far above what a person does, so that only a page gone wild or a stolen token meets it.
 *
 * Not counted at all: reading an alert and its envelopes, "seen", acknowledging, "cannot decrypt", declining,
 * accepting a hand-over and "escalate now". Each of them can be what a life hangs on, and none of them can be
 * repeated with effect; a flood of them is a reason to revoke a person, not to keep people from answering.
 */
const BUCKETS = {
  /** Lists and attachments. */
  look: { burst: 120, perSecond: 10 },
  /** Signed acts beside those named above. */
  act: { burst: 30, perSecond: 0.5 },
  /** Replies and notes. */
  write: { burst: 30, perSecond: 0.25 },
} satisfies Record<string, Bucket>;

export type Budget = keyof typeof BUCKETS;

interface Level {
  tokens: number;
  at: number;
}

const sweepAbove = 1_000;

/**
 * Token buckets by session, in this process only: a limit that several instances multiply is still a limit, and
 * sharing it would cost a write for every request. Keyed by session and not by person: somebody who holds a stolen
 * token must not use up what its owner needs.
 */
@Injectable()
export class SessionBudget {
  private readonly levels = new Map<string, Level>();

  /** Takes one token. @returns 0, or after how many milliseconds there will be one */
  take(tokenHash: Buffer, budget: Budget, now: number = performance.now()): number {
    const { burst, perSecond } = BUCKETS[budget];
    if (this.levels.size > sweepAbove) this.sweep(now);
    const key = `${budget}:${tokenHash.toString('base64')}`;
    const level = this.levels.get(key) ?? { tokens: burst, at: now };
    level.tokens = Math.min(burst, level.tokens + ((now - level.at) / 1000) * perSecond);
    level.at = now;
    this.levels.set(key, level);
    if (level.tokens < 1) return Math.ceil(((1 - level.tokens) / perSecond) * 1000);
    level.tokens -= 1;
    return 0;
  }

  /** Forgets whoever has not been heard of since their buckets are full again. */
  private sweep(now: number): void {
    for (const [key, { tokens, at }] of this.levels) {
      const { burst, perSecond } = BUCKETS[key.slice(0, key.indexOf(':')) as Budget];
      if (tokens + ((now - at) / 1000) * perSecond >= burst) this.levels.delete(key);
    }
  }
}

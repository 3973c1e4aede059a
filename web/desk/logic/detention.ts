// The clocks that run beside an alert once somebody is held. 48 h is the legal limit in a temporary detention centre
// in Kyrgyzstan; 12, 24 and 40 h are when a team asks again.

const hourMs = 3_600_000;
export const detentionMarkHours = [12, 24, 40, 48] as const;
export const detentionLimitHours = 48;

export interface DetentionMark {
  readonly hours: (typeof detentionMarkHours)[number];
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly passed: boolean;
}

export interface DetentionClock {
  readonly sinceMs: number;
  readonly heldMs: number;
  readonly marks: readonly DetentionMark[];
  /** The next mark that has not passed; null after 48 h. */
  readonly next: DetentionMark | null;
}

/** The instant when the person was detained: ISO 8601 with a zone, or as a form writes it (local time of the place,
 *  which is UTC+6 all year). Null for words that are not a time, which are then shown as they are. */
export function detentionStartMs(detainedAt: string): number | null {
  const withZone = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;
  const local = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d$/;
  const text = detainedAt.trim();
  if (!withZone.test(text) && !local.test(text)) return null;
  const ms = Date.parse(local.test(text) ? `${text.replace(' ', 'T')}:00+06:00` : text);
  return Number.isNaN(ms) ? null : ms;
}

export function detentionClock(sinceMs: number, nowMs: number): DetentionClock {
  const marks = detentionMarkHours.map((hours): DetentionMark => {
    const atMs = sinceMs + hours * hourMs;
    return { hours, atMs, passed: nowMs >= atMs };
  });
  return {
    sinceMs,
    heldMs: Math.max(0, nowMs - sinceMs),
    marks,
    next: marks.find(({ passed }) => !passed) ?? null,
  };
}

import { dutyThrough, type DutySegment } from './on-duty.js';
import type { Rota, Span, TierMember } from './rota.js';

/** A tier is served by at least this many at a time: one may sleep, or be taken in the same night. */
export const leastPeopleOnDuty = 2;

/**
 * A time in which a tier lacks people.
 * - uncovered: nobody has duty, not even for a critical alert.
 * - closed: nobody has duty for anything but a critical alert.
 * - thin: fewer than two people have duty for a critical alert.
 */
export interface Gap {
  readonly tier: number;
  readonly kind: 'uncovered' | 'closed' | 'thin';
  readonly span: Span;
}

/** Every time within the span at which a tier lacks people. Neighbouring times of the same kind are one. */
export function gapsIn(rota: Rota, tier: number, members: readonly TierMember[], span: Span): Gap[] {
  const gaps: Gap[] = [];
  for (const segment of dutyThrough(rota, tier, members, span)) {
    const kind = kindOf(segment);
    const last = gaps.at(-1);
    if (kind === null) continue;
    if (last?.kind === kind && last.span.end === segment.span.start) gaps[gaps.length - 1] = { ...last, span: { start: last.span.start, end: segment.span.end } };
    else gaps.push({ tier, kind, span: segment.span });
  }
  return gaps;
}

function kindOf({ critical, other }: DutySegment): Gap['kind'] | null {
  if (critical.size === 0) return 'uncovered';
  if (other.size === 0) return 'closed';
  return critical.size < leastPeopleOnDuty ? 'thin' : null;
}

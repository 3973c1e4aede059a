import type { Duty, Rid } from './alert.js';
import { isOpen, openingChanges } from './opening-hours.js';
import { isQuiet, quietChanges } from './quiet-hours.js';
import type { Rota, ShiftOverride, Span, TierMember } from './rota.js';
import { peopleOf, shiftAt, shiftsIn } from './rotation-shift.js';
import type { Severity } from './severity.js';

/** Who has duty, unchanged through the span. */
export interface DutySegment extends Duty {
  readonly span: Span;
}

/**
 * Who of a tier has duty at an instant. Pure: the same rota, members and instant always give the same people.
 *
 * - Without a rotation in force everybody of the tier has duty; with several, the people of all their turns.
 * - Overrides are applied from the widest to the narrowest, so that the narrowest has the last word.
 * - Whoever the roster does not name in the tier has no duty: they could not open an alert.
 * - Outside the hours of their organisation, and in quiet hours of their own, people have duty for critical alerts only,
 *   unless an override names them.
 */
export function dutyAt(rota: Rota, tier: number, members: readonly TierMember[], at: number): Duty {
  const named = new Set<Rid>();
  const people = basePeople(rota, tier, members, at);
  for (const override of applicable(rota.overrides, tier, at)) apply(override, people, named);
  const onDuty = members.filter(({ rid }) => people.has(rid));
  return {
    critical: new Set(onDuty.map(({ rid }) => rid)),
    other: new Set(onDuty.filter(({ rid, org }) => named.has(rid) || (isOpen(rota, org, at) && !isQuiet(rota, rid, at))).map(({ rid }) => rid)),
  };
}

/** Those of a duty whom an alert of this severity may be told to. */
export function peopleFor(duty: Duty, severity: Severity): ReadonlySet<Rid> {
  return severity === 1 ? duty.critical : duty.other;
}

/** Who has duty through a span: segments that follow each other without gap, neighbours never the same. */
export function dutyThrough(rota: Rota, tier: number, members: readonly TierMember[], span: Span): DutySegment[] {
  const segments: DutySegment[] = [];
  const changes = changesIn(rota, tier, members, span);
  for (const [index, start] of changes.entries()) {
    const end = changes[index + 1] ?? span.end;
    const duty = dutyAt(rota, tier, members, start);
    const last = segments.at(-1);
    if (last && sameDuty(last, duty)) segments[segments.length - 1] = { ...last, span: { start: last.span.start, end } };
    else segments.push({ ...duty, span: { start, end } });
  }
  return segments;
}

/** The beginning of the span and every instant in it at which somebody's duty may change, in order. */
function changesIn(rota: Rota, tier: number, members: readonly TierMember[], span: Span): number[] {
  const rotations = rota.rotations.filter((each) => each.tier === tier);
  const shifts = rotations.flatMap((rotation) => shiftsIn(rotation, span)).flatMap((shift) => [shift.span.start, shift.span.end]);
  const overrides = rota.overrides.filter((each) => each.tier === tier).flatMap((each) => [each.span.start, each.span.end]);
  const hours = [...new Set(members.map(({ org }) => org))].flatMap((org) => openingChanges(rota, org, span));
  const quiet = members.flatMap(({ rid }) => quietChanges(rota, rid, span));
  const inside = [...shifts, ...overrides, ...hours, ...quiet].filter((at) => at > span.start && at < span.end);
  return [...new Set([span.start, ...inside])].sort((a, b) => a - b);
}

function basePeople(rota: Rota, tier: number, members: readonly TierMember[], at: number): Set<Rid> {
  const turns = rota.rotations
    .filter((rotation) => rotation.tier === tier)
    .flatMap((rotation) => {
      const shift = shiftAt(rotation, at);
      return shift === null ? [] : [peopleOf(rotation, shift.turn)];
    });
  // A rotation that begins next week, or ended yesterday, must not silence a tier.
  return new Set(turns.length === 0 ? members.map(({ rid }) => rid) : turns.flat());
}

/** Overrides in force, widest first. Of equal width, the one for a single person is the narrower. */
function applicable(overrides: readonly ShiftOverride[], tier: number, at: number): ShiftOverride[] {
  const width = ({ span }: ShiftOverride): number => span.end - span.start;
  return overrides
    .filter((each) => each.tier === tier && at >= each.span.start && at < each.span.end)
    .sort(
      (a, b) =>
        width(b) - width(a) ||
        Number(a.insteadOf !== null) - Number(b.insteadOf !== null) ||
        a.span.start - b.span.start ||
        (a.overrideId < b.overrideId ? -1 : 1),
    );
}

function apply({ insteadOf, people }: ShiftOverride, onDuty: Set<Rid>, named: Set<Rid>): void {
  if (insteadOf === null) {
    onDuty.clear();
    named.clear();
  } else {
    // Nobody takes over from somebody who has no duty at that time.
    if (!onDuty.delete(insteadOf)) return;
    named.delete(insteadOf);
  }
  for (const rid of people) {
    onDuty.add(rid);
    named.add(rid);
  }
}

function sameDuty(a: Duty, b: Duty): boolean {
  return sameSet(a.critical, b.critical) && sameSet(a.other, b.other);
}

function sameSet(a: ReadonlySet<Rid>, b: ReadonlySet<Rid>): boolean {
  return a.size === b.size && [...a].every((rid) => b.has(rid));
}

import type { Rid } from './alert.js';

/** From `start` on, until just before `end`; milliseconds since 1970. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const SHIFT_UNITS = ['hours', 'days', 'weeks', 'months'] as const;
export type ShiftUnit = (typeof SHIFT_UNITS)[number];

/** People of one tier who take turns. Several people may share a turn. */
export interface Rotation {
  readonly rotationId: string;
  readonly tier: number;
  /** IANA zone in which hand-overs are read. */
  readonly zone: string;
  /** Local time at which the first turn begins, "2026-03-02T09:00". */
  readonly firstHandOver: string;
  readonly every: { readonly count: number; readonly unit: ShiftUnit };
  readonly turns: readonly (readonly Rid[])[];
  /** The rotation has no say from here on; null: without end. */
  readonly until: number | null;
}

/** An agreed exception: somebody else, or nobody, has duty in this time. */
export interface ShiftOverride {
  readonly overrideId: string;
  readonly tier: number;
  readonly span: Span;
  /** Only this person's duty is taken over; null: the duty of the whole tier. */
  readonly insteadOf: Rid | null;
  /** Who has duty instead; may be nobody. */
  readonly people: readonly Rid[];
}

/** When an organisation works, by the clocks of its zone. */
export interface OpeningHours {
  readonly org: string;
  readonly zone: string;
  /** ISO weekdays, 1 is Monday; "24:00" is the end of the day. */
  readonly weekly: readonly { readonly weekdays: readonly number[]; readonly opens: string; readonly closes: string }[];
}

/** When one person is not to be woken, day by day, by the clocks of their zone. */
export interface QuietHours {
  readonly rid: Rid;
  readonly zone: string;
  /** "22:00" to "07:00": over midnight when the end is not after the beginning. */
  readonly from: string;
  readonly to: string;
}

/** Whole days off. */
export interface Holiday {
  /** null: every organisation of the coalition. */
  readonly org: string | null;
  readonly zone: string;
  /** "2026-05-01" */
  readonly firstDay: string;
  /** The first day on which people work again. */
  readonly dayAfter: string;
}

/** Everything that says who has duty. Empty lists: everybody of a tier, always. */
export interface Rota {
  readonly rotations: readonly Rotation[];
  readonly overrides: readonly ShiftOverride[];
  readonly hours: readonly OpeningHours[];
  readonly quiet: readonly QuietHours[];
  readonly holidays: readonly Holiday[];
}

/** Somebody whom the roster names in a tier. */
export interface TierMember {
  readonly rid: Rid;
  readonly org: string;
}

export const EMPTY_ROTA: Rota = { rotations: [], overrides: [], hours: [], quiet: [], holidays: [] };

// Shifts as the page sees them (docs/api-desk.md, "Shifts"). Times are ISO 8601.
import { requestDone, requestJson, type Result } from '../../common/api.js';

export interface Duty {
  /** Who is told of a critical alert, and who of every other: outside opening hours the second may be nobody. */
  readonly critical: readonly string[];
  readonly other: readonly string[];
  readonly from: string;
  readonly to: string;
}

export interface ShiftTier {
  readonly tier: number;
  readonly key: string;
  readonly now: Duty;
  readonly next: Duty | null;
  readonly gaps: readonly { readonly kind: 'uncovered' | 'closed' | 'thin'; readonly from: string; readonly to: string }[];
  readonly readiness: {
    readonly people: number;
    readonly reachable: number;
    readonly keysEndAt: string | null;
    readonly lastDrill: { readonly at: string; readonly answeredAfterMs: number | null } | null;
  };
}

export interface NewOverride {
  readonly tier: number;
  readonly from: string;
  readonly to: string;
  readonly people: readonly string[];
  /** Null: everybody of the tier. */
  readonly insteadOf: string | null;
}

export interface ShiftOverride extends NewOverride {
  readonly id: string;
}

export interface ShiftPlan {
  readonly at: string;
  readonly tiers: readonly ShiftTier[];
  readonly overrides: readonly ShiftOverride[];
}

export interface ShiftsApi {
  read(): Promise<Result<ShiftPlan>>;
  override(wanted: NewOverride): Promise<Result<{ readonly id: string }>>;
  removeOverride(id: string): Promise<Result<null>>;
  /** A new secret address of the person's own calendar; an earlier one ends. */
  openCalendar(): Promise<Result<{ readonly url: string }>>;
  closeCalendar(): Promise<Result<null>>;
}

/** @param watch looks at every answer, for the end of the session */
export function createShiftsApi(token: string, watch: <T>(request: Promise<Result<T>>) => Promise<Result<T>>): ShiftsApi {
  return {
    read: () => watch(requestJson('GET', '/desk/shifts', { token })),
    override: (body) => watch(requestJson('POST', '/desk/shifts/overrides', { token, body })),
    removeOverride: (id) => watch(requestDone('DELETE', `/desk/shifts/overrides/${encodeURIComponent(id)}`, { token })),
    openCalendar: () => watch(requestJson('POST', '/desk/shifts/calendar', { token })),
    closeCalendar: () => watch(requestDone('DELETE', '/desk/shifts/calendar', { token })),
  };
}

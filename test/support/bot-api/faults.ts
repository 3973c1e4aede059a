/** What goes wrong with one call, as it goes wrong between a bot and Telegram. */
export type Fault =
  /** "Too Many Requests", with the seconds to wait. */
  | { readonly kind: 'flood'; readonly retryAfterSeconds: number }
  /** An answer of Telegram's own that says no: 403, 400, 409, 401, 500. */
  | { readonly kind: 'refuse'; readonly code: number; readonly description: string }
  /** A proxy before Telegram answers with a page instead of JSON. */
  | { readonly kind: 'bad-gateway' }
  /** The connection ends before the call did anything. */
  | { readonly kind: 'drop-before' }
  /** The call took effect, and its answer is lost. */
  | { readonly kind: 'drop-after' }
  /** The answer comes late. */
  | { readonly kind: 'slow'; readonly ms: number };

interface Planned {
  readonly method: string;
  readonly fault: Fault;
  readonly only: ((parameters: Readonly<Record<string, unknown>>) => boolean) | undefined;
  left: number;
}

/** Faults that a test has planned, each for a number of calls of one method ('*' for any). */
export class Faults {
  private planned: Planned[] = [];

  /** The next `times` calls of `method` meet the fault; with `only`, just those whose parameters fit. */
  plan(method: string, fault: Fault, times = 1, only?: Planned['only']): void {
    this.planned.push({ method, fault, left: times, only });
  }

  clear(): void {
    this.planned = [];
  }

  /** The fault that this call meets; counts it. */
  take(method: string, parameters: Readonly<Record<string, unknown>>): Fault | null {
    const found = this.planned.find(
      (each) => each.left > 0 && (each.method === method || each.method === '*') && (each.only?.(parameters) ?? true),
    );
    if (found === undefined) return null;
    found.left--;
    return found.fault;
  }
}

/** A rule of docs/soundness.md ("What must always be true") that did not hold. */
export class Violation extends Error {
  /**
   * @param invariant its number in the list
   * @param what which alert or message, what was expected, what was found
   */
  constructor(
    readonly invariant: number,
    readonly what: string,
  ) {
    super(`invariant ${invariant}: ${what}`);
  }
}

/** Throws when `holds` is false. The text is made only then: the core's histories ask this some ten million times. */
export function must(invariant: number, holds: boolean, what: () => string): void {
  if (!holds) throw new Violation(invariant, what());
}

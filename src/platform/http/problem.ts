/** What the reader of a problem may need beside its text: a limit, a fresh challenge, the expected sequence. */
export type ProblemExtra = Readonly<Record<string, unknown>>;

/**
 * An answer that says no, as RFC 9457 problem details. Only controllers throw it: business code returns refusals as
 * values, and each door (page, bot, command line) translates them in its own way.
 */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail?: string,
    readonly extra: ProblemExtra = {},
  ) {
    super(`${status} ${code}`);
  }

  /** The body as sent; content type application/problem+json. */
  toBody(): Record<string, unknown> {
    return {
      ...this.extra,
      type: `urn:jardam:problem:${this.code}`,
      title: this.title,
      status: this.status,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      code: this.code,
    };
  }
}

/**
 * @param status HTTP status code
 * @param code   short name in kebab-case; becomes `type` (urn:jardam:problem:<code>) and `code`
 * @param title  one sentence, the same for every occurrence
 * @param detail what is special this time and what the caller can do; never content, addresses or ids
 * @param extra  further members of the body
 */
export function problem(status: number, code: string, title: string, detail?: string, extra?: ProblemExtra): Problem {
  return new Problem(status, code, title, detail, extra);
}

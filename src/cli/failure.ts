/** Exit codes of `jardam`, for scripts and monitoring. */
export const EXIT = {
  ok: 0,
  /** Something is wrong or was refused: the message says what. */
  problem: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The database or another service does not answer. */
  unreachable: 3,
  /** Ended by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one clear line and an exit code. The message never holds a secret or an address of a person. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';

  constructor(
    message: string,
    readonly exitCode: ExitCode = EXIT.problem,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

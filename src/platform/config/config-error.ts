/** One wrong value: where it stands, which field, what is allowed, and what was found (hidden for secrets). */
export interface ConfigProblem {
  /** "config/jardam.yaml:12:9" or the name of an environment variable. */
  readonly where: string;
  /** Path of the field, for example "mail.port"; empty when the file as a whole is meant. */
  readonly field: string;
  readonly allowed: string;
  readonly found: string;
}

/** Thrown when a configuration or policy file cannot be used. Lists everything that is wrong at once. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly ConfigProblem[]) {
    super(problems.map(lineOf).join('\n'));
  }
}

function lineOf({ where, field, allowed, found }: ConfigProblem): string {
  return `${where}: ${field ? `${field}: ` : ''}allowed is ${allowed}; found ${found}`;
}

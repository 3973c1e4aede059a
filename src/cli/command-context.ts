import type { Terminal } from './terminal.js';

/** What every command is given instead of reaching for it, so that tests can stand in a person's place. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** Where the configuration comes from. */
  readonly environment: NodeJS.ProcessEnv;
  /** The operator's clock; only for drafts, which carry the time of their making. */
  readonly now: () => Date;
}

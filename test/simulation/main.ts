import { Command, InvalidArgumentError } from 'commander';
import { runManyHistories } from './core/many-histories.js';
import { anySeed, Draw } from './draw.js';
import { runRounds } from './rounds.js';

/**
 * The long runs of what the tests do briefly; every run prints its seed, and the same seed does the same again.
 *
 *   npm run simulate -- --histories 1000000 [--seed N]       the pure core
 *   npm run simulate -- [--rounds R] [--slow] [--seed N]     real processes, PostgreSQL and mail servers under faults
 */
const program = new Command('simulate')
  .option('--seed <number>', 'repeat the run with this seed', wholeNumber)
  .option('--histories <count>', 'live this many random histories of the pure core', wholeNumber)
  .option('--rounds <count>', 'so many rounds of faults against real processes', wholeNumber, 10)
  .option('--only <words>', 'only faults whose name contains this')
  .option('--slow', 'also faults that take more than a minute', false)
  .parse();

interface Wishes {
  readonly seed?: number;
  readonly histories?: number;
  readonly rounds: number;
  readonly slow: boolean;
  readonly only?: string;
}

const { seed = anySeed(), histories, rounds, slow, only = '' } = program.opts<Wishes>();
const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** What the design demands; the tests, which share their machine with others, allow more. */
const nextTierMs = 2_000;
const startedAt = performance.now();
const seconds = (): number => Math.round((performance.now() - startedAt) / 1000);

try {
  say(`seed ${seed}`);
  if (histories !== undefined) {
    const lived = await runManyHistories(seed, histories, (done) => done % 100_000 === 0 && say(`${done} histories`));
    say(`${histories} histories, ${lived} alerts, no rule broken, in ${seconds()} s`);
  } else {
    const struck = await runRounds(new Draw(seed), { rounds, slow, only, nextTierMs, tell: say });
    say(`${rounds} rounds, ${struck.length} faults of ${new Set(struck).size} kinds, no rule broken, in ${seconds()} s`);
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  say(`repeat with: --seed ${seed}`);
  process.exitCode = 1;
}
process.exit(); // agents of fetch keep their connections for a while

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

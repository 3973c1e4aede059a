import { Command, InvalidArgumentError } from 'commander';
import { runManyHistories } from './core/many-histories.js';
import { anySeed } from './draw.js';

/**
 * The long runs of what the tests do briefly; every run prints its seed, and the same seed does the same again.
 *
 *   npm run simulate -- --histories 1000000 [--seed N]    the pure core
 */
const program = new Command('simulate')
  .option('--seed <number>', 'repeat the run with this seed', wholeNumber)
  .option('--histories <count>', 'live this many random histories of the pure core', wholeNumber, 1_000_000)
  .parse();

interface Wishes {
  readonly seed?: number;
  readonly histories: number;
}

const { seed = anySeed(), histories } = program.opts<Wishes>();
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  say(`seed ${seed}`);
  const startedAt = performance.now();
  const lived = await runManyHistories(seed, histories, (done) => done % 100_000 === 0 && say(`${done} histories`));
  say(`${histories} histories, ${lived} alerts, no rule broken, in ${Math.round((performance.now() - startedAt) / 1000)} s`);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('a whole number');
  return Number(text);
}

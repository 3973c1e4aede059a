import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { prepareGround, type Ground } from './ground.js';
import { idle } from './idle.js';
import { intake } from './intake.js';
import { latency } from './latency.js';
import { pickUp } from './pick-up.js';
import { table, type Line } from './report.js';
import { weight } from './weight.js';

type Measure = (ground: Ground, log: (line: string) => void) => Promise<Line[]>;

const measures: Readonly<Record<string, Measure>> = {
  weight: () => weight(resolve(import.meta.dirname, '../web')),
  intake,
  latency,
  'pick-up': pickUp,
  idle,
};

/** npm run bench [-- NAME…]: all measurements, or those named. Prints a table; the last line is the JSON's place. */
async function main(names: readonly string[]): Promise<void> {
  const unknown = names.filter((name) => !(name in measures));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(measures).join(', ')}`);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const ground = await prepareGround(log);
  const lines: Line[] = [];
  try {
    for (const name of names.length > 0 ? names : Object.keys(measures)) {
      log(`measuring: ${name}`);
      lines.push(...(await (measures[name] as Measure)(ground, log)));
      await ground.clear();
    }
  } finally {
    await ground.stop();
  }
  const file = resolve('bench/results/latest.json');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ node: process.version, cores: cpus().length, cpu: cpus()[0]?.model, lines }, null, 2));
  process.stdout.write(`${table(lines)}\n\nJSON: bench/results/latest.json\n`);
}

await main(process.argv.slice(2));

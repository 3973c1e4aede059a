import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { catchUp } from './catch-up.js';
import { prepareGround, type Ground } from './ground.js';
import { idle } from './idle.js';
import { intake } from './intake.js';
import { latency } from './latency.js';
import { linesFromOneCore } from './one-core.js';
import { pickUp } from './pick-up.js';
import { pinned } from './pinned.js';
import { table, type Line } from './report.js';
import { FULL, QUICK, type Scale } from './scale.js';
import { takeUp } from './take-up.js';
import { weight } from './weight.js';

type Measure = (ground: Ground, scale: Scale, log: (line: string) => void) => Promise<Line[]>;

const measures: Readonly<Record<string, Measure>> = {
  weight: () => weight(resolve(import.meta.dirname, '../web')),
  intake,
  'pick-up': pickUp,
  latency,
  pinned,
  'catch-up': catchUp,
  'take-up': takeUp,
  idle,
};

/** What costs hundredths of a millisecond is measured by a process that is bound to one core. */
const onOneCore: readonly string[] = ['pinned', 'idle'];

const USAGE = `npm run bench [-- [--quick] [--rounds N] [--out FILE] [NAME…]]
  NAME      ${Object.keys(measures).join(', ')}; without a name all of them
  --quick   little of everything, to see that it works; its figures prove nothing
  --rounds  how often each arm is measured, in turn with the others (${FULL.rounds})
  --out     where the JSON goes (bench/results/latest.json)
  --here    in this process, whatever cores it may use; else ${onOneCore.join(' and ')} get a process that is bound to one`;

/** Prints a table, and writes the same as JSON. */
async function main(args: readonly string[]): Promise<void> {
  const { values, positionals: names } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, out: { type: 'string' }, here: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const unknown = names.filter((name) => !(name in measures));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}\n${USAGE}`);
  const scale = scaleOf(values);
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const startedAt = new Date();
  const lines: Line[] = [];
  const ground = await prepareGround(log);
  // Else the server that this run has started would go on by itself.
  process.once('SIGINT', () => void ground.stop().finally(() => process.exit(130)));
  try {
    for (const name of names.length > 0 ? names : Object.keys(measures)) {
      const elsewhere = onOneCore.includes(name) && !values.here;
      log(`measuring: ${name}${elsewhere ? ', in a process on one core' : ''}`);
      const started = performance.now();
      if (elsewhere) {
        lines.push(...(await linesFromOneCore([process.execPath, import.meta.filename, name, '--here', '--rounds', `${scale.rounds}`, ...(values.quick ? ['--quick'] : [])])));
      } else {
        lines.push(...(await (measures[name] as Measure)(ground, scale, log)));
        await ground.clear();
        // What this one has left to be written must not be written during the next one.
        await ground.asOwner('CHECKPOINT');
      }
      log(`measured: ${name}, ${Math.round((performance.now() - started) / 1_000)} s`);
    }
  } finally {
    await ground.stop();
  }
  const file = resolve(values.out ?? 'bench/results/latest.json');
  mkdirSync(dirname(file), { recursive: true });
  const machine = { node: process.version, cores: cpus().length, cpu: cpus()[0]?.model, loadAtEnd: loadavg()[0] };
  writeFileSync(file, JSON.stringify({ startedAt, quick: values.quick, scale, ...machine, lines }, null, 2));
  process.stdout.write(`${values.quick ? 'QUICK: these figures prove nothing\n' : ''}${table(lines)}\n\nJSON: ${file}\n`);
}

function scaleOf({ quick, rounds }: { quick: boolean; rounds?: string | undefined }): Scale {
  const scale = quick ? QUICK : FULL;
  if (rounds === undefined) return scale;
  if (!/^[1-9]\d?$/.test(rounds)) throw new Error(`--rounds is a number from 1 to 99, not "${rounds}"`);
  return { ...scale, rounds: Number(rounds) };
}

await main(process.argv.slice(2));

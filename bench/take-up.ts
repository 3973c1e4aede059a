import { setTimeout as sleep } from 'node:timers/promises';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startMailSink, type MailSink } from '../test/support/mail-sink.js';
import { startEngineProcess, type EngineProcess } from './engine-process.js';
import type { Ground } from './ground.js';
import { JUST_DUE, makeDueAlerts } from './open-alerts.js';
import { boundLine, type Limit, type Line } from './report.js';
import type { Scale } from './scale.js';
import { median } from './statistics.js';

const mostEscalationMs = 1_000;
const mostDeliveryMs = 31_000;
const tickMs = 1_000;
const messages = 10;
const patienceMs = 60_000;
/** Half a millisecond of the scheduler's is half of such a release. */
const limitSamples = 30;
const longerThanAnyLeaseMs = 120_000;
const holder = fileURLToPath(new URL('./lock-holder.js', import.meta.url));

/**
 * How soon another instance goes on with what one had in its hands when it was killed (SIGKILL): timers that it had
 * locked and decided about, and messages that it was handing to a mail server which did not answer.
 */
export async function takeUp(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const sink = await startMailSink();
  const released: number[] = [];
  const escalation: number[] = [];
  const delivery: number[] = [];
  try {
    for (let round = 0; round < scale.escalationTakeOvers; round++) {
      const releases: number[] = [];
      while (releases.length < limitSamples) releases.push(await releaseOfLock(ground));
      released.push(median(releases));
      escalation.push(await takeUpTimer(ground, sink));
      log(`take-up of a timer, round ${round + 1}: ${Math.round(escalation.at(-1) as number)} ms`);
    }
    for (let round = 0; round < scale.deliveryTakeOvers; round++) {
      delivery.push(...(await takeUpMessages(ground, sink)));
      log(`take-up of messages, round ${round + 1}: ${Math.round(Math.max(...delivery))} ms at worst`);
    }
  } finally {
    await sink.stop();
  }
  const limit: Limit = { name: 'PostgreSQL gives a killed client’s lock back', figures: released, unit: 'ms' };
  return [
    boundLine('taken up after SIGKILL: escalation, worst', Math.max(...escalation), 'ms', mostEscalationMs, limit,
      `median ${Math.round(median(escalation))} ms of ${escalation.length}; the other instance looks every ${tickMs} ms`),
    boundLine('taken up after SIGKILL: delivery, worst', Math.max(...delivery), 'ms', mostDeliveryMs, limit,
      `median ${Math.round(median(delivery))} ms of ${delivery.length}; the lease is 30,000 ms`),
  ];
}

/** @returns milliseconds from the kill to the commit of the other instance */
async function takeUpTimer(ground: Ground, sink: MailSink): Promise<number> {
  await ground.clear();
  sink.behave({ kind: 'accept' });
  const { first, second } = await twoEngines(ground, sink);
  const obstacle = new pg.Client({ connectionString: ground.databaseUrl });
  await obstacle.connect();
  try {
    await makeDueAlerts(ground, 1, { ...JUST_DUE, dueAt: `now() + interval '1 hour'` });
    // The first instance locks the timer, decides, and cannot write the new entry: killed there, it dies in the middle.
    await obstacle.query('BEGIN');
    await obstacle.query('LOCK TABLE tier_entry IN SHARE ROW EXCLUSIVE MODE NOWAIT');
    await ground.asOwner('UPDATE alert_timer SET due_at = clock_timestamp()');
    await until('the first instance holds the timer', async () => (await isLocked(ground)) || null);
    second.thaw();
    await sleep(2 * tickMs + Math.random() * tickMs); // it has looked, found the timer locked, and looks again at any moment
    await first.kill();
    const killed = performance.now();
    await obstacle.query('COMMIT');
    return await until('the second instance entered the tier', async () => {
      const { rows } = await ground.asOwner('SELECT gen FROM alert_timer');
      return (rows[0] as { gen: number }).gen === 2 ? performance.now() - killed : null;
    });
  } finally {
    await obstacle.end();
    await Promise.all([first.kill(), second.kill()]);
  }
}

async function isLocked(ground: Ground): Promise<boolean> {
  const { rows } = await ground.asOwner(`SELECT 1 FROM alert_timer WHERE due_at <= now() FOR UPDATE SKIP LOCKED`);
  return rows.length === 0;
}

/** @returns milliseconds from the kill to the moment at which each message was taken over */
async function takeUpMessages(ground: Ground, sink: MailSink): Promise<number[]> {
  await ground.clear();
  sink.behave({ kind: 'tarpit', ms: longerThanAnyLeaseMs });
  const { first, second } = await twoEngines(ground, sink);
  try {
    await makeDueAlerts(ground, messages, { ...JUST_DUE, dueAt: `now() + interval '1 hour'` });
    await ground.asOwner(`UPDATE delivery SET state = 'pending', sent_at = NULL, next_at = now()`);
    const count = async (condition: string): Promise<number> =>
      ((await ground.asOwner(`SELECT count(*)::int AS n FROM delivery WHERE ${condition}`)).rows[0] as { n: number }).n;
    await until('all messages are on their way', async () => (await count(`state = 'sending'`)) >= messages || null);
    await first.kill();
    const { rows: at } = await ground.asOwner('SELECT clock_timestamp() AS killed');
    const { killed } = at[0] as { killed: Date };
    sink.behave({ kind: 'accept' });
    second.thaw();
    await until('all were taken over', async () => ((await ground.asOwner(`SELECT 1 FROM delivery_attempt WHERE finished_at IS NOT NULL AND outcome = 'ambiguous'`)).rowCount === messages ? true : null));
    const { rows } = await ground.asOwner(`SELECT extract(epoch FROM finished_at - $1::timestamptz)::float8 * 1000 AS ms FROM delivery_attempt WHERE outcome = 'ambiguous'`, [killed]);
    return (rows as { ms: number }[]).map(({ ms }) => ms);
  } finally {
    await Promise.all([first.kill(), second.kill()]);
  }
}

/** One that works, and one that stands still until it is thawed. */
async function twoEngines(ground: Ground, sink: MailSink): Promise<{ first: EngineProcess; second: EngineProcess }> {
  const second = await startEngineProcess(ground, sink.port);
  second.freeze();
  try {
    const first = await startEngineProcess(ground, sink.port);
    return { first, second };
  } catch (error) {
    await second.kill();
    throw error;
  }
}

/** A process that holds a row's lock is killed: milliseconds until somebody else has the lock. */
async function releaseOfLock(ground: Ground): Promise<number> {
  await ground.asOwner('CREATE TABLE IF NOT EXISTS bench_lock AS SELECT 1 AS n');
  const child = spawn(process.execPath, [holder, ground.databaseUrl], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  const started = performance.now();
  await ground.asOwner('SELECT n FROM bench_lock FOR UPDATE');
  return performance.now() - started;
}

async function until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== null) return found;
    if (performance.now() > deadline) throw new Error(`within ${patienceMs} ms it did not happen that ${what}`);
    await sleep(5);
  }
}

import pg from 'pg';
import { engineOn } from './engine.js';
import type { Ground } from './ground.js';
import { JobQueue } from './job-queue.js';
import { makeDueAlerts } from './open-alerts.js';
import { recordPasses, replay, scriptsOf, writesByAlert } from './recorded-writes.js';
import { ratioLine, type Line } from './report.js';
import type { Scale } from './scale.js';
import { interleave, median, spread, VOID_SPREAD } from './statistics.js';

const leastRatio = 0.85;
const leastPerSecond = 10_000;
/** As many connections as the engine writes on. */
const driverConnections = 2;

/**
 * Escalations claimed, decided, written and queued a second by the engine, in its batches of 500, against those that
 * know beforehand what to write: a driver by key as pgbench would do it, one with the engine's own statements, and
 * graphile-worker with a job for each alert.
 */
export async function pickUp(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const alerts = scale.pickUpAlerts;
  const fresh = async (): Promise<void> => {
    await ground.clear();
    await makeDueAlerts(ground, alerts);
  };
  await fresh();
  const passes = await recordPasses(ground);
  const [byKey, atOnce] = [scriptsOf(passes, 'by key'), scriptsOf(passes, 'at once')];
  const queue = await JobQueue.on(ground, writesByAlert(passes));
  const clients = Array.from({ length: driverConnections }, () => new pg.Client({ connectionString: ground.databaseUrl }));
  for (const client of clients) await client.connect();
  const engine = engineOn(ground);
  const rate = async (work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    const seconds = (performance.now() - started) / 1_000;
    await allMoved(ground, alerts);
    return alerts / seconds;
  };
  try {
    const figures = await interleave(scale.rounds, {
      byKey: async () => {
        await fresh();
        return rate(() => replay(clients, byKey));
      },
      ours: async (round) => {
        await fresh();
        const perSecond = await rate(() => engine.run());
        log(`pick-up, round ${round + 1}: ${Math.round(perSecond)}/s`);
        return perSecond;
      },
      atOnce: async () => {
        await fresh();
        return rate(() => replay(clients, atOnce));
      },
      jobs: async () => {
        await fresh();
        await queue.fill();
        return rate(() => queue.drain());
      },
    });
    const { ours } = figures;
    const perSecond = median(ours);
    const limit = { name: 'driver by key', figures: figures.byKey, unit: '/s' } as const;
    return [
      ratioLine('pick-up ÷ the same writes by key', ours, limit, leastRatio),
      {
        what: 'escalations a second',
        figure: perSecond,
        unit: 'per second',
        target: `≥ ${leastPerSecond}`,
        met: perSecond >= leastPerSecond,
        void: spread(limit.figures) > VOID_SPREAD,
        note: `${Math.round(Math.min(...ours))} to ${Math.round(Math.max(...ours))}, ${alerts} alerts a round, two messages each`,
      },
      ratioLine('pick-up ÷ the same writes in batches', ours, { name: 'driver in batches', figures: figures.atOnce, unit: '/s' }, null),
      ratioLine('pick-up ÷ graphile-worker', ours, { name: 'graphile-worker, a job for each alert', figures: figures.jobs, unit: '/s' }, null),
    ];
  } finally {
    for (const client of clients) await client.end();
    await queue.stop();
  }
}

async function allMoved(ground: Ground, alerts: number): Promise<void> {
  const { rows } = await ground.asOwner('SELECT count(*)::int AS moved FROM alert_timer WHERE gen = 2');
  const { moved } = rows[0] as { moved: number };
  if (moved !== alerts) throw new Error(`${moved} of ${alerts} alerts were moved by one tier`);
}

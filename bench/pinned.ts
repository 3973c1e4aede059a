import pg from 'pg';
import { engineOn } from './engine.js';
import type { Ground } from './ground.js';
import { makeDueAlerts } from './open-alerts.js';
import { boundLine, type Line } from './report.js';
import type { Scale } from './scale.js';
import { median, timesInTurn } from './statistics.js';

const mostRatio = 5;

/**
 * An idle look while somebody's transaction is an hour old: every timer that rang in that hour is still in the index
 * as a dead entry, and vacuum may not take it out. Healthy is the same in a database of its own, where nobody has such a
 * transaction.
 */
export async function pinned(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const free = await ground.sibling('unpinned');
  const healthy: number[] = [];
  const held: number[] = [];
  try {
    for (let round = 0; round < scale.rounds; round++) {
      for (const each of [ground, free]) {
        await each.clear();
        await makeDueAlerts(each, scale.pinnedAlerts, { severity: '1 + i % 4', dueAt: `now() - i * interval '1 hour' / ${scale.pinnedAlerts}` });
      }
      const old = new pg.Client({ connectionString: ground.databaseUrl });
      await old.connect();
      await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await old.query('SELECT pg_current_snapshot()');
      const engines = [ground, free].map(engineOn);
      for (const engine of engines) await engine.run();
      for (const each of [ground, free]) await each.asOwner('VACUUM ANALYZE alert_timer');
      const times = await timesInTurn(engines.map((engine) => () => engine.run()), scale.idleLooks);
      for (const [at, figures] of [held, healthy].entries()) figures.push(median(times[at] as number[]));
      await old.query('COMMIT');
      await old.end();
      log(`pinned, round ${round + 1}: ${(held.at(-1) as number).toFixed(2)} ms against ${(healthy.at(-1) as number).toFixed(2)} ms`);
    }
  } finally {
    await free.stop();
  }
  const ratio = median(held.map((ms, round) => ms / (healthy[round] as number)));
  return [
    boundLine('idle tick under a transaction of an hour ÷ healthy', ratio, 'ratio', mostRatio, { name: 'healthy', figures: healthy, unit: 'ms' },
      `${median(held).toFixed(2)} ms, after ${scale.pinnedAlerts} timers rang within that hour`),
  ];
}

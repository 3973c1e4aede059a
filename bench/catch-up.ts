import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { engineOn } from './engine.js';
import type { Ground } from './ground.js';
import { makeDueAlerts, type DueAlerts } from './open-alerts.js';
import { recordPasses, replay, scriptsOf } from './recorded-writes.js';
import { boundLine, type Limit, type Line } from './report.js';
import type { Scale } from './scale.js';
import { interleave, median } from './statistics.js';

const mostSeconds = 10;
const mostCriticalSeconds = 2;
const driverConnections = 2;
const patienceMs = 300_000;
const lookEveryMs = 100;
const swallower = fileURLToPath(new URL('./mail-swallower.js', import.meta.url));

/** One in ten is critical, and the critical ones are the youngest: by age alone they would be last. */
const OVERDUE: DueAlerts = {
  severity: 'CASE WHEN i % 10 = 0 THEN 1 ELSE 2 + i % 3 END',
  dueAt: `now() - interval '1 minute' - CASE WHEN i % 10 = 0 THEN 0 ELSE 1 END * interval '1 hour' - i * interval '1 millisecond'`,
};

/**
 * After a long downtime: how long until every overdue alert has moved by one tier, from the call that starts the
 * service. The whole service runs, and sends what the ladder queues meanwhile to a mail server that takes everything:
 * on few cores the sending is most of the work. So the ladder by itself is measured, too.
 */
export async function catchUp(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const alerts = scale.overdueAlerts;
  const fresh = async (): Promise<void> => {
    await ground.clear();
    await makeDueAlerts(ground, alerts, OVERDUE);
  };
  const mail = spawn(process.execPath, [swallower], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = (await once(mail.stdout, 'data')) as [Buffer];
  const clients = Array.from({ length: driverConnections }, () => new pg.Client({ connectionString: ground.databaseUrl }));
  for (const client of clients) await client.connect();
  const ladderCritical: number[] = [];
  const critical: number[] = [];
  let duplicates = 0;
  let wrong = 0;
  try {
    await fresh();
    const scripts = scriptsOf(await recordPasses(ground), 'at once');
    const figures = await interleave(scale.rounds, {
      driver: async () => {
        await fresh();
        const started = performance.now();
        await replay(clients, scripts);
        return secondsSince(started);
      },
      ladder: async (round) => {
        await fresh();
        const started = performance.now();
        const ringing = engineOn(ground).run();
        ladderCritical.push(await untilNoneIsDue(ground, 'severity = 1', started));
        await ringing;
        const all = secondsSince(started);
        log(`catch-up, round ${round + 1}: the ladder alone, critical ${(ladderCritical.at(-1) as number).toFixed(2)} s, all ${all.toFixed(2)} s`);
        return all;
      },
      ours: async (round) => {
        await fresh();
        const times = await start(ground, Number(port.toString()));
        critical.push(times.critical);
        const checked = await check(ground, alerts);
        duplicates += checked.duplicates;
        wrong += checked.wrong;
        log(`catch-up, round ${round + 1}: critical ${times.critical.toFixed(2)} s, all ${times.all.toFixed(2)} s`);
        return times.all;
      },
    });
    const limit: Limit = { name: 'driver in batches', figures: figures.driver, unit: 's' };
    const name = alerts.toLocaleString('en');
    return [
      boundLine(`${name} overdue, the ladder: all`, median(figures.ladder), 's', mostSeconds, limit, spreadOf(figures.ladder)),
      boundLine(`${name} overdue, the ladder: S1`, median(ladderCritical), 's', mostCriticalSeconds, limit, `${alerts / 10} of them; ${spreadOf(ladderCritical)}`),
      boundLine(`${name} overdue, the service at start, sending: all`, median(figures.ours), 's', mostSeconds, limit, spreadOf(figures.ours)),
      boundLine(`${name} overdue, the service at start, sending: S1`, median(critical), 's', mostCriticalSeconds, limit, spreadOf(critical)),
      { what: `${name} overdue: duplicate keys`, figure: duplicates, unit: 'keys', target: '0', met: duplicates === 0 },
      { what: `${name} overdue: not moved by exactly one tier`, figure: wrong, unit: 'keys', target: '0', met: wrong === 0 },
    ];
  } finally {
    for (const client of clients) await client.end();
    mail.kill('SIGKILL');
  }
}

async function start(ground: Ground, mailPort: number): Promise<{ critical: number; all: number }> {
  const started = performance.now();
  const service = await ground.serve({
    instance: { roles: ['engine'] },
    mail: { host: '127.0.0.1', port: mailPort, security: 'none', from: 'notice@example.org' },
  });
  try {
    const critical = await untilNoneIsDue(ground, 'severity = 1', started);
    const all = await untilNoneIsDue(ground, 'severity > 1', started);
    return { critical, all };
  } finally {
    await service.stop();
  }
}

/** By the partial indexes, so that asking costs the service next to nothing. */
async function untilNoneIsDue(ground: Ground, which: string, started: number): Promise<number> {
  for (;;) {
    const { rowCount } = await ground.asOwner(
      `SELECT 1 FROM alert_timer WHERE ${which} AND due_at IS NOT NULL AND due_at < now() - interval '30 seconds' ORDER BY due_at LIMIT 1`,
    );
    if (rowCount === 0) return secondsSince(started);
    if (performance.now() - started > patienceMs) throw new Error('the overdue alerts were not moved');
    await sleep(lookEveryMs);
  }
}

async function check(ground: Ground, alerts: number): Promise<{ duplicates: number; wrong: number }> {
  const { rows } = await ground.asOwner(
    `SELECT (SELECT count(*) FROM (SELECT 1 FROM delivery GROUP BY coalition_id, alert_id, gen, contact_id, purpose, nth HAVING count(*) > 1) d)::int
              AS duplicates,
            $1::int - (SELECT count(*) FROM alert_timer t WHERE gen = 2
                         AND (SELECT count(*) FROM tier_entry e WHERE e.alert_id = t.alert_id) = 2)::int AS wrong`,
    [alerts],
  );
  return rows[0] as { duplicates: number; wrong: number };
}

const secondsSince = (started: number): number => (performance.now() - started) / 1_000;

const spreadOf = (seconds: readonly number[]): string => `${Math.min(...seconds).toFixed(2)} to ${Math.max(...seconds).toFixed(2)} s`;

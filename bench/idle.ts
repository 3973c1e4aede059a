import { engineOn } from './engine.js';
import type { Ground } from './ground.js';
import { makeOpenTimers } from './open-alerts.js';
import { boundLine, type Limit, type Line } from './report.js';
import type { Scale } from './scale.js';
import { median, quantile, timesInTurn } from './statistics.js';

const mostMs = 0.5;
const mostP99Ms = 10;
const mostRatio = 3;
/** The least that asking the database something can cost. */
const ROUND_TRIP = { name: 'bench-round-trip', text: 'SELECT clock_timestamp() AS now' } as const;


/**
 * What a whole look of the engine costs when nothing is due, with few, many and very many open alerts: the peek, and
 * every five seconds the heartbeat. Each number of alerts has a database of its own, so that all are measured in turn.
 */
export async function idle(ground: Ground, scale: Scale, log: (line: string) => void): Promise<Line[]> {
  const arms: { count: number; ground: Ground; look: () => Promise<void>; times: number[][] }[] = [];
  for (const [at, count] of scale.idleAlerts.entries()) {
    const own = await ground.sibling(`idle_${at}`);
    log(`making ${count} open alerts`);
    await makeOpenTimers(own, count);
    const engine = engineOn(own);
    arms.push({ count, ground: own, look: () => engine.run(), times: [] });
  }
  const limit: number[][] = [];
  const roundTrip = async (): Promise<void> => void (await ground.database.query(ROUND_TRIP));
  const calls = [roundTrip, ...arms.map(({ look }) => look)];
  try {
    for (let round = 0; round < scale.rounds; round++) {
      const [roundTrips, ...looks] = await timesInTurn(calls, scale.idleLooks);
      limit.push(roundTrips as number[]);
      for (const [at, arm] of arms.entries()) arm.times.push(looks[at] as number[]);
    }
  } finally {
    for (const arm of arms) await arm.ground.stop();
  }
  const [few, many, most] = arms.map(({ count, times }) => ({ count: count.toLocaleString('en'), times: times.flat(), p50s: times.map(median) }));
  if (!few || !many || !most) throw new Error('there are three numbers of alerts');
  const oneRoundTrip: Limit = { name: 'one round trip', figures: limit.map(median), unit: 'ms' };
  const ratio = median(most.p50s.map((p50, round) => p50 / (few.p50s[round] as number)));
  return [
    boundLine(`idle tick, ${many.count} open alerts, p50`, median(many.times), 'ms', mostMs, oneRoundTrip),
    boundLine(`idle tick, ${many.count} open alerts, p99`, quantile(many.times, 0.99), 'ms', mostP99Ms, oneRoundTrip, `p99 of a round trip ${quantile(limit.flat(), 0.99).toFixed(2)} ms`),
    boundLine(`idle tick, ${most.count} ÷ ${few.count} open alerts`, ratio, 'ratio', mostRatio, oneRoundTrip,
      `p50 ${median(few.times).toFixed(2)} ms with ${few.count}, ${median(most.times).toFixed(2)} ms with ${most.count}`),
  ];
}

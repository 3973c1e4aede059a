import { PEEK } from '../src/escalation/claim-due.js';
import type { Ground } from './ground.js';
import { makeOpenAlerts } from './open-alerts.js';
import type { Line } from './report.js';
import { median, quantile } from './statistics.js';

const few = 10_000;
const many = 1_000_000;
const samples = 500;
const warmUp = 50;

/** What a look costs when nothing is due, with few and with very many open alerts. */
export async function idle(ground: Ground, log: (line: string) => void): Promise<Line[]> {
  const times = new Map<number, number[]>();
  for (const count of [few, many]) {
    await ground.clear();
    log(`making ${count} open alerts`);
    await makeOpenAlerts(ground, count);
    times.set(count, await look(ground));
  }
  const small = times.get(few) as number[];
  const large = times.get(many) as number[];
  const ratio = median(large) / median(small);
  return [
    { what: 'idle tick, 1,000,000 open alerts, p50', figure: median(large), unit: 'ms', target: '≤ 0.5 ms', met: median(large) <= 0.5 },
    { what: 'idle tick, 1,000,000 open alerts, p99', figure: quantile(large, 0.99), unit: 'ms', target: '≤ 10 ms', met: quantile(large, 0.99) <= 10 },
    {
      what: 'idle tick, 1,000,000 ÷ 10,000 open alerts',
      figure: ratio,
      unit: 'ratio',
      target: '≤ 3',
      met: ratio <= 3,
      note: `p50 ${median(small).toFixed(2)} ms with 10,000; ${samples} looks each, the round trip included`,
    },
  ];
}

async function look(ground: Ground): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < warmUp + samples; at++) {
    const started = performance.now();
    await ground.database.query(PEEK);
    if (at >= warmUp) times.push(performance.now() - started);
  }
  return times;
}

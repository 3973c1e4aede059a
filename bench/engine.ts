import { SchedulerRegistry } from '@nestjs/schedule';
import { Backlog } from '../src/escalation/backlog.js';
import { Engine } from '../src/escalation/engine.js';
import { Policies } from '../src/escalation/policies.js';
import { Tick } from '../src/escalation/tick.js';
import { Wake } from '../src/escalation/wake.js';
import { EvidenceLog } from '../src/evidence/evidence-log.js';
import { configOf } from '../src/platform/config/load-config.js';
import type { Database } from '../src/platform/database/database.js';
import { Health } from '../src/platform/health/health.js';
import { Metrics } from '../src/platform/metrics/metrics.js';
import type { Ground } from './ground.js';

/** The tick of the service on a database. */
export function tickOn(ground: Ground, database: Database = ground.database): Tick {
  const evidence = new EvidenceLog(ground.coalition.p);
  return new Tick(database, new Policies(evidence), evidence);
}

/** The service's engine without its clock: it looks only when `run` is called, and then does everything that a look does. */
export function engineOn(ground: Ground): Engine {
  const { engine, instance } = configOf({});
  const { database } = ground;
  return new Engine(database, tickOn(ground), new Wake(database), new Backlog(), new SchedulerRegistry(), new Health(), new Metrics(), engine, instance);
}

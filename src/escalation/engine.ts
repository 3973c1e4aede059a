import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { ENGINE_CONFIG, INSTANCE_CONFIG, type EngineConfig, type InstanceConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { Health } from '../platform/health/health.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { Backlog } from './backlog.js';
import { PEEK } from './claim-due.js';
import { ClockGuard, steadyMs } from './clock-guard.js';
import { Tick } from './tick.js';
import { Wake, WAKE_CHANNEL } from './wake.js';

const heartbeatEveryMs = 5_000;
/** An alert that is overdue by this much while the engine runs is an alarm. */
const overdueAlarmMs = 10_000;
/** Commits in quick succession cause one look, not one each. */
const wakeDebounceMs = 20;
/** Batches under way at the same time while there is a backlog: one computes here while the database writes the other.
 *  On two cores 2 moved 14 to 33 % more alerts a second than 1; 3 and 4 moved no more than 2. */
const batchesSideBySide = 2;
/** Looks that lie further apart than this are followed by a sweep. */
const gapMs = 10_000;
const INTERVAL_NAME = 'escalation';

/**
 * Rings the timers. Every instance with the role "engine" runs one; PostgreSQL shares the work out among them.
 *
 * It looks twice a second and whenever somebody says that there is work; the look is the truth, the word only a hint.
 */
@Injectable()
export class Engine implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Escalation');
  private readonly instance = randomUUID();
  private readonly clock: ClockGuard;
  private readonly moved;
  private readonly overdue;
  private readonly frozen;
  private running: Promise<void> | undefined;
  private again = false;
  private wakeTimer: NodeJS.Timeout | undefined;
  private stopping = false;
  private sweptAt = -Infinity;
  /** The database's time at the last look. */
  private lookedAt = -Infinity;
  private beatAt = -Infinity;
  /** 1 after a failed batch, so that the alert that broke it is found; see `onePass`. */
  private cautiousPasses = 0;
  private oldestOverdueMs = 0;
  private readonly leave: (() => unknown)[] = [];

  constructor(
    private readonly database: Database,
    private readonly tick: Tick,
    private readonly wake: Wake,
    private readonly backlog: Backlog,
    private readonly scheduler: SchedulerRegistry,
    private readonly health: Health,
    metrics: Metrics,
    @Inject(ENGINE_CONFIG) private readonly config: EngineConfig,
    @Inject(INSTANCE_CONFIG) private readonly instanceConfig: InstanceConfig,
  ) {
    this.clock = new ClockGuard(database);
    this.moved = metrics.counter('alerts_moved_total', 'Alerts whose timer rang and was acted on');
    this.frozen = metrics.gauge('clock_frozen_seconds', 'How long the ladder has stood still because the clock of the database went back');
    this.overdue = metrics.gauge('oldest_overdue_seconds', 'Age of the alert that has been due for longest');
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.instanceConfig.roles.includes('engine')) return;
    this.health.register('escalation', () => this.state(), { required: false });
    // Rows of instances that are long gone would only grow in number.
    await this.database.query(`DELETE FROM engine_heartbeat WHERE at < now() - interval '1 day'`);
    await this.clock.start();
    this.leave.push(this.wake.on(() => this.lookSoon()));
    this.leave.push(await this.database.listen(WAKE_CHANNEL, () => this.lookSoon()));
    this.scheduler.addInterval(INTERVAL_NAME, setInterval(() => void this.run(), this.config.tickIntervalMs));
    void this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.wakeTimer);
    if (this.scheduler.doesExist('interval', INTERVAL_NAME)) this.scheduler.deleteInterval(INTERVAL_NAME);
    for (const leave of this.leave) await leave();
    await this.running;
  }

  /** Rings everything that is due now. Overlapping calls become one more round after the present one. Never rejects. */
  run(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.rounds().finally(() => (this.running = undefined));
    return this.running;
  }

  private lookSoon(): void {
    if (this.stopping || this.wakeTimer) return;
    this.wakeTimer = setTimeout(() => {
      this.wakeTimer = undefined;
      void this.run();
    }, wakeDebounceMs);
  }

  private async rounds(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.round();
      } catch (error) {
        // The next look follows within a second; a database that is down is reported by its own health check.
        this.logger.error('the tick failed and will be repeated', error);
      }
    } while (this.again && !this.stopping);
  }

  private async round(): Promise<void> {
    const askedAt = steadyMs();
    const { rows } = await this.database.query<{ now: Date; critical: Date | null; rest: Date | null }>(PEEK);
    const peek = rows[0];
    if (!peek) return;
    const admitted = await this.clock.admits(peek.now, askedAt);
    this.frozen.set(this.clock.frozenForMs() / 1000);
    if (!admitted) return;
    const at = performance.now();
    // After a gap (database away, process stopped, clock put forward) things may be overdue beyond the look-back.
    const gap = peek.now.getTime() - this.lookedAt > gapMs;
    const sweep = gap || at - this.sweptAt >= this.config.sweepIntervalMs;
    this.lookedAt = peek.now.getTime();
    const due = [peek.critical, peek.rest].some((each) => each !== null && each <= peek.now);
    if (due || sweep) {
      if (sweep) this.sweptAt = at;
      await this.ringAll(sweep);
    }
    if (at - this.beatAt >= heartbeatEveryMs) {
      this.beatAt = at;
      await this.beat();
    }
  }

  /**
   * Critical alerts are first in every batch, so that a long queue of others never keeps them waiting. The first batch
   * goes alone: only when it was full is there a backlog, and further batches go side by side, each with the alerts
   * that the others have not locked.
   */
  private async ringAll(sweep: boolean): Promise<void> {
    for (;;) {
      const moved = await this.ringBatch(sweep);
      if (moved === 0 || this.stopping) return;
      if (moved < this.config.batchSize) continue;
      // Settled, not all: a round is over only when none of its batches is under way any more.
      const ends = await Promise.allSettled(Array.from({ length: batchesSideBySide }, () => this.backlog.during(() => this.ringBacklog(sweep))));
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    }
  }

  /** Ends with the backlog, or with a batch that failed: then `ringAll` goes on by itself, one alert at a time. */
  private async ringBacklog(sweep: boolean): Promise<void> {
    while (this.cautiousPasses === 0 && !this.stopping) {
      if ((await this.ringBatch(sweep)) < this.config.batchSize) return;
    }
  }

  private async ringBatch(sweep: boolean): Promise<number> {
    const moved = await this.onePass(sweep);
    if (moved > 0) {
      this.moved.inc(moved);
      this.backlog.afterBatch();
      this.wake.afterCommit();
    }
    return moved;
  }

  /**
   * A batch that fails is repeated one alert at a time, so that one broken alert holds up no other. Errors of the
   * connection are not the alert's fault and end the round.
   */
  private async onePass(sweep: boolean): Promise<number> {
    const limit = this.cautiousPasses > 0 ? 1 : this.config.batchSize;
    try {
      const moved = await this.tick.pass(limit, sweep, this.clock.leap);
      if (limit === 1) this.cautiousPasses--;
      return moved;
    } catch (error) {
      if (isConnectionTrouble(error)) throw error;
      this.logger.error(limit === 1 ? 'an alert could not be escalated' : 'a batch could not be escalated; trying one by one', error);
      if (limit === 1) await this.putOffFirst(sweep);
      else this.cautiousPasses = this.config.batchSize;
      return 1;
    }
  }

  private async putOffFirst(sweep: boolean): Promise<void> {
    await this.tick.putOffFirst(sweep);
    await this.database.query('UPDATE engine_heartbeat SET put_off_at = clock_timestamp() WHERE instance = $1', [this.instance]);
  }

  private async beat(): Promise<void> {
    const { rows } = await this.database.query<{ oldest: Date | null; now: Date }>({
      name: 'escalation-heartbeat',
      text: `INSERT INTO engine_heartbeat (instance, at, oldest_overdue)
             VALUES ($1, clock_timestamp(), (SELECT min(due_at) FROM alert_timer WHERE due_at IS NOT NULL AND due_at < now() - interval '2 seconds'))
             ON CONFLICT (instance) DO UPDATE SET at = excluded.at, oldest_overdue = excluded.oldest_overdue
             RETURNING oldest_overdue AS oldest, at AS now`,
      values: [this.instance],
    });
    const row = rows[0];
    this.oldestOverdueMs = row?.oldest ? row.now.getTime() - row.oldest.getTime() : 0;
    this.overdue.set(this.oldestOverdueMs / 1000);
  }

  private state(): { ok: true } | { ok: false; reason: string } {
    if (this.clock.frozenForMs() > 0) return { ok: false, reason: 'clock-went-back' };
    if (this.oldestOverdueMs > overdueAlarmMs) return { ok: false, reason: 'alerts-overdue' };
    return { ok: true };
  }
}

/** PostgreSQL's class 08 (connection), 57 (operator intervention), 53 (resources), 40 (serialisation, deadlock), 55 (locks). */
function isConnectionTrouble(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return error instanceof Error && /connection|terminated|timeout/i.test(error.message);
  return /^(08|57|53|40|55)/.test(code) || /^E[A-Z]+$/.test(code);
}

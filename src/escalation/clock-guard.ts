import { uptime } from 'node:os';
import { Logger } from '@nestjs/common';
import type { Leap } from '../domain/decide.js';
import type { Database } from '../platform/database/database.js';

/** Clocks are adjusted by a little all the time, and a standby's clock is not its primary's. */
export const clockToleranceMs = 1_000;
/** How long the ladder stands still after a jump back: a wrong setting is often put right within a minute. */
const defaultFreezeMs = 60_000;
/** Less than this is a slow answer, not a clock that was put forward. */
const leapToleranceMs = 10_000;
const lockKey = 0x4a44_434c; // "JDCL"

/**
 * Only the database's clock counts, so a clock that was put back would put off every deadline by as much. Then the
 * ladder stands still for a minute, with an alarm: acting on two clocks at once could tell people twice. If the clock
 * stays where it is, the new time is accepted and every running deadline is moved along, so that each keeps the
 * length it was promised. Messages already queued are sent meanwhile, and the ledger's times never go back.
 *
 * A clock that was put forward needs no guard: it costs every alert at most one tier. It is noticed, so that critical
 * alerts do not hurry after a delay that there was not.
 */
export class ClockGuard {
  private readonly logger = new Logger('Clock');
  /** The latest database time seen by any instance. */
  private latest = 0;
  /** The last look: the database's time, and when it was asked for on this machine's steady clock. */
  private seen: { readonly database: number; readonly askedAt: number } | null = null;
  private lastLeap: Leap | null = null;
  private frozen: {
    /** On this process's steady clock. */
    readonly since: number;
    /** The last time that was read on the clock before it went back, in milliseconds since 1970. */
    readonly lastBefore: number;
    readonly jumpMs: number;
  } | null = null;

  constructor(
    private readonly database: Database,
    /** Shorter in tests only. */
    private readonly freezeMs = defaultFreezeMs,
  ) {}

  /** For the alarm: how long this process has stood still, in milliseconds of its own clock; 0 when it does not. */
  frozenForMs(): number {
    return this.frozen === null ? 0 : performance.now() - this.frozen.since;
  }

  /** Remembers what other instances and earlier runs saw. */
  async start(): Promise<void> {
    this.latest = Math.max(this.latest, await this.latestHeartbeat());
  }

  /** The last time that the clock of the database was put forward while this process looked on. */
  get leap(): Leap | null {
    return this.lastLeap;
  }

  /**
   * @param askedAt on the steady clock, before the database was asked for its time
   * @param answeredAt on the steady clock; a parameter for tests only
   * @returns whether the ladder may move at this time of the database
   */
  async admits(now: Date, askedAt: number, answeredAt = steadyMs()): Promise<boolean> {
    if (now.getTime() >= this.latest - clockToleranceMs) {
      this.latest = Math.max(this.latest, now.getTime());
      this.noteLeap(now.getTime(), answeredAt);
      this.seen = { database: now.getTime(), askedAt };
      if (this.frozen !== null) this.logger.warn('the clock of the database is right again; the ladder goes on');
      this.frozen = null;
      return true;
    }
    if (this.frozen === null) {
      const jumpMs = this.latest - now.getTime();
      this.frozen = { since: performance.now(), lastBefore: this.latest, jumpMs };
      this.logger.error(`the clock of the database went back by ${Math.round(jumpMs / 1000)} s: the ladder stands still for a minute; check the clock`);
    }
    if (this.frozenForMs() < this.freezeMs) return false;
    await this.accept(this.frozen);
    return false; // the next tick reads the time anew
  }

  private noteLeap(now: number, answeredAt: number): void {
    if (this.seen === null) return;
    const byMs = Math.round(now - this.seen.database - (answeredAt - this.seen.askedAt));
    if (byMs <= leapToleranceMs) return;
    this.lastLeap = { at: now, byMs };
    this.logger.error(`the clock of the database went forward by ${Math.round(byMs / 1000)} s, or this machine was held: check the clock`);
  }

  private async accept({ lastBefore, jumpMs }: NonNullable<ClockGuard['frozen']>): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
      // Whoever of the instances gets here second finds the heartbeats already put right.
      const { rowCount } = await tx.query('UPDATE engine_heartbeat SET at = clock_timestamp() WHERE at > clock_timestamp()');
      if (rowCount === 0) return;
      const seconds = [jumpMs / 1000];
      // Set by the earlier clock: whatever was not yet due on it, and what it had changed lately. Not "later than now
      // plus the jump": now is a minute on, and what was due in that minute would be late by the whole jump.
      // Pauses and repetitions count from when their tier was entered, however long ago that was.
      await tx.query(
        `WITH moved AS (
           UPDATE alert_timer SET due_at = due_at - make_interval(secs => $1), ack_expires_at = ack_expires_at - make_interval(secs => $1)
           WHERE due_at > $2 OR (due_at > clock_timestamp() AND chain_at > clock_timestamp())
           RETURNING coalition_id, alert_id, gen
         )
         UPDATE tier_entry SET entered_at = entered_at - make_interval(secs => $1)
         WHERE entered_at > clock_timestamp() OR (coalition_id, alert_id, gen) IN (SELECT coalition_id, alert_id, gen FROM moved)`,
        [...seconds, new Date(lastBefore - clockToleranceMs)],
      );
      // A provider that was to rest for seconds would rest for as long as the jump.
      await tx.query(
        `UPDATE channel_health SET open_until = open_until - make_interval(secs => $1), blocked_until = blocked_until - make_interval(secs => $1)
         WHERE open_until > clock_timestamp() OR blocked_until > clock_timestamp()`,
        seconds,
      );
      await tx.query(
        `UPDATE delivery SET next_at = next_at - make_interval(secs => $1), tier_deadline = tier_deadline - make_interval(secs => $1)
         WHERE state IN ('pending', 'failed') AND next_at > clock_timestamp()`,
        seconds,
      );
      await tx.query(`UPDATE delivery SET lease_until = lease_until - make_interval(secs => $1) WHERE state = 'sending'`, seconds);
    });
    this.latest = 0;
    this.seen = null;
    this.frozen = null;
    this.logger.error('the earlier clock was accepted, and the running deadlines were moved along with it');
  }

  private async latestHeartbeat(): Promise<number> {
    const { rows } = await this.database.query<{ at: Date | null }>('SELECT max(at) AS at FROM engine_heartbeat');
    return rows[0]?.at?.getTime() ?? 0;
  }
}

/** Milliseconds that nobody puts forward or back. Since the machine was started, and not the process's own clock, because that one
 *  stands still while a machine sleeps: then there is a delay, and no leap. */
export function steadyMs(): number {
  return uptime() * 1000;
}

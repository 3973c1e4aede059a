import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../platform/database/database.js';

/** Older than this, the difference between the clocks is measured again. Quartz drifts far less in the time. */
const remeasureAfterMs = 2_000;

/**
 * The database's clock, told between measurements by this machine's monotonic one.
 *
 * The intake decides before its one statement runs, so it cannot ask for the time without a second round trip. What
 * it decides is written as a span (`now() + span`), so that every deadline is the database's own; only the times
 * inside events come from this estimate, and those are rounded down to five minutes.
 */
@Injectable()
export class ClockEstimate {
  private measured: { readonly databaseMs: number; readonly monotonicMs: number } | undefined;
  private measuring: Promise<void> | undefined;

  constructor(@Inject(Database) private readonly database: Database) {}

  /** Milliseconds since 1970 by the database's clock. */
  async now(): Promise<number> {
    if (this.measured === undefined || performance.now() - this.measured.monotonicMs > remeasureAfterMs) {
      this.measuring ??= this.measure().finally(() => (this.measuring = undefined));
      await this.measuring;
    }
    return this.lastKnown() ?? Date.now();
  }

  /** The same without asking: good while the database is down. null before the first measurement. */
  lastKnown(): number | null {
    if (this.measured === undefined) return null;
    return this.measured.databaseMs + Math.round(performance.now() - this.measured.monotonicMs);
  }

  private async measure(): Promise<void> {
    const { rows } = await this.database.query<{ now: Date }>({ name: 'intake-clock', text: 'SELECT clock_timestamp() AS now' });
    const now = rows[0]?.now;
    if (now === undefined) throw new Error('the database did not tell the time');
    this.measured = { databaseMs: now.getTime(), monotonicMs: performance.now() };
  }
}

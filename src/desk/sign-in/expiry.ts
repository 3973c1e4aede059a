import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Database } from '../../platform/database/database.js';
import { purgeIntervalMs, sessionIdleMs } from '../limits.js';

/** Removes challenges and sessions that are over. They have no effect before that either: this only keeps tables small
 *  and forgets who was at the desk when. */
@Injectable()
export class Expiry {
  private readonly log = new Logger('Desk');
  private running = false;

  constructor(@Inject(Database) private readonly database: Database) {}

  @Interval(purgeIntervalMs)
  async purge(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      await this.database.query('DELETE FROM desk_challenge WHERE expires_at < now()');
      await this.database.query(
        `DELETE FROM desk_session WHERE expires_at < now() OR used_at < now() - $1 * interval '1 millisecond'`,
        [sessionIdleMs],
      );
    } catch {
      this.log.warn('old sessions could not be removed, the next attempt follows');
    } finally {
      this.running = false;
    }
  }
}

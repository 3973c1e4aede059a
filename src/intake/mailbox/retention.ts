import { Inject, Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { ENVELOPE_KINDS } from '@jardam/protocol';
import { RETENTION_CONFIG, type RetentionConfig } from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';

const purgeEveryMs = 3_600_000;
/** Rows in one transaction: a purge after a long pause must not hold up the intake. */
const purgeBatch = 500;

/** Removes replies that nobody fetched in time. Several instances may do it at once. */
@Injectable()
export class Retention {
  private readonly log = new Logger('Retention');

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RETENTION_CONFIG) private readonly config: RetentionConfig,
  ) {}

  @Interval(purgeEveryMs)
  async run(): Promise<void> {
    try {
      const purged = await this.purgeReplies();
      if (purged > 0) this.log.log(`${purged} replies were older than they are kept`);
    } catch (error) {
      this.log.warn('old replies could not be removed; trying again in an hour', error);
    }
  }

  /** Deletes all replies older than the configured age and returns how many there were. */
  async purgeReplies(): Promise<number> {
    let purged = 0;
    for (;;) {
      const { rowCount } = await this.database.query({
        name: 'retention-replies',
        text: `DELETE FROM envelope WHERE ctid = ANY (ARRAY(
                 SELECT ctid FROM envelope
                 WHERE kind = $1 AND received_at < now() - $2 * interval '1 millisecond'
                 LIMIT $3 FOR UPDATE SKIP LOCKED))`,
        values: [ENVELOPE_KINDS.reply, this.config.replyLifetimeMs, purgeBatch],
      });
      purged += rowCount;
      if (rowCount < purgeBatch) return purged;
    }
  }
}

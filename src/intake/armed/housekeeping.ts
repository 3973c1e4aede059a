import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';
import { DutyNotice } from './duty-notice.js';

const everyMs = 10_000;
/** So long before a packet is stale its owner is asked to arm again. */
const askBeforeExpiryMs = 3 * 86_400_000;
/** Which alerts came of whose packet is kept for the status message, and no longer. */
const keepSentMs = 30 * 86_400_000;

/** What has time around armed packets. Every instance with the role "engine" does it; doing it twice changes nothing. */
@Injectable()
export class ArmedHousekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('ArmedPackets');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    private readonly dutyNotice: DutyNotice,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.instance.roles.includes('engine')) return;
    this.timer = setInterval(() => void this.run(), everyMs);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** One round. A call during another joins that one. Never rejects. */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => (this.running = undefined));
    return this.running;
  }

  private async round(): Promise<void> {
    for (const work of [() => this.dutyNotice.tell(), () => this.askToArmAgain(), () => this.forgetSent()]) {
      try {
        await work();
      } catch (error) {
        this.logger.error('a round of housekeeping failed and will be repeated', error);
      }
    }
  }

  /** One neutral request for each new roster, and one before the packet is stale. */
  private async askToArmAgain(): Promise<void> {
    await this.database.query(
      `WITH newest AS (SELECT coalition_id, max(version) AS version FROM roster_version GROUP BY coalition_id),
            asked AS (
              UPDATE armed_packet a
              SET asked_for_roster = n.version, asked_for_expiry = asked_for_expiry OR a.expires_at < now() + make_interval(secs => $1)
              FROM newest n
              WHERE n.coalition_id = a.coalition_id AND a.state = 'armed'
                AND (a.roster_version < n.version AND coalesce(a.asked_for_roster, 0) < n.version
                     OR a.expires_at < now() + make_interval(secs => $1) AND NOT a.asked_for_expiry)
              RETURNING a.coalition_id, a.owner, a.locator)
       INSERT INTO armed_notice (coalition_id, owner, locator, what) SELECT coalition_id, owner, locator, 'arm_again' FROM asked`,
      [askBeforeExpiryMs / 1000],
    );
  }

  private async forgetSent(): Promise<void> {
    await this.database.query(
      `DELETE FROM armed_packet WHERE state IN ('fired', 'broken') AND coalesce(fired_at, armed_at) < now() - make_interval(secs => $1)`,
      [keepSentMs / 1000],
    );
  }
}

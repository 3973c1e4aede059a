import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Wake } from '../../escalation/wake.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { ENGINE_CONFIG, INSTANCE_CONFIG, type EngineConfig, type InstanceConfig } from '../../platform/config/slices.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { CheckIns } from './check-ins.js';
import { Firing } from './firing.js';
import { lockDuePacket, type PacketRow } from './packet-rows.js';

/** A packet whose turn failed is put off by this much, so that it holds up no other. */
const brokenRetryMs = 60_000;

/**
 * Ends countdowns and rings the clocks of check-ins. Every instance with the role "engine" looks once a tick; SKIP
 * LOCKED gives each packet to one of them, and the database's clock alone says what is due.
 *
 * One packet in one transaction: an alert of somebody in danger does not wait for a batch, and one that fails takes no
 * other with it.
 */
@Injectable()
export class ArmedClock implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('ArmedPackets');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly firing: Firing,
    private readonly checkIns: CheckIns,
    private readonly gatekeeper: Gatekeeper,
    private readonly wake: Wake,
    @Inject(ENGINE_CONFIG) private readonly engine: EngineConfig,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.instance.roles.includes('engine')) return;
    this.timer = setInterval(() => void this.run(), this.engine.tickIntervalMs);
    void this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Does everything that is due now. A call during another joins that one. Never rejects. */
  run(): Promise<void> {
    this.running ??= this.rounds().finally(() => (this.running = undefined));
    return this.running;
  }

  private async rounds(): Promise<void> {
    try {
      while (!this.stopping && (await this.ringNext())) this.wake.afterCommit();
    } catch (error) {
      // The next look follows within a second; a database that is down is reported by its own health check.
      this.logger.error('armed packets could not be looked at; this will be repeated', error);
    }
  }

  /** @returns false when nothing was due */
  private async ringNext(): Promise<boolean> {
    let taken: PacketRow | null = null;
    try {
      return await this.database.transaction(async (tx) => {
        taken = await lockDuePacket(tx);
        if (taken !== null) await this.ring(tx, taken);
        return taken !== null;
      });
    } catch (error) {
      const packet = taken as PacketRow | null;
      if (packet === null) throw error;
      await this.database.query(
        `UPDATE armed_packet SET due_at = now() + make_interval(secs => $3)
         WHERE coalition_id = $1 AND locator = $2 AND due_at <= now()`,
        [packet.coalition_id, packet.locator, brokenRetryMs / 1000],
      );
      this.logger.error('an armed packet could not be dealt with and was put off by a minute; the others go on', error);
      return true;
    }
  }

  private async ring(tx: Tx, packet: PacketRow): Promise<void> {
    if (packet.purpose === 'check_in') return this.checkIns.ring(tx, packet);
    if (packet.state !== 'counting' || packet.secret_sealed === null) throw new Error('a packet is due that no countdown runs for');
    const secret = this.gatekeeper.openSecret(packet.coalition_id, packet.alert_id, packet.secret_sealed);
    await this.firing.fire(tx, packet, secret, 'countdown');
  }
}

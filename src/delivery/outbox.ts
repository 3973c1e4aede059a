import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { AttemptOutcome } from '../domain/delivery-outcome.js';
import { Wake, WAKE_CHANNEL } from '../escalation/wake.js';
import { ENGINE_CONFIG, INSTANCE_CONFIG, type EngineConfig, type InstanceConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { Health } from '../platform/health/health.js';
import { Metrics } from '../platform/metrics/metrics.js';
import { ContactBook } from '../roster/contact-book.js';
import { Breakers } from './breakers.js';
import { CHANNELS, type Channel } from './channel.js';
import { claimDeliveries, findAbandoned, type ClaimedDelivery } from './claim-deliveries.js';
import { Settlement } from './settle.js';

const INTERVAL_NAME = 'outbox';
const abandonedBatch = 100;
const settleRetryMs = 1_000;

/**
 * Sends what the ladder queued. Messages are taken in order of urgency and sent side by side, each on a connection of
 * its own: a mail server that answers one recipient slowly holds up nobody else.
 */
@Injectable()
export class Outbox implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Outbox');
  private readonly breakers: Breakers;
  private readonly channels: ReadonlyMap<string, Channel>;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly probing = new Set<string>();
  private readonly stop = new AbortController();
  private readonly attempts;
  private pumping: Promise<void> | undefined;
  private again = false;
  private readonly leave: (() => unknown)[] = [];

  constructor(
    private readonly database: Database,
    private readonly settlement: Settlement,
    private readonly contacts: ContactBook,
    private readonly wakeUp: Wake,
    private readonly scheduler: SchedulerRegistry,
    private readonly health: Health,
    metrics: Metrics,
    @Inject(CHANNELS) channels: readonly Channel[],
    @Inject(ENGINE_CONFIG) private readonly config: EngineConfig,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {
    this.breakers = new Breakers(database);
    this.channels = new Map(channels.map((channel) => [channel.key, channel]));
    this.attempts = metrics.counter('delivery_attempts_total', 'Attempts to hand a message to a provider', ['channel', 'outcome']);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.instance.roles.includes('engine')) return;
    this.health.register('delivery', () => this.state(), { required: false });
    this.leave.push(this.wakeUp.on(() => this.wake()));
    this.leave.push(await this.database.listen(WAKE_CHANNEL, () => this.wake()));
    this.scheduler.addInterval(INTERVAL_NAME, setInterval(() => this.poll(), this.config.tickIntervalMs));
    this.poll();
  }

  /** Finishes what is on its way: an interrupted answer would have to be counted as lost. */
  async onModuleDestroy(): Promise<void> {
    this.stop.abort();
    if (this.scheduler.doesExist('interval', INTERVAL_NAME)) this.scheduler.deleteInterval(INTERVAL_NAME);
    for (const leave of this.leave) await leave();
    await this.pumping;
    await Promise.all(this.inFlight);
  }

  /** Looks for messages now. Never throws, never waits. */
  wake(): void {
    if (this.stop.signal.aborted) return;
    if (this.pumping) {
      this.again = true;
      return;
    }
    this.pumping = this.pump().finally(() => (this.pumping = undefined));
  }

  private poll(): void {
    this.rescue().catch((error: unknown) => this.logger.error('looking for abandoned messages failed and will be repeated', error));
    this.wake();
  }

  private async pump(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.takeAll();
      } catch (error) {
        this.logger.error('taking messages failed and will be repeated', error);
      }
    } while (this.again && !this.stop.signal.aborted);
  }

  private async takeAll(): Promise<void> {
    const withheld: string[] = [];
    for (const key of this.channels.keys()) {
      const allowed = this.breakers.allowance(key);
      if (allowed !== 'free') withheld.push(key);
      // The probe is not a made-up message but the most urgent one that waits.
      if (allowed === 'probe' && !this.probing.has(key)) await this.probe(key);
    }
    for (;;) {
      const free = this.config.sendConcurrency - this.inFlight.size;
      if (free <= 0 || this.stop.signal.aborted) return; // the next one that is done looks again
      const taken = await claimDeliveries(this.database, free, this.config.sendLeaseMs, { without: withheld });
      for (const delivery of taken) this.start(delivery);
      if (taken.length < free) return;
    }
  }

  private async probe(key: string): Promise<void> {
    const [delivery] = await claimDeliveries(this.database, 1, this.config.sendLeaseMs, { only: key });
    if (!delivery) return;
    this.probing.add(key);
    this.start(delivery, () => this.probing.delete(key));
  }

  private start(delivery: ClaimedDelivery, done: () => void = () => undefined): void {
    const work = this.deliver(delivery)
      .catch((error: unknown) => this.logger.error('an attempt could not be settled; its lease will run out', error))
      .finally(() => {
        done();
        this.inFlight.delete(work);
        this.wake();
      });
    this.inFlight.add(work);
  }

  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const startedAt = performance.now();
    const outcome = await this.attempt(delivery);
    this.attempts.inc({ channel: delivery.channel, outcome: outcome.kind });
    await this.settle(delivery, outcome, startedAt + this.config.sendLeaseMs);
    const providerFailed = outcome.kind === 'ambiguous' || (outcome.kind === 'retry' && outcome.providerTrouble);
    const change = await this.breakers.record(delivery.channel, !providerFailed);
    if (change !== 'unchanged') this.logger.warn(`the channel ${delivery.channel} ${change === 'opened' ? 'fails and rests for a while' : 'works again'}`);
    // Failed messages may have queued another contact, or ended a tier's turn.
    if (outcome.kind !== 'accepted') this.wakeUp.afterCommit();
  }

  private async attempt(delivery: ClaimedDelivery): Promise<AttemptOutcome> {
    const channel = this.channels.get(delivery.channel);
    if (!channel) return { kind: 'refused', code: 'no-such-channel', contactIsDead: false };
    if (!delivery.usable) return { kind: 'refused', code: 'contact-disabled', contactIsDead: false };
    const { deliveryId, lang, purpose, severity, pgpKey, coalitionId, contactId, addressSealed } = delivery;
    let address: string;
    try {
      address = this.contacts.openAddress({ coalitionId, contactId, addressSealed });
    } catch (error) {
      this.logger.error('the address of a contact does not open', error);
      return { kind: 'refused', code: 'address-damaged', contactIsDead: false };
    }
    const signal = AbortSignal.timeout(this.config.sendTimeoutMs);
    try {
      return await channel.send({ deliveryId, address, lang, purpose, severity, pgpKey }, { signal });
    } catch (error) {
      // A channel reports what a provider does as an outcome; this is a fault of ours, after which nothing is known.
      this.logger.error(`the channel ${delivery.channel} failed unexpectedly`, error);
      return { kind: 'ambiguous', code: 'channel-fault' };
    }
  }

  /** Tries to write the outcome until the lease is over: forgetting an accepted message would send it twice. */
  private async settle(delivery: ClaimedDelivery, outcome: AttemptOutcome, until: number): Promise<void> {
    for (;;) {
      try {
        const settled = await this.settlement.finish(delivery, outcome, Math.random());
        if (settled === 'stale') this.logger.warn('an attempt ended after its lease; another one counts');
        return;
      } catch (error) {
        if (performance.now() + settleRetryMs >= until) throw error;
        await sleep(settleRetryMs);
      }
    }
  }

  private async rescue(): Promise<void> {
    await this.breakers.refresh();
    const abandoned = await findAbandoned(this.database, abandonedBatch);
    for (const key of abandoned) {
      if ((await this.settlement.abandon(key, Math.random())) === 'settled') this.logger.warn('a message was taken over from a sender that is gone');
    }
    if (abandoned.length > 0) this.wakeUp.afterCommit();
  }

  private state(): { ok: true } | { ok: false; reason: string } {
    const resting = [...this.channels.keys()].find((key) => this.breakers.allowance(key) !== 'free');
    return resting === undefined ? { ok: true } : { ok: false, reason: `${resting}-fails` };
  }
}

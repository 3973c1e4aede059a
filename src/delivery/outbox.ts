import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { AttemptOutcome } from '../domain/delivery-outcome.js';
import { Backlog } from '../escalation/backlog.js';
import { Wake, WAKE_CHANNEL } from '../escalation/wake.js';
import { ENGINE_CONFIG, INSTANCE_CONFIG, type EngineConfig, type InstanceConfig } from '../platform/config/slices.js';
import { Database } from '../platform/database/database.js';
import { Health } from '../platform/health/health.js';
import { ContactBook } from '../roster/contact-book.js';
import { Breakers } from './breakers.js';
import { CHANNELS, type Channels } from './channel.js';
import { claimDeliveries, findAbandoned, type ClaimedDelivery, type ClaimScope } from './claim-deliveries.js';
import { DeliveryMetrics } from './delivery-metrics.js';
import { InFlight } from './in-flight.js';
import { channelOf } from './provider-key.js';
import { findHeldUp, rememberRateLimit } from './rate-limits.js';
import { Settlement } from './settle.js';

const INTERVAL_NAME = 'outbox';
const abandonedBatch = 100;
const heldUpBatch = 100;
const settleRetryMs = 1_000;
/** Messages taken in one statement: few, so that what is full is noticed between two. */
const claimBatch = 8;
/** The same for each batch of the ladder while that is catching up. */
const backlogBatch = 4;
/** Part of a provider's connections that one contact may have at the same time. */
const contactShare = 0.4;

/**
 * Sends what the ladder queued. Messages are taken in order of urgency and sent side by side, each on a connection of
 * its own. Every provider has connections of its own, and every contact a share of them: a mail server, a
 * receiver or a single mailbox that answers slowly holds up nobody else.
 */
@Injectable()
export class Outbox implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Outbox');
  private readonly breakers: Breakers;
  private readonly inFlight = new InFlight();
  private readonly probing = new Set<string>();
  private readonly stop = new AbortController();
  private readonly batch: number;
  private readonly perContact: number;
  private pumping: Promise<void> | undefined;
  private again = false;
  private readonly leave: (() => unknown)[] = [];

  constructor(
    private readonly database: Database,
    private readonly settlement: Settlement,
    private readonly contacts: ContactBook,
    private readonly wakeUp: Wake,
    private readonly backlog: Backlog,
    private readonly scheduler: SchedulerRegistry,
    private readonly health: Health,
    private readonly metrics: DeliveryMetrics,
    @Inject(CHANNELS) private readonly channels: Channels,
    @Inject(ENGINE_CONFIG) private readonly config: EngineConfig,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {
    this.breakers = new Breakers(database);
    metrics.register(channels.keys());
    this.batch = Math.max(1, Math.min(claimBatch, Math.floor(config.sendConcurrency / 4)));
    this.perContact = Math.max(this.batch, Math.floor(config.sendConcurrency * contactShare));
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
    await this.inFlight.ended();
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
    const resting = this.breakers.resting();
    for (const { provider, allowed } of resting) {
      // The probe is not a made-up message but the most urgent one that waits.
      if (allowed === 'probe' && !this.probing.has(provider)) await this.probe(provider);
    }
    while (!this.stop.signal.aborted) {
      const handful = (await this.backlog.turn()) ? Math.min(backlogBatch, this.batch) : this.batch;
      const full = this.inFlight.fullProviders(this.config.sendConcurrency - this.batch);
      const without = [...resting.map(({ provider }) => provider), ...full];
      const taken = await this.claim(handful, { without });
      for (const delivery of taken) this.start(delivery);
      if (taken.length < handful) return; // nothing else waits; whoever ends looks again
    }
  }

  private claim(limit: number, providers: ClaimScope['providers']): Promise<ClaimedDelivery[]> {
    const withoutContacts = this.inFlight.crowdedContacts(this.perContact - this.batch);
    return claimDeliveries(this.database, { limit, leaseMs: this.config.sendLeaseMs, providers, withoutContacts });
  }

  private async probe(provider: string): Promise<void> {
    const [delivery] = await this.claim(1, { only: provider });
    if (!delivery) return;
    this.probing.add(provider);
    this.start(delivery, () => this.probing.delete(provider));
  }

  private start(delivery: ClaimedDelivery, done: () => void = () => undefined): void {
    const work = this.deliver(delivery)
      .catch((error: unknown) => this.logger.error('an attempt could not be settled; its lease will run out', error))
      .finally(() => {
        done();
        // After the counters of what is on its way, which are put down when this promise has ended.
        setImmediate(() => this.wake());
      });
    this.inFlight.add(delivery.provider, delivery.contactId, work);
  }

  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    const startedAt = performance.now();
    if (delivery.repeatsAmbiguous) this.metrics.ambiguousResends.inc({ channel: delivery.channel });
    const outcome = await this.attempt(delivery);
    this.metrics.attempts.inc({ channel: delivery.channel, outcome: outcome.kind });
    await this.settle(delivery, outcome, startedAt + this.config.sendLeaseMs);
    await this.judgeProvider(delivery, outcome);
    // Failed messages may have queued another contact, or ended a tier's turn.
    if (outcome.kind !== 'accepted') this.wakeUp.afterCommit();
  }

  private async judgeProvider(delivery: ClaimedDelivery, outcome: AttemptOutcome): Promise<void> {
    const { provider } = delivery;
    if (outcome.kind === 'rate_limited') return rememberRateLimit(this.database, delivery, outcome.retryAfterMs);
    const failed = outcome.kind === 'ambiguous' || (outcome.kind === 'retry' && outcome.providerTrouble);
    const change = await this.breakers.record(provider, !failed);
    if (change === 'unchanged') return;
    this.metrics.showBreakers(this.breakers.resting());
    this.logger.warn(`a provider of the channel ${delivery.channel} ${change === 'opened' ? 'fails and rests for a while' : 'works again'}`);
  }

  private async attempt(delivery: ClaimedDelivery): Promise<AttemptOutcome> {
    const channel = this.channels.get(delivery.channel);
    if (!channel) return { kind: 'refused', code: 'no-such-channel', contactIsDead: false };
    const { deliveryId, alertId, lang, purpose, severity, pgpKey, coalitionId, contactId, addressSealed } = delivery;
    if (!delivery.usable || addressSealed === null) return { kind: 'refused', code: 'contact-disabled', contactIsDead: false };
    let address: string;
    try {
      address = this.contacts.openAddress({ coalitionId, contactId, addressSealed });
    } catch (error) {
      this.logger.error('the address of a contact does not open', error);
      return { kind: 'refused', code: 'address-damaged', contactIsDead: false };
    }
    const tag = this.contacts.tagOf(coalitionId, contactId, alertId);
    const signal = AbortSignal.timeout(this.config.sendTimeoutMs);
    try {
      return await channel.send({ deliveryId, address, lang, purpose, severity, pgpKey, tag }, { signal });
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
        if (settled === 'settled') return;
        this.metrics.staleFences.inc();
        return this.logger.warn('an attempt ended after its lease; another one counts');
      } catch (error) {
        if (performance.now() + settleRetryMs >= until) throw error;
        await sleep(settleRetryMs);
      }
    }
  }

  private async rescue(): Promise<void> {
    const somebodyRests = await this.breakers.refresh();
    const resting = this.breakers.resting();
    this.metrics.showBreakers(resting);
    const abandoned = await findAbandoned(this.database, abandonedBatch);
    for (const key of abandoned) {
      if ((await this.settlement.abandon(key, Math.random())) === 'settled') this.logger.warn('a message was taken over from a sender that is gone');
    }
    const heldUp = somebodyRests ? await findHeldUp(this.database, resting.map(({ provider }) => provider), heldUpBatch) : [];
    for (const { waitMs, ...key } of heldUp) await this.settlement.heldUp(key, waitMs);
    if (abandoned.length + heldUp.length > 0) this.wakeUp.afterCommit();
  }

  private state(): { ok: true } | { ok: false; reason: string } {
    const [resting] = this.breakers.resting();
    return resting === undefined ? { ok: true } : { ok: false, reason: `${channelOf(resting.provider)}-fails` };
  }
}

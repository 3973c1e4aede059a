import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Wake } from '../escalation/wake.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { INSTANCE_CONFIG, MAIL_CONFIG, type InstanceConfig, type MailConfig } from '../platform/config/slices.js';
import type { SmtpListener } from '../platform/mail/smtp-listener.js';
import { BounceAddresses } from './channels/email/bounce-address.js';
import { startBounceListener } from './channels/email/bounce-listener.js';
import { Settlement } from './settle.js';

/** Injection token of the signed return addresses; null when no bounce domain is configured. */
export const BOUNCE_ADDRESSES = Symbol('BounceAddresses');

/** Mails that come back: their delivery is dead after all, and the next contact or the next tier is told. */
@Injectable()
export class Bounces implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Bounces');
  private listener: SmtpListener | undefined;

  constructor(
    private readonly settlement: Settlement,
    private readonly wake: Wake,
    @Inject(BOUNCE_ADDRESSES) private readonly addresses: BounceAddresses | null,
    @Inject(MAIL_CONFIG) private readonly mail: MailConfig,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.addresses === null || !this.instance.roles.includes('engine')) return;
    this.listener = await startBounceListener({ host: this.mail.bounceHost, port: this.mail.bouncePort, addresses: this.addresses }, (deliveryId, status) =>
      this.returned(deliveryId, status),
    );
    this.logger.log(`returned mails are taken on port ${this.listener.port}`);
  }

  async onModuleDestroy(): Promise<void> {
    await this.listener?.stop();
  }

  /** The port that is really bound; undefined while there is no listener. */
  get port(): number | undefined {
    return this.listener?.port;
  }

  private async returned(deliveryId: string, status: string): Promise<void> {
    const counted = await this.settlement.bounced(DEFAULT_COALITION, deliveryId, `bounced-${status}`);
    this.logger.warn(counted ? 'a mail came back as undeliverable' : 'a mail came back a second time');
    if (counted) this.wake.afterCommit();
  }
}

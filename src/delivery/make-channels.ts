import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Primitives } from '@jardam/protocol';
import type { InstanceConfig, MailConfig, OutboundConfig, TelegramConfig, WebPushConfig } from '../platform/config/slices.js';
import type { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import type { Channel, Channels } from './channel.js';
import { BounceAddresses } from './channels/email/bounce-address.js';
import { EmailChannel } from './channels/email/email-channel.js';
import { TelegramChannel } from './channels/telegram/telegram-channel.js';
import { vapidKeyOf, WebPushChannel } from './channels/web-push/web-push-channel.js';
import { WebhookChannel } from './channels/webhook/webhook-channel.js';
import { MessageTexts } from './message-texts.js';
import { AddressGuard } from './outbound/address-guard.js';

/** Where channels get their settings and keys from. */
export interface ChannelSources {
  readonly p: Primitives;
  readonly database: Database;
  readonly instance: InstanceConfig;
  readonly mail: MailConfig;
  readonly outbound: OutboundConfig;
  readonly webPush: WebPushConfig;
  readonly telegram: TelegramConfig;
  /** From `openBounceAddresses`. */
  readonly bounces: BounceAddresses | null;
}

/**
 * All channels that are configured: the same for the service and for the command line, so that a test message takes
 * the way of a real one. Adding a channel means adding a line here.
 *
 * @throws when a file that the configuration names is missing, or a key is not the one this database was used with
 */
export async function makeChannels(sources: ChannelSources): Promise<Channels> {
  const { p, instance, mail, outbound, webPush, telegram } = sources;
  const texts = new MessageTexts();
  const rules = {
    guard: new AddressGuard(outbound.allowedNetworks),
    ca: outbound.caFile === undefined ? null : readFileSync(outbound.caFile, 'utf8'),
  };
  const channels: Channel[] = [
    new EmailChannel(mail, `${instance.publicUrl}/desk`, texts, sources.bounces),
    new WebhookChannel(p, await channelKey(sources, 'webhook'), rules),
  ];
  if (webPush.subject !== undefined) channels.push(new WebPushChannel(vapidKeyOf(await channelKey(sources, 'web-push'), webPush.subject), rules, texts));
  const { token, ...bot } = telegram;
  if (token !== undefined) channels.push(new TelegramChannel({ ...bot, token }, `${instance.publicUrl}/desk`, texts));
  return new Map(channels.map((channel) => [channel.key, channel]));
}

/** Signed return addresses; null when no bounce domain is configured. */
export async function openBounceAddresses(sources: Pick<ChannelSources, 'p' | 'database' | 'instance' | 'mail'>): Promise<BounceAddresses | null> {
  const { bounceDomain } = sources.mail;
  return bounceDomain === undefined ? null : new BounceAddresses(await channelKey(sources, 'bounces'), bounceDomain);
}

/** A key of 32 bytes in a file of its own, made on first use. */
function channelKey({ p, database, instance }: Pick<ChannelSources, 'p' | 'database' | 'instance'>, name: string): Promise<Uint8Array> {
  return openServerKey(database, p, { name, file: join(instance.dataDir, 'keys', `${name}.key`) });
}

import type { Purpose } from '../domain/alert.js';
import type { AttemptOutcome } from '../domain/delivery-outcome.js';
import type { Severity } from '../domain/severity.js';
import type { ContactLanguage } from '../roster/contact-book.js';

/** All that a channel learns: whom to tell that there is something. Never who, where or what. */
export interface OutgoingMessage {
  /** Also the stable id of the message at the provider, so that a repetition can be recognised. */
  readonly deliveryId: string;
  readonly address: string;
  readonly lang: ContactLanguage;
  readonly purpose: Purpose;
  readonly severity: Severity;
  /** Armoured OpenPGP key of the contact. */
  readonly pgpKey: string | null;
}

export interface ChannelCapabilities {
  /** Can encrypt to a key of the contact. */
  readonly encrypts: boolean;
  /** Learns later that a message was not delivered (bounces). */
  readonly reportsFailureLater: boolean;
}

/**
 * A way to reach people. A coalition that has an SMS gateway adds a class of this kind to the list in
 * delivery.module.ts; engine, outbox and tables stay as they are.
 */
export interface Channel {
  /** As in contact.channel and delivery.channel. */
  readonly key: string;
  readonly capabilities: ChannelCapabilities;
  /**
   * Hands one message to the provider. Called at most once at a time for a delivery. Never throws for anything that a
   * provider or the network can do; `signal` aborts at the send timeout.
   */
  send(message: OutgoingMessage, options: { readonly signal: AbortSignal }): Promise<AttemptOutcome>;
}

/** Injection token of the list of channels. */
export const CHANNELS = Symbol('Channels');

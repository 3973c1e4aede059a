import type { Purpose } from '../domain/alert.js';
import type { AttemptOutcome } from '../domain/delivery-outcome.js';
import type { Severity } from '../domain/severity.js';
import type { ContactLanguage } from '../roster/contact-book.js';

/** What a message is for: an alert, shifts that lack people, check-ins that could not be asked, a test that somebody asked
 *  for, or proof that the address reaches its person. */
export type MessagePurpose = Purpose | 'shifts' | 'check_ins' | 'test' | 'proof';

/** All that a channel learns: whom to tell that there is something. Never who, where or what. */
export interface OutgoingMessage {
  /** Also the stable id of the message at the provider, so that a repetition can be recognised. */
  readonly deliveryId: string;
  readonly address: string;
  readonly lang: ContactLanguage;
  readonly purpose: MessagePurpose;
  readonly severity: Severity;
  /** Armoured OpenPGP key of the contact. */
  readonly pgpKey: string | null;
  /** Opaque; the same for all messages about one alert to this contact. */
  readonly tag: string;
  /** Only with purpose 'proof': what has to come back. */
  readonly code?: string;
}

export interface ChannelCapabilities {
  /** Can encrypt to a key of the contact. */
  readonly encrypts: boolean;
  /** Learns later that a message was not delivered (bounces). */
  readonly reportsFailureLater: boolean;
  /**
   * How an address is proved to reach its person.
   * - code: a code is sent there, and the person gives it back;
   * - answer: the receiving program repeats the code in its answer;
   * - device: the receiving device gives the code back by itself;
   * - link: there is no address before the person has come through a link of ours.
   */
  readonly proof: 'code' | 'answer' | 'device' | 'link';
}

/**
 * A way to reach people. A coalition that has an SMS gateway adds a class of this kind in
 * make-channels.ts; engine, outbox and tables stay as they are.
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

/** The channels that are configured, by key. */
export type Channels = ReadonlyMap<string, Channel>;

/** Injection token of the channels. */
export const CHANNELS = Symbol('Channels');

import { createECDH } from 'node:crypto';
import webPush from 'web-push';
import { toBase64url } from '@jardam/protocol';
import type { AttemptOutcome } from '../../../domain/delivery-outcome.js';
import type { Channel, OutgoingMessage } from '../../channel.js';
import type { MessageTexts } from '../../message-texts.js';
import { guardedPost, type OutboundRules } from '../../outbound/guarded-post.js';
import { outcomeOfPost } from '../../outbound/http-outcome.js';
import { parseSubscriptionAddress } from './subscription.js';

/** The subscription has ended (RFC 8030, 7.3): the browser was told to forget us, or is gone. */
const GONE = [404, 410];
const maxAnswerBytes = 1_024;
/** A device that is off for longer has missed it; by then the ladder has asked others. */
const lifetimeSeconds = 24 * 3_600;
/** All notices are as long as the longest: a push service sees lengths. */
const payloadBytes = 1_024;

/** The key of this sender, as push services know it (VAPID, RFC 8292). */
export interface VapidKey {
  /** Uncompressed point, base64url; what a browser needs to subscribe. */
  readonly publicKey: string;
  readonly privateKey: string;
  /** mailto: or https: address of the operator. */
  readonly subject: string;
}

/** @param seed 32 bytes, the private scalar. @throws when they are none, which happens once in 2^32 key files */
export function vapidKeyOf(seed: Uint8Array, subject: string): VapidKey {
  const pair = createECDH('prime256v1');
  pair.setPrivateKey(seed);
  return { publicKey: toBase64url(new Uint8Array(pair.getPublicKey())), privateKey: toBase64url(seed), subject };
}

/**
 * Notifications on a device where somebody has signed in to the desk. The text is encrypted to that browser (RFC 8291)
 * and says nothing anyhow; the push service learns that this device is sent something, and when. Urgency and length
 * are the same for all, so that it does not learn more.
 */
export class WebPushChannel implements Channel {
  readonly key = 'web-push';
  readonly capabilities = { encrypts: true, reportsFailureLater: false, proof: 'device' } as const;

  constructor(
    private readonly vapid: VapidKey,
    private readonly rules: OutboundRules,
    private readonly texts: MessageTexts,
    private readonly now: () => number = Date.now,
  ) {}

  /** What a browser needs to subscribe. */
  get publicKey(): string {
    return this.vapid.publicKey;
  }

  async send(message: OutgoingMessage, { signal }: { readonly signal: AbortSignal }): Promise<AttemptOutcome> {
    const subscription = parseSubscriptionAddress(message.address);
    if (subscription === null) return { kind: 'refused', code: 'not-a-subscription', contactIsDead: true };
    let request: ReturnType<typeof webPush.generateRequestDetails>;
    try {
      request = webPush.generateRequestDetails(subscription, this.payloadOf(message), {
        vapidDetails: this.vapid,
        TTL: lifetimeSeconds,
        urgency: 'high',
        // A later notice about the same alert takes the place of one that the device has not fetched yet.
        topic: message.tag,
      });
    } catch {
      return { kind: 'refused', code: 'key-unusable', contactIsDead: true }; // a point that is not on the curve
    }
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== 'content-length')) as Record<string, string>;
    const result = await guardedPost(this.rules, { url: new URL(request.endpoint), headers, body: request.body ?? Buffer.alloc(0), signal, maxAnswerBytes });
    return outcomeOfPost(result, GONE, this.now());
  }

  /** JSON, filled up with spaces. */
  private payloadOf(message: OutgoingMessage): Buffer {
    // A device gives a code back by itself: what its owner sees is only a test.
    const { subject, line } = this.texts.textFor(message.purpose === 'proof' ? { ...message, purpose: 'test' } : message);
    const code = message.code === undefined ? {} : { code: message.code };
    const json = Buffer.from(JSON.stringify({ title: subject, body: line, lang: message.lang, tag: message.tag, ...code }));
    return Buffer.concat([json, Buffer.alloc(Math.max(0, payloadBytes - json.length), ' ')]);
  }
}

import { fromUtf8, utf8, type Primitives } from '@jardam/protocol';
import type { AttemptOutcome } from '../../../domain/delivery-outcome.js';
import type { Channel, OutgoingMessage } from '../../channel.js';
import { guardedPost, type OutboundRules } from '../../outbound/guarded-post.js';
import { outcomeOfPost } from '../../outbound/http-outcome.js';
import { parseWebhookAddress } from './webhook-address.js';

const GONE = [410];
/** Enough for an answer that repeats a challenge. */
const maxAnswerBytes = 4_096;

/**
 * A POST to a receiving program, signed as Standard Webhooks 1.0 describes (github.com/standard-webhooks), with the
 * asymmetric scheme v1a: the receiver holds only our public key, so that a receiver that was broken into cannot forge
 * notices for others.
 *
 * The body holds an opaque tag and nothing else: neither what happened, nor to whom, nor how urgent it is.
 */
export class WebhookChannel implements Channel {
  readonly key = 'webhook';
  readonly capabilities = { encrypts: false, reportsFailureLater: false, proof: 'answer' } as const;
  private readonly seed: Uint8Array;

  /** @param seed Ed25519 seed of 32 bytes */
  constructor(
    private readonly p: Primitives,
    seed: Uint8Array,
    private readonly rules: OutboundRules,
    private readonly now: () => number = Date.now,
  ) {
    this.seed = seed;
  }

  /** What receivers check signatures with: "whpk_" and the base64 of the Ed25519 public key. */
  get publicKey(): string {
    return `whpk_${Buffer.from(this.p.ed25519.keypair(this.seed).publicKey).toString('base64')}`;
  }

  async send(message: OutgoingMessage, { signal }: { readonly signal: AbortSignal }): Promise<AttemptOutcome> {
    const url = parseWebhookAddress(message.address);
    if (url === null) return { kind: 'refused', code: 'address-not-https', contactIsDead: true };
    const body = utf8(JSON.stringify(this.bodyOf(message)));
    const result = await guardedPost(this.rules, { url, headers: this.headersFor(message.deliveryId, body), body: Buffer.from(body), signal, maxAnswerBytes });
    const outcome = outcomeOfPost(result, GONE, this.now());
    if (message.purpose !== 'proof' || outcome.kind !== 'accepted' || !result.answered) return outcome;
    return repeats(result.body, message.code ?? '') ? outcome : { kind: 'refused', code: 'challenge-not-repeated', contactIsDead: false };
  }

  private bodyOf({ purpose, tag, code }: OutgoingMessage) {
    const timestamp = new Date(this.now()).toISOString();
    if (purpose === 'proof') return { type: 'proof', timestamp, data: { challenge: code } };
    return { type: purpose === 'test' ? 'test' : 'notice', timestamp, data: { tag } };
  }

  private headersFor(id: string, body: Uint8Array): Record<string, string> {
    const timestamp = Math.floor(this.now() / 1_000);
    const signed = utf8(`${id}.${timestamp}.${fromUtf8(body)}`);
    const signature = Buffer.from(this.p.ed25519.sign(signed, this.seed)).toString('base64');
    return {
      'content-type': 'application/json',
      'user-agent': 'webhook',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': `v1a,${signature}`,
    };
  }
}

/** The receiver has understood what it was sent, and so is a receiver of ours and not just any page that says 200. */
function repeats(answer: Buffer, challenge: string): boolean {
  try {
    const parsed: unknown = JSON.parse(answer.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && 'challenge' in parsed && parsed.challenge === challenge && challenge !== '';
  } catch {
    return false;
  }
}

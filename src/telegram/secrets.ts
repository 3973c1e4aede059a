import { ByteReader, concatBytes, fromUtf8, K, u64, utf8, type Primitives } from '@jardam/protocol';
import { openUnder, sealUnder } from '../platform/keys/sealed-box.js';

/** What is sealed for a chat: each use has a label of its own, so that no box opens as another. */
type Use = 'user-id' | 'job' | 'update' | 'sign-seed';

/**
 * Everything that only the bot's key file opens. The file lies outside the database: a leaked backup says neither whose
 * accounts these are nor what the bot was about to write to them.
 */
export class ChatSecrets {
  /** @param key 32 bytes of the bot's key file */
  constructor(
    private readonly p: Primitives,
    private readonly key: Uint8Array,
  ) {}

  /** The name under which the database knows a Telegram account: 32 bytes that nobody can compute without the key. */
  ownerOf(userId: number): Uint8Array {
    return K(this.p, this.key, 'jardam/telegram-owner', u64(userId));
  }

  /** What the database keeps of an invitation's token. */
  inviteHash(token: string): Uint8Array {
    const bytes = utf8(token);
    return K(this.p, this.key, 'jardam/telegram-invite', u64(bytes.length), bytes);
  }

  /** What a button says of its alert, 16 characters: it reaches Telegram, which must not learn the alert's own name. */
  buttonTag(alertId: Uint8Array): string {
    return Buffer.from(K(this.p, this.key, 'jardam/telegram-alert', alertId)).toString('base64url').slice(0, 16);
  }

  /** The secret that Telegram shows when it calls the webhook: the same in every instance, without being configured. */
  webhookSecret(botId: number): string {
    return Buffer.from(K(this.p, this.key, 'jardam/telegram-webhook', u64(botId))).toString('base64url');
  }

  sealUserId(owner: Uint8Array, userId: number): Buffer {
    return this.seal('user-id', owner, u64(userId));
  }

  /** @throws Error when the row was sealed under another key */
  openUserId(owner: Uint8Array, sealed: Uint8Array): number {
    const id = new ByteReader(this.open('user-id', owner, sealed)).u64();
    if (id === null) throw new Error('a stored user id is too large for a number');
    return id;
  }

  /** Seals a value as JSON. `context` names its row. */
  sealJson(use: Exclude<Use, 'user-id' | 'sign-seed'>, context: Uint8Array, value: unknown): Buffer {
    return this.seal(use, context, utf8(JSON.stringify(value)));
  }

  openJson(use: Exclude<Use, 'user-id' | 'sign-seed'>, context: Uint8Array, sealed: Uint8Array): unknown {
    return JSON.parse(fromUtf8(this.open(use, context, sealed))) as unknown;
  }

  sealSignSeed(alertId: Uint8Array, seed: Uint8Array): Buffer {
    return this.seal('sign-seed', alertId, seed);
  }

  openSignSeed(alertId: Uint8Array, sealed: Uint8Array): Uint8Array {
    return this.open('sign-seed', alertId, sealed);
  }

  private seal(use: Use, context: Uint8Array, plaintext: Uint8Array): Buffer {
    return Buffer.from(sealUnder(this.p, this.key, { label: `jardam/telegram-${use}`, context: concatBytes(context) }, plaintext));
  }

  private open(use: Use, context: Uint8Array, sealed: Uint8Array): Uint8Array {
    const opened = openUnder(this.p, this.key, { label: `jardam/telegram-${use}`, context: concatBytes(context) }, sealed);
    if (opened === null) throw new Error(`a stored ${use} does not open: is the Telegram key file the one it was sealed under?`);
    return opened;
  }
}

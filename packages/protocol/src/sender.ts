// Everything the sender of one alert holds comes from one secret, drawn anew for every alert: nothing links two
// alerts of one person, and 7 words bring all of it back.
import { H, K } from './hash.js';
import type { Primitives } from './primitives.js';

export interface SenderKeys {
  /** Ed25519 seed: signs the report, follow-ups, the stand-down, the deletion. */
  readonly signSeed: Uint8Array;
  readonly signPk: Uint8Array;
  /** X-Wing pair that replies are sealed to. */
  readonly replyKem: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  /** 32 bytes; shows the server that the caller may read this alert's mailbox. */
  readonly mailboxToken: Uint8Array;
}

/** A fresh sender secret SS. */
export function drawSenderSecret(p: Primitives): Uint8Array {
  return p.randomBytes(32);
}

/** The keys of a 32-byte sender secret. */
export function deriveSender(p: Primitives, senderSecret: Uint8Array): SenderKeys {
  const signSeed = K(p, senderSecret, 'JDM1/sender-sign');
  return {
    signSeed,
    signPk: p.ed25519.keypair(signSeed).publicKey,
    replyKem: p.xwing.keypair(K(p, senderSecret, 'JDM1/sender-reply')),
    mailboxToken: K(p, senderSecret, 'JDM1/mailbox-token'),
  };
}

/** What the server keeps of the mailbox token: H("JDM1/mailbox-hash", token). */
export function mailboxTokenHash(p: Primitives, token: Uint8Array): Uint8Array {
  return H(p, 'JDM1/mailbox-hash', token);
}

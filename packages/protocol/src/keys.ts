// A responder's keys, all from one master secret that never leaves their browser unwrapped.
import { concatBytes, requireBytes } from './bytes.js';
import { H, K } from './hash.js';
import type { Primitives } from './primitives.js';

export const ridBytes = 16;

export interface ResponderKeys {
  readonly signSeed: Uint8Array;
  readonly signPk: Uint8Array;
  /** For cosigning ledger checkpoints; apart from signSeed so that a witness signature can never pass for a person's. */
  readonly witnessSeed: Uint8Array;
  readonly witnessPk: Uint8Array;
  readonly kem: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
}

/** A fresh master secret MS, 32 bytes. */
export function drawMasterSecret(p: Primitives): Uint8Array {
  return p.randomBytes(32);
}

/** A fresh responder id: random, so that it tells nothing; written as 32 hexadecimal characters. */
export function drawResponderId(p: Primitives): Uint8Array {
  return p.randomBytes(ridBytes);
}

/** The keys of a 32-byte master secret. */
export function deriveResponder(p: Primitives, masterSecret: Uint8Array): ResponderKeys {
  const signSeed = K(p, masterSecret, 'JDM1/responder-sign');
  const witnessSeed = K(p, masterSecret, 'JDM1/responder-witness');
  return {
    signSeed,
    signPk: p.ed25519.keypair(signSeed).publicKey,
    witnessSeed,
    witnessPk: p.ed25519.keypair(witnessSeed).publicKey,
    kem: p.xwing.keypair(K(p, masterSecret, 'JDM1/responder-kem')),
  };
}

/** What the coordinator compares with the new responder, as 8 words: H("JDM1/fingerprint", sig_pk ‖ kem_pk). */
export function keyFingerprint(p: Primitives, keys: { signPk: Uint8Array; kemPk: Uint8Array }): Uint8Array {
  requireBytes('signPk', keys.signPk, 32);
  return H(p, 'JDM1/fingerprint', concatBytes(keys.signPk, keys.kemPk));
}

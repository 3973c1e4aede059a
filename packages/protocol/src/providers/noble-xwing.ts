// X-Wing (draft-connolly-cfrg-xwing-kem) from ML-KEM-768 and X25519. @noble/post-quantum has it ready-made in
// hybrid.js, but that module also brings the NIST curves: several kilobytes on the page's first load.
import { x25519 } from '@noble/curves/ed25519.js';
import { sha3_256, shake256 } from '@noble/hashes/sha3.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { concatBytes, utf8, wipe } from '../bytes.js';
import { xwingEncapsulationSeedBytes, type Xwing } from '../primitives.js';
import { platformRandomBytes } from '../runtime.js';

const mlkemPublicKeyBytes = 1184;
const mlkemCiphertextBytes = 1088;
/** The six characters of the draft, drawn as a small X-wing. */
const xwingLabel = utf8('\\.//^\\');

function expand(seed: Uint8Array): {
  mlkem: { publicKey: Uint8Array; secretKey: Uint8Array };
  x25519Secret: Uint8Array;
  x25519Public: Uint8Array;
} {
  const expanded = shake256(seed, { dkLen: 96 });
  const mlkem = ml_kem768.keygen(expanded.subarray(0, 64));
  const x25519Secret = expanded.slice(64);
  wipe(expanded);
  return { mlkem, x25519Secret, x25519Public: x25519.getPublicKey(x25519Secret) };
}

function combine(
  mlkemSecret: Uint8Array,
  x25519Shared: Uint8Array,
  x25519Ciphertext: Uint8Array,
  x25519Public: Uint8Array,
): Uint8Array {
  const input = concatBytes(mlkemSecret, x25519Shared, x25519Ciphertext, x25519Public, xwingLabel);
  const secret = sha3_256(input);
  wipe(input, mlkemSecret, x25519Shared);
  return secret;
}

export const nobleXwing: Xwing = {
  keypair: (seed) => {
    const keys = expand(seed);
    wipe(keys.mlkem.secretKey, keys.x25519Secret);
    return { publicKey: concatBytes(keys.mlkem.publicKey, keys.x25519Public), secretKey: seed.slice() };
  },
  encapsulate: (publicKey, seed) => {
    const randomness = seed === undefined ? platformRandomBytes(xwingEncapsulationSeedBytes) : seed.slice();
    const x25519Public = publicKey.subarray(mlkemPublicKeyBytes);
    const ephemeral = randomness.subarray(32);
    // noble checks the ML-KEM modulus (FIPS 203, 7.2) and refuses low-order X25519 points.
    const mlkem = ml_kem768.encapsulate(publicKey.subarray(0, mlkemPublicKeyBytes), randomness.subarray(0, 32));
    const x25519Ciphertext = x25519.getPublicKey(ephemeral);
    const x25519Shared = x25519.getSharedSecret(ephemeral, x25519Public);
    wipe(randomness);
    return {
      ciphertext: concatBytes(mlkem.cipherText, x25519Ciphertext),
      sharedSecret: combine(mlkem.sharedSecret, x25519Shared, x25519Ciphertext, x25519Public),
    };
  },
  decapsulate: (ciphertext, secretKey) => {
    const keys = expand(secretKey);
    const x25519Ciphertext = ciphertext.subarray(mlkemCiphertextBytes);
    const mlkemSecret = ml_kem768.decapsulate(ciphertext.subarray(0, mlkemCiphertextBytes), keys.mlkem.secretKey);
    const x25519Shared = x25519.getSharedSecret(keys.x25519Secret, x25519Ciphertext);
    wipe(keys.mlkem.secretKey, keys.x25519Secret);
    return combine(mlkemSecret, x25519Shared, x25519Ciphertext, keys.x25519Public);
  },
};

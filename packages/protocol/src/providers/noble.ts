// The provider without WebAssembly: pure JavaScript, for the page's small first load, iOS Lockdown Mode and
// Tor Browser "Safer". Only the needed submodules are imported, so that bundlers can leave out the rest.
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { blake2b } from '@noble/hashes/blake2.js';
import { guarded, type Primitives } from '../primitives.js';
import { platformRandomBytes } from '../runtime.js';
import { nobleSecretstream } from './noble-secretstream.js';
import { nobleXwing } from './noble-xwing.js';

const zeroNonce = new Uint8Array(24);

/** The noble primitives, ready at once. */
export const noble: Primitives = /* @__PURE__ */ guarded({
  name: 'noble',
  randomBytes: platformRandomBytes,
  blake2b256: (message, key) => blake2b(message, key === undefined ? { dkLen: 32 } : { dkLen: 32, key }),
  xwing: nobleXwing,
  ed25519: {
    keypair: (seed) => ({ publicKey: ed25519.getPublicKey(seed), seed: seed.slice() }),
    sign: (message, seed) => ed25519.sign(message, seed),
    verify: (signature, message, publicKey) => {
      try {
        // zip215 off: canonical encodings only, no small-order key. libsodium also refuses a small-order R;
        // without the same check here the two providers would disagree on what is valid.
        return (
          ed25519.verify(signature, message, publicKey, { zip215: false }) &&
          !ed25519.Point.fromBytes(signature.subarray(0, 32)).isSmallOrder()
        );
      } catch {
        return false;
      }
    },
  },
  aead: {
    seal: (key, plaintext, aad) => xchacha20poly1305(key, zeroNonce, aad).encrypt(plaintext),
    open: (key, box, aad) => {
      try {
        return xchacha20poly1305(key, zeroNonce, aad).decrypt(box);
      } catch {
        return null;
      }
    },
  },
  secretstream: nobleSecretstream,
});

export { nobleArgon2 } from './noble-argon2.js';

// The default provider: libsodium compiled to WebAssembly. Both builds are loaded by dynamic import, so that a
// bundle only fetches them when asked; Argon2id lives in the larger "sumo" build and only there.
import { guarded, guardedPasswordHash, type PasswordHash, type Primitives } from '../primitives.js';
import { canCompileWebAssembly } from '../runtime.js';

const zeroNonce = new Uint8Array(24);

/** Loads libsodium. Rejects where WebAssembly is off: the library itself would wait for ever or crash. */
export async function loadSodium(): Promise<Primitives> {
  requireWebAssembly();
  const { default: sodium } = await import('libsodium-wrappers');
  await sodium.ready;
  const tagMessage = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
  const tagFinal = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL;

  return guarded({
    name: 'libsodium',
    randomBytes: (length) => sodium.randombytes_buf(length),
    blake2b256: (message, key) => sodium.crypto_generichash(32, message, key ?? null),
    xwing: {
      keypair: (seed) => {
        const { publicKey, privateKey } = sodium.crypto_kem_xwing_seed_keypair(seed);
        return { publicKey, secretKey: privateKey };
      },
      encapsulate: (publicKey, seed) =>
        seed === undefined
          ? sodium.crypto_kem_xwing_enc(publicKey)
          : sodium.crypto_kem_xwing_enc_deterministic(publicKey, seed),
      decapsulate: (ciphertext, secretKey) => sodium.crypto_kem_xwing_dec(ciphertext, secretKey),
    },
    ed25519: {
      keypair: (seed) => {
        const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
        sodium.memzero(privateKey);
        return { publicKey, seed: seed.slice() };
      },
      sign: (message, seed) => {
        const { privateKey } = sodium.crypto_sign_seed_keypair(seed);
        const signature = sodium.crypto_sign_detached(message, privateKey);
        sodium.memzero(privateKey);
        return signature;
      },
      verify: (signature, message, publicKey) => {
        try {
          return sodium.crypto_sign_verify_detached(signature, message, publicKey);
        } catch {
          return false;
        }
      },
    },
    aead: {
      seal: (key, plaintext, aad) =>
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, null, zeroNonce, key),
      open: (key, box, aad) => {
        try {
          return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, box, aad, zeroNonce, key);
        } catch {
          return null;
        }
      },
    },
    secretstream: {
      push: (key, header) => {
        if (header === undefined) throw new TypeError('header is drawn by the caller');
        // init_push only draws a header and then does what init_pull does; this way the header can be given.
        const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
        return {
          header: header.slice(),
          next: (chunk, final) =>
            sodium.crypto_secretstream_xchacha20poly1305_push(state, chunk, null, final ? tagFinal : tagMessage),
        };
      },
      pull: (key, header) => {
        const state = sodium.crypto_secretstream_xchacha20poly1305_init_pull(header, key);
        return {
          next: (chunk) => {
            // A forged chunk gives false here, not an exception.
            const opened = sodium.crypto_secretstream_xchacha20poly1305_pull(state, chunk, null);
            if (opened === false || (opened.tag !== tagMessage && opened.tag !== tagFinal)) return null;
            return { message: opened.message, final: opened.tag === tagFinal };
          },
        };
      },
    },
  });
}

/** Loads the sumo build for Argon2id. Call it in a Worker that is terminated afterwards: memzero cannot reach the
 *  copies inside WebAssembly memory, ending the Worker does. */
export async function loadSodiumArgon2(): Promise<PasswordHash> {
  requireWebAssembly();
  const { default: sodium } = await import('libsodium-wrappers-sumo');
  await sodium.ready;
  return guardedPasswordHash({
    argon2id: (password, salt, { iterations, memoryBytes }) =>
      Promise.resolve(
        sodium.crypto_pwhash(32, password, salt, iterations, memoryBytes, sodium.crypto_pwhash_ALG_ARGON2ID13),
      ),
  });
}

function requireWebAssembly(): void {
  if (!canCompileWebAssembly()) throw new Error('WebAssembly is off here; use the noble provider');
}

// The only door to cryptography. The protocol is written once against this interface; two providers stand
// behind it (libsodium, and noble for places without WebAssembly) and must give the same bytes.
import { requireBytes } from './bytes.js';

/** X-Wing sizes in bytes (draft-connolly-cfrg-xwing-kem). The secret key is the seed itself. */
export const xwingPublicKeyBytes = 1216;
export const xwingCiphertextBytes = 1120;
export const xwingEncapsulationSeedBytes = 64;
/** XChaCha20-Poly1305 and secretstream sizes in bytes. */
export const keyBytes = 32;
export const aeadTagBytes = 16;
export const secretstreamHeaderBytes = 24;
/** One tag byte and a 16-byte Poly1305 tag around every secretstream chunk. */
export const secretstreamOverheadBytes = 17;
export const signatureBytes = 64;

export interface Xwing {
  /** Key pair of a 32-byte seed: public key 1216 bytes, secret key 32 bytes (a copy of the seed). */
  keypair(seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array };
  /** Encapsulates to a 1216-byte public key; `seed` (64 bytes) makes it deterministic, for known answers only.
   *  Throws on a public key that cannot be used. */
  encapsulate(publicKey: Uint8Array, seed?: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
  /** The 32-byte shared secret of a 1120-byte ciphertext. A wrong key gives another secret, not an error;
   *  a ciphertext with a low-order X25519 part throws. */
  decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
}

export interface Ed25519 {
  keypair(seed: Uint8Array): { publicKey: Uint8Array; seed: Uint8Array };
  sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
  /** Strict: refuses S ≥ L, small-order keys and commitments, non-canonical keys. Never throws on bad bytes. */
  verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

export interface Aead {
  /** XChaCha20-Poly1305-IETF under an all-zero nonce: a key must seal once only. */
  seal(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  open(key: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array | null;
}

/** Chunks of libsodium's secretstream; only the tags MESSAGE and FINAL are written or accepted. */
export interface Secretstream {
  push(key: Uint8Array, header?: Uint8Array): { header: Uint8Array; next(chunk: Uint8Array, final: boolean): Uint8Array };
  pull(key: Uint8Array, header: Uint8Array): { next(chunk: Uint8Array): { message: Uint8Array; final: boolean } | null };
}

export interface Primitives {
  readonly name: 'libsodium' | 'noble';
  randomBytes(length: number): Uint8Array;
  /** BLAKE2b with a 32-byte digest, keyed when a 32-byte key is given. */
  blake2b256(message: Uint8Array, key?: Uint8Array): Uint8Array;
  readonly xwing: Xwing;
  readonly ed25519: Ed25519;
  readonly aead: Aead;
  readonly secretstream: Secretstream;
}

/** Argon2id (RFC 9106, version 0x13, one lane), 32 bytes out. Apart from Primitives because it is large and slow,
 *  and needed only where words or a passphrase are typed. */
export interface PasswordHash {
  argon2id(
    password: Uint8Array,
    salt16: Uint8Array,
    cost: { readonly iterations: number; readonly memoryBytes: number },
  ): Promise<Uint8Array>;
}

/** Puts the same argument checks before every provider. Needed because libsodium.js takes a string as a key and
 *  treats an empty or missing BLAKE2b key as "no key", without a word; noble would throw its own errors. */
export function guarded(raw: Primitives): Primitives {
  return {
    name: raw.name,
    randomBytes: (length) => {
      if (!Number.isSafeInteger(length) || length < 0) throw new RangeError('length must be a whole number');
      return raw.randomBytes(length);
    },
    // Whether a key was passed is told by the argument count, so that an undefined key is an error and not "unkeyed".
    blake2b256: (...args: [message: Uint8Array, key?: Uint8Array]) => {
      requireBytes('message', args[0]);
      if (args.length === 1) return raw.blake2b256(args[0]);
      requireBytes('key', args[1], keyBytes);
      return raw.blake2b256(args[0], args[1]);
    },
    xwing: {
      keypair: (seed) => {
        requireBytes('seed', seed, keyBytes);
        return raw.xwing.keypair(seed);
      },
      encapsulate: (publicKey, seed) => {
        requireBytes('public key', publicKey, xwingPublicKeyBytes);
        requireReduced(publicKey);
        if (seed === undefined) return raw.xwing.encapsulate(publicKey);
        requireBytes('seed', seed, xwingEncapsulationSeedBytes);
        return raw.xwing.encapsulate(publicKey, seed);
      },
      decapsulate: (ciphertext, secretKey) => {
        requireBytes('ciphertext', ciphertext, xwingCiphertextBytes);
        requireBytes('secret key', secretKey, keyBytes);
        return raw.xwing.decapsulate(ciphertext, secretKey);
      },
    },
    ed25519: {
      keypair: (seed) => {
        requireBytes('seed', seed, keyBytes);
        return raw.ed25519.keypair(seed);
      },
      sign: (message, seed) => {
        requireBytes('message', message);
        requireBytes('seed', seed, keyBytes);
        return raw.ed25519.sign(message, seed);
      },
      verify: (signature, message, publicKey) => {
        requireBytes('message', message);
        requireBytes('signature', signature);
        requireBytes('public key', publicKey);
        if (signature.length !== signatureBytes || publicKey.length !== keyBytes) return false;
        return raw.ed25519.verify(signature, message, publicKey);
      },
    },
    aead: {
      seal: (key, plaintext, aad) => {
        requireBytes('key', key, keyBytes);
        requireBytes('plaintext', plaintext);
        requireBytes('aad', aad);
        return raw.aead.seal(key, plaintext, aad);
      },
      open: (key, box, aad) => {
        requireBytes('key', key, keyBytes);
        requireBytes('box', box);
        requireBytes('aad', aad);
        return box.length < aeadTagBytes ? null : raw.aead.open(key, box, aad);
      },
    },
    secretstream: {
      push: (key, header) => {
        requireBytes('key', key, keyBytes);
        if (header !== undefined) requireBytes('header', header, secretstreamHeaderBytes);
        const stream = raw.secretstream.push(key, header ?? raw.randomBytes(secretstreamHeaderBytes));
        let ended = false;
        return {
          header: stream.header,
          next: (chunk, final) => {
            requireBytes('chunk', chunk);
            if (ended) throw new Error('nothing may follow the final chunk');
            ended = final;
            return stream.next(chunk, final);
          },
        };
      },
      pull: (key, header) => {
        requireBytes('key', key, keyBytes);
        requireBytes('header', header, secretstreamHeaderBytes);
        const stream = raw.secretstream.pull(key, header);
        let ended = false;
        return {
          next: (chunk) => {
            requireBytes('chunk', chunk);
            // Nothing is accepted after the final chunk or after a broken one: the state has gone astray.
            if (ended || chunk.length < secretstreamOverheadBytes) return null;
            const opened = stream.next(chunk);
            ended = opened === null || opened.final;
            return opened;
          },
        };
      },
    },
  };
}

const mlkemModulus = 3329;
/** The encoded polynomials at the front of an ML-KEM-768 key: 3 × 256 coefficients of 12 bits. */
const mlkemPolynomialBytes = 1152;

/** FIPS 203, 7.2: every coefficient below the modulus. Checked here and not left to the provider: a key that one of
 *  them takes and the other refuses would split senders into two groups. */
function requireReduced(publicKey: Uint8Array): void {
  for (let i = 0; i < mlkemPolynomialBytes; i += 3) {
    const [a, b, c] = [publicKey[i] ?? 0, publicKey[i + 1] ?? 0, publicKey[i + 2] ?? 0];
    if ((a | ((b & 15) << 8)) >= mlkemModulus || ((b >>> 4) | (c << 4)) >= mlkemModulus) {
      throw new RangeError('ML-KEM public key is not reduced');
    }
  }
}

/** The same checks for Argon2id; the bounds on its cost belong to the formats that use it. */
export function guardedPasswordHash(raw: PasswordHash): PasswordHash {
  return {
    argon2id: async (password, salt16, cost) => {
      requireBytes('password', password);
      requireBytes('salt', salt16, 16);
      // Both implementations count memory in KiB; a fraction would be rounded silently and differently.
      if (!Number.isSafeInteger(cost.memoryBytes) || cost.memoryBytes % 1024 !== 0 || cost.memoryBytes < 8192) {
        throw new RangeError('memoryBytes must be a multiple of 1024, at least 8192');
      }
      if (!Number.isSafeInteger(cost.iterations) || cost.iterations < 1) throw new RangeError('iterations must be ≥ 1');
      return raw.argon2id(password, salt16, cost);
    },
  };
}

// libsodium's crypto_secretstream_xchacha20poly1305 written with noble, byte for byte.
// Reference: libsodium, crypto_secretstream/xchacha20poly1305/secretstream_xchacha20poly1305.c.
// Rekeying is left out: JDM1 uses only MESSAGE and FINAL, and a counter of 2^32 chunks (256 TiB) cannot be reached.
import { chacha20, hchacha } from '@noble/ciphers/chacha.js';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { concatBytes, equalBytes, wipe } from '../bytes.js';
import { secretstreamHeaderBytes, type Secretstream } from '../primitives.js';

const tagMessage = 0;
const tagFinal = 3;
const blockBytes = 64;
const macBytes = 16;

/** "expand 32-byte k" as four little-endian words (RFC 8439 section 2.3). */
const sigma = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

interface State {
  readonly key: Uint8Array;
  /** 4-byte little-endian counter, then the 8 bytes that every chunk's tag is mixed into. */
  readonly nonce: Uint8Array;
}

function words(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i, true));
}

function start(key: Uint8Array, header: Uint8Array): State {
  const derived = new Uint32Array(8);
  hchacha(sigma, words(key), words(header.subarray(0, 16)), derived);
  const chunkKey = new Uint8Array(32);
  const view = new DataView(chunkKey.buffer);
  derived.forEach((word, i) => view.setUint32(4 * i, word, true));
  derived.fill(0);
  const nonce = new Uint8Array(12);
  nonce[0] = 1;
  nonce.set(header.subarray(16, secretstreamHeaderBytes), 4);
  return { key: chunkKey, nonce };
}

function littleEndian64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, value % 0x1_0000_0000, true);
  view.setUint32(4, Math.floor(value / 0x1_0000_0000), true);
  return bytes;
}

function authenticate(state: State, tagBlock: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const macKey = chacha20(state.key, state.nonce, new Uint8Array(32), undefined, 0);
  const mac = poly1305(
    concatBytes(
      tagBlock,
      ciphertext,
      // libsodium pads with length mod 16 zeros where RFC 8439 pads up to a multiple of 16. Kept: it is the format.
      new Uint8Array(ciphertext.length & 15),
      littleEndian64(0),
      littleEndian64(blockBytes + ciphertext.length),
    ),
    macKey,
  );
  wipe(macKey);
  return mac;
}

function advance(state: State, mac: Uint8Array): void {
  for (let i = 0; i < 8; i++) state.nonce[4 + i] = (state.nonce[4 + i] ?? 0) ^ (mac[i] ?? 0);
  for (let i = 0; i < 4; i++) {
    state.nonce[i] = ((state.nonce[i] ?? 0) + 1) & 0xff;
    if (state.nonce[i] !== 0) break;
  }
}

export const nobleSecretstream: Secretstream = {
  push: (key, header) => {
    if (header === undefined) throw new TypeError('header is drawn by the caller');
    const state = start(key, header);
    return {
      header: header.slice(),
      next: (chunk, final) => {
        const block = new Uint8Array(blockBytes);
        block[0] = final ? tagFinal : tagMessage;
        const tagBlock = chacha20(state.key, state.nonce, block, undefined, 1);
        const ciphertext = chacha20(state.key, state.nonce, chunk, undefined, 2);
        const mac = authenticate(state, tagBlock, ciphertext);
        const sealed = concatBytes(tagBlock.subarray(0, 1), ciphertext, mac);
        advance(state, mac);
        if (final) wipe(state.key, state.nonce);
        return sealed;
      },
    };
  },
  pull: (key, header) => {
    const state = start(key, header);
    return {
      next: (chunk) => {
        // The tag byte is encrypted as the first byte of a block whose rest is zeros; only that byte travels.
        const block = new Uint8Array(blockBytes);
        block[0] = chunk[0] ?? 0;
        const opened = chacha20(state.key, state.nonce, block, undefined, 1);
        const tag = opened[0] ?? 0;
        opened[0] = chunk[0] ?? 0;
        const ciphertext = chunk.subarray(1, chunk.length - macBytes);
        const mac = authenticate(state, opened, ciphertext);
        if (!equalBytes(mac, chunk.subarray(chunk.length - macBytes))) return null;
        if (tag !== tagMessage && tag !== tagFinal) return null;
        const message = chacha20(state.key, state.nonce, ciphertext, undefined, 2);
        advance(state, mac);
        if (tag === tagFinal) wipe(state.key, state.nonce);
        return { message, final: tag === tagFinal };
      },
    };
  },
};

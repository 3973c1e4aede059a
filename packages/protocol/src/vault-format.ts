// Vault, layer 1: shape. 212 bytes:
// "JDV1" ‖ passphrase slot 76 ‖ recovery slot 68 ‖ body 64, where
// passphrase slot = u8 1 ‖ u8 flags ‖ u16 0 ‖ u32 iterations ‖ u32 memory in KiB ‖ salt 16 ‖ box 48
// recovery slot   = u8 2 ‖ u8 0 ‖ u16 0 ‖ salt 16 ‖ box 48
// body            = salt 16 ‖ box 48
import { ByteReader, concatBytes, equalBytes, u8, u16, u32, utf8 } from './bytes.js';

export const vaultMagic = utf8('JDV1');
export const saltBytes = 16;
const boxBytes = 48;
export const vaultBytes = 4 + (12 + saltBytes + boxBytes) + (4 + saltBytes + boxBytes) + (saltBytes + boxBytes);

/** Argon2id bounds. Below the lower one a passphrase could be guessed from a stolen vault (OWASP's minimum for
 *  Argon2id); above the upper one a hostile vault could exhaust the reader's device. */
export const minVaultMemoryBytes = 19 * 1024 * 1024;
export const maxVaultMemoryBytes = 1024 * 1024 * 1024;
export const vaultIterations = 3;
const maxVaultIterations = 16;

const flagPasskey = 1;

export type VaultErrorCode = 'malformed' | 'weak-parameters' | 'excessive-parameters';

/** A vault that must not be tried: not one of ours, or its Argon2id cost is out of bounds. */
export class VaultError extends Error {
  override readonly name = 'VaultError';

  constructor(readonly code: VaultErrorCode) {
    super(`vault refused: ${code}`);
  }
}

export interface PassphraseSlot {
  readonly passkey: boolean;
  readonly iterations: number;
  readonly memoryBytes: number;
  readonly salt: Uint8Array;
  readonly box: Uint8Array;
}

export interface Vault {
  readonly passphrase: PassphraseSlot;
  readonly recovery: { readonly salt: Uint8Array; readonly box: Uint8Array };
  readonly body: { readonly salt: Uint8Array; readonly box: Uint8Array };
}

/** The slot without its box: what the box is bound to, so that no parameter can be changed unnoticed. */
export function passphraseSlotHeader(slot: Omit<PassphraseSlot, 'box'>): Uint8Array {
  const flags = slot.passkey ? flagPasskey : 0;
  return concatBytes(u8(1), u8(flags), u16(0), u32(slot.iterations), u32(slot.memoryBytes / 1024), slot.salt);
}

export function recoverySlotHeader(salt: Uint8Array): Uint8Array {
  return concatBytes(u8(2), u8(0), u16(0), salt);
}

export function encodeVault(vault: Vault): Uint8Array {
  return concatBytes(
    vaultMagic,
    passphraseSlotHeader(vault.passphrase),
    vault.passphrase.box,
    recoverySlotHeader(vault.recovery.salt),
    vault.recovery.box,
    vault.body.salt,
    vault.body.box,
  );
}

/** Reads a vault's shape and refuses Argon2id costs out of bounds, before any of them is spent. */
export function decodeVault(bytes: Uint8Array): Vault {
  if (bytes.length !== vaultBytes) throw new VaultError('malformed');
  const reader = new ByteReader(bytes);
  if (!equalBytes(reader.take(4), vaultMagic) || reader.u8() !== 1) throw new VaultError('malformed');
  const flags = reader.u8();
  if (flags > flagPasskey || reader.u16() !== 0) throw new VaultError('malformed');
  const [iterations, memoryKib] = [reader.u32(), reader.u32()];
  const memoryBytes = memoryKib * 1024;
  checkCost(iterations, memoryBytes);
  const passphrase = {
    passkey: flags === flagPasskey,
    iterations,
    memoryBytes,
    salt: reader.take(saltBytes),
    box: reader.take(boxBytes),
  };
  if (reader.u8() !== 2 || reader.u8() !== 0 || reader.u16() !== 0) throw new VaultError('malformed');
  return {
    passphrase,
    recovery: { salt: reader.take(saltBytes), box: reader.take(boxBytes) },
    body: { salt: reader.take(saltBytes), box: reader.take(boxBytes) },
  };
}

/** Throws VaultError unless the cost is within the bounds of the protocol. */
export function checkCost(iterations: number, memoryBytes: number): void {
  if (iterations < vaultIterations || memoryBytes < minVaultMemoryBytes) throw new VaultError('weak-parameters');
  if (iterations > maxVaultIterations || memoryBytes > maxVaultMemoryBytes) throw new VaultError('excessive-parameters');
}

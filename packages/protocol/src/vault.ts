// The vault keeps a responder's master secret on the server as bytes the server cannot open: under a random DEK, and
// the DEK under a passphrase and under a printed recovery code. No slot opens by biometrics alone: a finger can be
// forced.
import { requireBytes, utf8, wipe } from './bytes.js';
import { H, K } from './hash.js';
import { keyBytes, type PasswordHash, type Primitives } from './primitives.js';
import { formatRecoveryCode, parseRecoveryCode, recoveryCodeBytes } from './recovery-code.js';
import {
  checkCost,
  decodeVault,
  encodeVault,
  passphraseSlotHeader,
  recoverySlotHeader,
  saltBytes,
  vaultIterations,
  type PassphraseSlot,
  type Vault,
} from './vault-format.js';

/** Argon2id memory for new passphrase slots, in bytes. */
export const vaultMemoryBytes = { desktop: 256 * 1024 * 1024, phone: 64 * 1024 * 1024 } as const;

export interface PassphraseInput {
  readonly passphrase: string;
  /** The 32-byte WebAuthn PRF output, for a vault made with a passkey. */
  readonly passkeyPrf?: Uint8Array;
}

export type OpenedVault =
  | { readonly masterSecret: Uint8Array }
  | { readonly refused: 'wrong-passphrase' | 'passkey-needed' | 'wrong-recovery-code' | 'damaged' };

/** Makes a vault and the recovery code that is printed once. `memoryBytes` is the Argon2id cost; see
 *  vaultMemoryBytes. Throws VaultError when it is out of bounds. */
export async function createVault(
  p: Primitives,
  passwordHash: PasswordHash,
  masterSecret: Uint8Array,
  input: PassphraseInput & { readonly memoryBytes: number },
): Promise<{ readonly bytes: Uint8Array; readonly recoveryCode: string }> {
  requireBytes('masterSecret', masterSecret, keyBytes);
  const dek = p.randomBytes(keyBytes);
  const code = p.randomBytes(recoveryCodeBytes);
  const recoverySalt = p.randomBytes(saltBytes);
  const recoveryHeader = recoverySlotHeader(recoverySalt);
  const bodySalt = p.randomBytes(saltBytes);
  const vault: Vault = {
    passphrase: await sealPassphraseSlot(p, passwordHash, dek, input),
    recovery: { salt: recoverySalt, box: p.aead.seal(recoveryKey(p, code, recoveryHeader), dek, recoveryHeader) },
    body: { salt: bodySalt, box: p.aead.seal(bodyKey(p, dek, bodySalt), masterSecret, bodySalt) },
  };
  const recoveryCode = formatRecoveryCode(code);
  wipe(dek, code);
  return { bytes: encodeVault(vault), recoveryCode };
}

/** Opens a vault by passphrase or by recovery code. Throws VaultError for bytes that must not be tried. */
export async function openVault(
  p: Primitives,
  passwordHash: PasswordHash,
  bytes: Uint8Array,
  secret: PassphraseInput | { readonly recoveryCode: string },
): Promise<OpenedVault> {
  const vault = decodeVault(bytes);
  const opened =
    'recoveryCode' in secret
      ? openRecoverySlot(p, vault, secret.recoveryCode)
      : await openPassphraseSlot(p, passwordHash, vault.passphrase, secret);
  if ('refused' in opened) return opened;
  const masterSecret = p.aead.open(bodyKey(p, opened.dek, vault.body.salt), vault.body.box, vault.body.salt);
  wipe(opened.dek);
  return masterSecret === null ? { refused: 'damaged' } : { masterSecret };
}

/** The same vault under a new passphrase; the recovery code stays valid. Someone who has kept the old bytes and knows
 *  the old passphrase still gets the master secret: after a suspected theft make new keys, not a new passphrase. */
export async function changePassphrase(
  p: Primitives,
  passwordHash: PasswordHash,
  bytes: Uint8Array,
  secret: PassphraseInput | { readonly recoveryCode: string },
  next: PassphraseInput & { readonly memoryBytes: number },
): Promise<{ readonly bytes: Uint8Array } | Extract<OpenedVault, { refused: unknown }>> {
  const vault = decodeVault(bytes);
  const opened =
    'recoveryCode' in secret
      ? openRecoverySlot(p, vault, secret.recoveryCode)
      : await openPassphraseSlot(p, passwordHash, vault.passphrase, secret);
  if ('refused' in opened) return opened;
  const passphrase = await sealPassphraseSlot(p, passwordHash, opened.dek, next);
  wipe(opened.dek);
  return { bytes: encodeVault({ ...vault, passphrase }) };
}

async function sealPassphraseSlot(
  p: Primitives,
  passwordHash: PasswordHash,
  dek: Uint8Array,
  input: PassphraseInput & { readonly memoryBytes: number },
): Promise<PassphraseSlot> {
  checkCost(vaultIterations, input.memoryBytes);
  const slot = {
    passkey: input.passkeyPrf !== undefined,
    iterations: vaultIterations,
    memoryBytes: input.memoryBytes,
    salt: p.randomBytes(saltBytes),
  };
  const key = await passphraseKey(p, passwordHash, slot, input);
  const box = p.aead.seal(key, dek, passphraseSlotHeader(slot));
  wipe(key);
  return { ...slot, box };
}

async function openPassphraseSlot(
  p: Primitives,
  passwordHash: PasswordHash,
  slot: PassphraseSlot,
  input: PassphraseInput,
): Promise<{ dek: Uint8Array } | { refused: 'wrong-passphrase' | 'passkey-needed' }> {
  if (slot.passkey && input.passkeyPrf === undefined) return { refused: 'passkey-needed' };
  const key = await passphraseKey(p, passwordHash, slot, input);
  const dek = p.aead.open(key, slot.box, passphraseSlotHeader(slot));
  wipe(key);
  return dek === null ? { refused: 'wrong-passphrase' } : { dek };
}

function openRecoverySlot(
  p: Primitives,
  vault: Vault,
  recoveryCode: string,
): { dek: Uint8Array } | { refused: 'wrong-recovery-code' } {
  const code = parseRecoveryCode(recoveryCode);
  if (code === null) return { refused: 'wrong-recovery-code' };
  const header = recoverySlotHeader(vault.recovery.salt);
  const dek = p.aead.open(recoveryKey(p, code, header), vault.recovery.box, header);
  wipe(code);
  return dek === null ? { refused: 'wrong-recovery-code' } : { dek };
}

/** K(K(KEK, …, PRF), "JDM1/vault-passphrase", header): the salt in the header is drawn anew for every sealing, so the
 *  key seals once. */
async function passphraseKey(
  p: Primitives,
  passwordHash: PasswordHash,
  slot: Omit<PassphraseSlot, 'box'>,
  { passphrase, passkeyPrf }: PassphraseInput,
): Promise<Uint8Array> {
  // NFKC: phones and desktops compose accented and full-width letters differently, people do not see it.
  const password = utf8(passphrase.normalize('NFKC'));
  const kek = await passwordHash.argon2id(password, slot.salt, slot);
  if (slot.passkey && passkeyPrf !== undefined) requireBytes('passkeyPrf', passkeyPrf, 32);
  const mixed = slot.passkey && passkeyPrf !== undefined ? K(p, kek, 'JDM1/vault-passkey', passkeyPrf) : kek.slice();
  const key = K(p, mixed, 'JDM1/vault-passphrase', passphraseSlotHeader(slot));
  wipe(password, kek, mixed);
  return key;
}

/** 160 random bits need no slow hash. */
function recoveryKey(p: Primitives, code: Uint8Array, header: Uint8Array): Uint8Array {
  return K(p, H(p, 'JDM1/recovery-code', code), 'JDM1/vault-recovery', header);
}

function bodyKey(p: Primitives, dek: Uint8Array, salt: Uint8Array): Uint8Array {
  return K(p, dek, 'JDM1/vault-body', salt);
}

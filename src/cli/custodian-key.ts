import {
  createVault,
  equalBytes,
  fromBase64url,
  H,
  openVault,
  toBase64url,
  VaultError,
  vaultMemoryBytes,
  type PasswordHash,
  type Primitives,
} from '@jardam/protocol';
import { wordsFromBytes } from '@jardam/protocol/words';
import { z } from 'zod';

/** What a custodian's file says it is, so that it is not mistaken for another JSON file in the hour of need. */
const FILE_TYPE = 'jardam-custodian-key';

const fileSchema = z.strictObject({
  type: z.literal(FILE_TYPE),
  v: z.literal(1),
  public: z.string(),
  vault: z.string(),
});

export interface NewCustodianKey {
  /** Content of the key file; the seed inside is sealed under the passphrase. */
  readonly file: string;
  readonly publicKey: Uint8Array;
  /** Opens the file when the passphrase is forgotten: to be written on paper. */
  readonly recoveryCode: string;
}

/**
 * A root key: 32 random bytes in the same vault format as a responder's keys, so that there is one format to review.
 *
 * @param memoryBytes cost of Argon2id; only the demo asks for less than the default
 */
export async function newCustodianKey(
  p: Primitives,
  passwordHash: PasswordHash,
  passphrase: string,
  memoryBytes: number = vaultMemoryBytes.desktop,
): Promise<NewCustodianKey> {
  const seed = p.randomBytes(32);
  const { publicKey } = p.ed25519.keypair(seed);
  const { bytes, recoveryCode } = await createVault(p, passwordHash, seed, { passphrase, memoryBytes });
  seed.fill(0);
  const file = JSON.stringify({ type: FILE_TYPE, v: 1, public: toBase64url(publicKey), vault: toBase64url(bytes) }, null, 2);
  return { file: `${file}\n`, publicKey, recoveryCode };
}

export type OpenedCustodianKey =
  | { readonly seed: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly refused: 'not-a-key-file' | 'wrong-passphrase' | 'wrong-recovery-code' | 'damaged' };

/** The seed of a key file. */
export async function openCustodianKey(
  p: Primitives,
  passwordHash: PasswordHash,
  file: string,
  secret: { readonly passphrase: string } | { readonly recoveryCode: string },
): Promise<OpenedCustodianKey> {
  const read = readKeyFile(file);
  if (read === null) return { refused: 'not-a-key-file' };
  try {
    const opened = await openVault(p, passwordHash, read.vault, secret);
    if ('refused' in opened) return { refused: opened.refused === 'passkey-needed' ? 'damaged' : opened.refused };
    const { publicKey } = p.ed25519.keypair(opened.masterSecret);
    // The public key stands in the file in clear: another one there would make custodians compare the wrong words.
    return equalBytes(publicKey, read.publicKey) ? { seed: opened.masterSecret, publicKey } : { refused: 'damaged' };
  } catch (error) {
    if (error instanceof VaultError) return { refused: 'damaged' };
    throw error;
  }
}

/** The public key that a key file names, without opening it; null when the file is none. */
export function publicKeyOf(file: string): Uint8Array | null {
  return readKeyFile(file)?.publicKey ?? null;
}

/** Eight words of a root key, to be compared aloud: H("JDM1/custodian-fingerprint", public key). */
export function custodianWords(p: Primitives, publicKey: Uint8Array): string[] {
  return wordsFromBytes(H(p, 'JDM1/custodian-fingerprint', publicKey));
}

function readKeyFile(file: string): { publicKey: Uint8Array; vault: Uint8Array } | null {
  let json: unknown;
  try {
    json = JSON.parse(file);
  } catch {
    return null;
  }
  const checked = fileSchema.safeParse(json);
  if (!checked.success) return null;
  const publicKey = fromBase64url(checked.data.public, 32);
  const vault = fromBase64url(checked.data.vault);
  return publicKey && vault ? { publicKey, vault } : null;
}

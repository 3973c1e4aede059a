import type { PasswordHash, Primitives } from '@jardam/protocol';
import { loadSodium, loadSodiumArgon2 } from '@jardam/protocol/sodium';

/** Both halves of the protocol's cryptography; the command line needs passphrases more often than not. */
export interface Cryptography {
  readonly p: Primitives;
  readonly passwordHash: PasswordHash;
}

export async function loadCryptography(): Promise<Cryptography> {
  const [p, passwordHash] = await Promise.all([loadSodium(), loadSodiumArgon2()]);
  return { p, passwordHash };
}

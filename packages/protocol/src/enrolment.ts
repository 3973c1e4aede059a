// What a responder signs outside of any alert: that the keys of a first day are theirs, and that a vault may be
// replaced. Both name the instance, so that a signature given to one server is worth nothing to another.
import { requireBytes, u32 } from './bytes.js';
import { H, signLabelled, verifyLabelled } from './hash.js';
import { ridBytes } from './keys.js';
import { xwingPublicKeyBytes, type Primitives } from './primitives.js';

const possessionLabel = 'JDM1/possession';
const vaultChangeLabel = 'JDM1/vault-change';

export interface PossessionInput {
  /** 32 bytes. */
  readonly instanceId: Uint8Array;
  /** The responder id chosen at enrolment, 16 bytes. */
  readonly rid: Uint8Array;
  /** X-Wing public key, 1216 bytes. */
  readonly kemPk: Uint8Array;
}

/** H("JDM1/possession", instance_id ‖ rid ‖ kem_pk). */
function possessionHash(p: Primitives, { instanceId, rid, kemPk }: PossessionInput): Uint8Array {
  requireBytes('instanceId', instanceId, 32);
  requireBytes('rid', rid, ridBytes);
  requireBytes('kemPk', kemPk, xwingPublicKeyBytes);
  return H(p, possessionLabel, instanceId, rid, kemPk);
}

/** Binds the three things that go into the roster together: whoever holds the signing key says which id and which
 *  encryption key belong to it. Returns the 64-byte signature over lab("JDM1/possession") ‖ hash. */
export function signPossession(p: Primitives, input: PossessionInput, signSeed: Uint8Array): Uint8Array {
  return signLabelled(p, possessionLabel, possessionHash(p, input), signSeed);
}

/** Whether `signature` was made by the holder of `signPk` over exactly these values. */
export function verifyPossession(
  p: Primitives,
  input: PossessionInput & { readonly signPk: Uint8Array; readonly signature: Uint8Array },
): boolean {
  return verifyLabelled(p, possessionLabel, possessionHash(p, input), input.signature, input.signPk);
}

export interface VaultChangeInput {
  readonly instanceId: Uint8Array;
  readonly rid: Uint8Array;
  /** The bytes that take the place of the stored vault. */
  readonly vault: Uint8Array;
}

/** H("JDM1/vault-change", instance_id ‖ rid ‖ u32 length ‖ vault). */
function vaultChangeHash(p: Primitives, { instanceId, rid, vault }: VaultChangeInput): Uint8Array {
  requireBytes('instanceId', instanceId, 32);
  requireBytes('rid', rid, ridBytes);
  requireBytes('vault', vault);
  return H(p, vaultChangeLabel, instanceId, rid, u32(vault.length), vault);
}

/** A vault is the only copy of a responder's keys. A stolen session must not be enough to overwrite it with rubbish,
 *  so the change is signed with the key that the vault holds. */
export function signVaultChange(p: Primitives, input: VaultChangeInput, signSeed: Uint8Array): Uint8Array {
  return signLabelled(p, vaultChangeLabel, vaultChangeHash(p, input), signSeed);
}

/** Whether the responder whose key is `signPk` asked for exactly this vault to be stored. */
export function verifyVaultChange(
  p: Primitives,
  input: VaultChangeInput & { readonly signPk: Uint8Array; readonly signature: Uint8Array },
): boolean {
  return verifyLabelled(p, vaultChangeLabel, vaultChangeHash(p, input), input.signature, input.signPk);
}

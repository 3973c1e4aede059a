// Sign-in is a signature over the server's challenge: the server never sees a passphrase.
import { concatBytes, requireBytes } from './bytes.js';
import { H, lab } from './hash.js';
import { ridBytes } from './keys.js';
import type { Primitives } from './primitives.js';

const label = 'JDM1/sign-in';

/** The bytes that are signed: lab("JDM1/sign-in") ‖ H("JDM1/sign-in", instance_id ‖ challenge ‖ rid). The instance is
 *  inside, so that a signature given to one server is worth nothing to another. */
export function signInMessage(
  p: Primitives,
  instanceId: Uint8Array,
  challenge: Uint8Array,
  rid: Uint8Array,
): Uint8Array {
  requireBytes('instanceId', instanceId, 32);
  requireBytes('challenge', challenge, 32);
  requireBytes('rid', rid, ridBytes);
  return concatBytes(lab(label), H(p, label, instanceId, challenge, rid));
}

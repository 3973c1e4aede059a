// Whether a foreign X-Wing public key can be used at all.
import { xwingPublicKeyBytes, type Primitives } from './primitives.js';

/** Encapsulates once for trial. Done for every key of a roster before anybody needs it: a key that fails only when a
 *  panic is being sealed would cost that alert a reader. */
export function isUsableKemKey(p: Primitives, publicKey: Uint8Array): boolean {
  if (publicKey.length !== xwingPublicKeyBytes) return false;
  try {
    p.xwing.encapsulate(publicKey);
    return true;
  } catch {
    return false;
  }
}

// Whether a foreign X-Wing public key can be used at all.
import { xwingPublicKeyBytes, type Primitives } from './primitives.js';

const mlkemModulus = 3329;
const mlkemPolynomialBytes = 1152;

/** Checks the ML-KEM modulus (FIPS 203, 7.2: every 12-bit coefficient below 3329) and then encapsulates once for trial.
 *  The modulus is checked here and not left to the provider: an unreduced key that one provider takes and the other
 *  refuses would split senders into two groups. */
export function isUsableKemKey(p: Primitives, publicKey: Uint8Array): boolean {
  if (publicKey.length !== xwingPublicKeyBytes) return false;
  for (let i = 0; i < mlkemPolynomialBytes; i += 3) {
    const [a, b, c] = [publicKey[i] ?? 0, publicKey[i + 1] ?? 0, publicKey[i + 2] ?? 0];
    if ((a | ((b & 15) << 8)) >= mlkemModulus || ((b >>> 4) | (c << 4)) >= mlkemModulus) return false;
  }
  try {
    p.xwing.encapsulate(publicKey);
    return true;
  } catch {
    return false;
  }
}

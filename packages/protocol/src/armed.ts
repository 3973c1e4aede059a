// Armed packets: envelopes of kind 2, sealed beforehand with every tier behind a gate. One release secret RS opens all
// gates; whoever keeps the packet does not keep RS, and who keeps RS does not keep the packet.
import { wipe } from './bytes.js';
import { ENVELOPE_KINDS, type ParsedEnvelope } from './envelope-format.js';
import { checkGate, gateKey } from './envelope-hashes.js';
import { H, K } from './hash.js';
import type { Primitives } from './primitives.js';

/** The name of a packet on a button, beside its release secret: 12 bytes, 16 characters of base64url. */
export const armedLocatorBytes = 12;
export const releaseSecretBytes = 32;

/** The release secret of a sender: RS = K(SS, "JDM1/sender-gates"). It tells nothing about SS, and with SS (the seven
 *  words) the gates of a follow-up get the very keys that were released. */
export function releaseSecretOf(p: Primitives, senderSecret: Uint8Array): Uint8Array {
  return K(p, senderSecret, 'JDM1/sender-gates');
}

/** The first 12 bytes of H("JDM1/armed-locator", alert_id): names the packet without naming the alert. */
export function armedLocator(p: Primitives, alertId: Uint8Array): Uint8Array {
  return H(p, 'JDM1/armed-locator', alertId).slice(0, armedLocatorBytes);
}

/** The gates of an armed packet: K(RS, "JDM1/gate-key", alert_id ‖ tier) for each tier, once. */
export function armedGates(
  p: Primitives,
  releaseSecret: Uint8Array,
  alertId: Uint8Array,
  tiers: Iterable<number>,
): { readonly tier: number; readonly rk: Uint8Array }[] {
  return [...new Set(tiers)].map((tier) => ({ tier, rk: gateKey(p, releaseSecret, alertId, tier) }));
}

/** Whether this is an armed packet none of whose readers can read before it is released. */
export function isFullyGated(parsed: ParsedEnvelope): boolean {
  const gated = new Set(parsed.gates.map(({ tier }) => tier));
  return parsed.kind === ENVELOPE_KINDS.armed && gated.size > 0 && parsed.stanzaTiers.every((tier) => gated.has(tier));
}

/** The release key of every gate, or null when RS is not the secret that the sender committed to. */
export function releaseKeysOf(p: Primitives, parsed: ParsedEnvelope, releaseSecret: Uint8Array): Map<number, Uint8Array> | null {
  const keys = new Map(parsed.gates.map(({ tier }) => [tier, gateKey(p, releaseSecret, parsed.alertId, tier)]));
  const fits = [...keys].every(([tier, rk]) => checkGate(p, parsed, tier, rk));
  if (fits) return keys;
  wipe(...keys.values());
  return null;
}

// JDM1 envelope, layer 2: the hashes and keys that sealing and opening must compute alike.
import { concatBytes, equalBytes, u8, wipe } from './bytes.js';
import type { ParsedEnvelope } from './envelope-format.js';
import { H, K } from './hash.js';
import type { Primitives } from './primitives.js';

/** ph = H("JDM1/prelude", prelude). */
export const preludeHash = (p: Primitives, prelude: Uint8Array): Uint8Array => H(p, 'JDM1/prelude', prelude);

/** gh = H("JDM1/gates", ph ‖ gates). */
export const gatesHash = (p: Primitives, ph: Uint8Array, gates: Uint8Array): Uint8Array => H(p, 'JDM1/gates', ph, gates);

/** hh = H("JDM1/header", head ‖ mac): the name of this envelope in statements and events. */
export const headerHash = (p: Primitives, head: Uint8Array, mac: Uint8Array): Uint8Array => H(p, 'JDM1/header', head, mac);

/** What the sender signs under "JDM1/sig": hh ‖ H("JDM1/body", payload). */
export const signedPart = (p: Primitives, hh: Uint8Array, payload: Uint8Array): Uint8Array =>
  concatBytes(hh, H(p, 'JDM1/body', payload));

/** K(RK_t, "JDM1/gate-commit", ph ‖ tier). */
export const gateCommitment = (p: Primitives, rk: Uint8Array, ph: Uint8Array, tier: number): Uint8Array =>
  K(p, rk, 'JDM1/gate-commit', ph, u8(tier));

/** wk = K(ss, "JDM1/wrap", gh ‖ tier ‖ ct ‖ pk), and for a gated tier K(wk, "JDM1/gated", RK_t) on top. */
export function wrapKey(
  p: Primitives,
  input: { ss: Uint8Array; gh: Uint8Array; tier: number; ct: Uint8Array; pk: Uint8Array; rk: Uint8Array | undefined },
): Uint8Array {
  const open = K(p, input.ss, 'JDM1/wrap', input.gh, u8(input.tier), input.ct, input.pk);
  if (input.rk === undefined) return open;
  const gated = K(p, open, 'JDM1/gated', input.rk);
  wipe(open);
  return gated;
}

/** K(K(CK, "JDM1/mac-key"), "JDM1/mac", head): commits the header to one content key. */
export function headMac(p: Primitives, ck: Uint8Array, head: Uint8Array): Uint8Array {
  const key = K(p, ck, 'JDM1/mac-key');
  const mac = K(p, key, 'JDM1/mac', head);
  wipe(key);
  return mac;
}

/** K(CK, "JDM1/payload", hh). */
export const payloadKey = (p: Primitives, ck: Uint8Array, hh: Uint8Array): Uint8Array => K(p, ck, 'JDM1/payload', hh);

/** H("JDM1/envelope", bytes): prev_hash of the sender's next message, and the idempotency hash at intake. */
export const envelopeHash = (p: Primitives, bytes: Uint8Array): Uint8Array => H(p, 'JDM1/envelope', bytes);

/** H("JDM1/alert-tag", alert_id): stands for the alert where its id must not appear (ledger, notifications). */
export const alertTag = (p: Primitives, alertId: Uint8Array): Uint8Array => H(p, 'JDM1/alert-tag', alertId);

/** The release key of one tier of an armed packet: K(RS, "JDM1/gate-key", alert_id ‖ tier). */
export const gateKey = (p: Primitives, rs: Uint8Array, alertId: Uint8Array, tier: number): Uint8Array =>
  K(p, rs, 'JDM1/gate-key', alertId, u8(tier));

/** Whether `rk` is the release key that the sender committed to for `tier`. False when the tier has no gate. */
export function checkGate(p: Primitives, parsed: ParsedEnvelope, tier: number, rk: Uint8Array): boolean {
  const gate = parsed.gates.find((each) => each.tier === tier);
  return gate !== undefined && equalBytes(gate.commit, gateCommitment(p, rk, preludeHash(p, parsed.prelude), tier));
}

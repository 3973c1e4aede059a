import {
  checkGate,
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  ENVELOPE_KINDS,
  gateCommitment,
  H,
  headerHash,
  mailboxTokenHash,
  parseEnvelope,
  sealEnvelope,
  signLabelled,
  toBase64url,
  type SubmissionHeader,
} from '@jardam/protocol';
import { TIER, type Coalition } from '../test/support/coalition.js';
import { sealAlert } from '../test/support/sealed-alert.js';

const GATED = [TIER.T3, TIER.T4] as const;
const recipientCount = 12;
const expectedEnvelopeBytes = 23_122;
const alertIdAt = 8;
const senderPkAt = 104;

/**
 * Many valid S1 submissions of the size that the protocol names (12 recipients in 16 slots, 2 gates, 23,122 bytes).
 *
 * Sealing each would take longer than measuring, so one is sealed and the others take over its stanzas, under an
 * alert id, a sender and a signature of their own. Nobody could open them, but the server does exactly the same work:
 * it checks every length, every gate and the signature, and can open none of them anyway.
 */
export function makeSubmissions(coalition: Coalition, count: number): Uint8Array[] {
  const { p, policy, roster } = coalition;
  const sample = sealAlert(coalition);
  const tiers = [TIER.T1, TIER.T1b, TIER.T2, TIER.T3, TIER.T4];
  const keys = new Map(GATED.map((tier) => [tier, p.randomBytes(32)]));
  const template = sealEnvelope(p, {
    kind: ENVELOPE_KINDS.report,
    alertId: sample.alertId,
    seq: 0,
    prevHash: new Uint8Array(32),
    rosterVersion: roster.body.version,
    rosterHash: roster.hash,
    senderSeed: sample.sender.signSeed,
    recipients: Array.from({ length: recipientCount }, (_, at) => ({
      kemPk: p.xwing.keypair(p.randomBytes(32)).publicKey,
      tier: tiers[at % tiers.length] as number,
    })),
    gates: [...keys].map(([tier, rk]) => ({ tier, rk })),
    data: encodePayload(ENVELOPE_KINDS.report, sample.payload),
  }).bytes;
  if (template.length !== expectedEnvelopeBytes) throw new Error(`the envelope has ${template.length} bytes`);

  return Array.from({ length: count }, () => {
    const sender = deriveSender(p, drawSenderSecret(p));
    const bytes = template.slice();
    bytes.set(p.randomBytes(16), alertIdAt);
    bytes.set(sender.signPk, senderPkAt);
    const parsed = parseEnvelope(bytes);
    const ph = H(p, 'JDM1/prelude', parsed.prelude);
    for (const { tier, commit } of parsed.gates) commit.set(gateCommitment(p, keys.get(tier as (typeof GATED)[number]) as Uint8Array, ph, tier));
    const signed = new Uint8Array([...headerHash(p, parsed.head, parsed.mac), ...H(p, 'JDM1/body', parsed.payload)]);
    parsed.signature.set(signLabelled(p, 'JDM1/sig', signed, sender.signSeed));
    if (!GATED.every((tier) => checkGate(p, parsed, tier, keys.get(tier) as Uint8Array))) throw new Error('a gate does not match its key');
    const header: SubmissionHeader = {
      v: 1,
      severity: 'S1',
      policy: { id: policy.body.id, sha256: policy.sha256.toString('hex') },
      tiers,
      exclude: [],
      mailbox: toBase64url(mailboxTokenHash(p, sender.mailboxToken)),
      release: Object.fromEntries([...keys].map(([tier, rk]) => [String(tier), toBase64url(rk)])),
      drill: false,
    };
    return encodeSubmission(header, bytes);
  });
}

// The ladder that the coalition has promised, as the page needs it. It decides who gets a key only with whose consent,
// so it is not taken from the server's word: its hash has to be in the signed roster.
import { toHex, utf8, type RosterBody, type Severity } from '@jardam/protocol';
import type { LocalText } from '../common/alert-view.js';

export type TierConsent = 'abroad' | 'eu' | 'un' | 'publication';

export interface PolicyTier {
  readonly tier: number;
  readonly name: LocalText;
  /** Milliseconds after the first tier, the next shift, or never in this severity. */
  readonly afterMs: Readonly<Record<Severity, number | 'next_shift' | null>>;
  readonly consent: TierConsent | null;
  readonly gated: boolean;
  readonly by: 'people' | 'task';
}

export interface Policy {
  readonly id: string;
  readonly sha256: string;
  readonly tiers: readonly PolicyTier[];
}

export interface ServedPolicy {
  readonly id: string;
  /** Hexadecimal. */
  readonly sha256: string;
  /** The policy's canonical JSON: the very text that was hashed. */
  readonly text: string;
}

const severities: readonly Severity[] = ['S1', 'S2', 'S3', 'S4'];

/** The policy, if its text has the hash it claims and the roster names that hash; else null. */
export async function verifyPolicy(served: ServedPolicy, roster: RosterBody): Promise<Policy | null> {
  const { id, sha256: claimed, text } = served;
  if (typeof text !== 'string' || !roster.policies.some((each) => each.id === id && each.sha256 === claimed)) return null;
  const hash = await crypto.subtle.digest('SHA-256', utf8(text) as Uint8Array<ArrayBuffer>);
  if (toHex(new Uint8Array(hash)) !== claimed) return null;
  try {
    const { tiers } = JSON.parse(text) as { tiers: PolicyTier[] };
    return tiers.every(isTier) ? { id, sha256: claimed, tiers: [...tiers].sort((a, b) => a.tier - b.tier) } : null;
  } catch {
    return null;
  }
}

function isTier(tier: PolicyTier): boolean {
  return (
    Number.isInteger(tier.tier) &&
    typeof tier.name === 'object' &&
    severities.every((severity) => {
      const after = tier.afterMs[severity];
      return after === null || after === 'next_shift' || Number.isFinite(after);
    }) &&
    [null, 'abroad', 'eu', 'un', 'publication'].includes(tier.consent) &&
    typeof tier.gated === 'boolean' &&
    (tier.by === 'people' || tier.by === 'task')
  );
}

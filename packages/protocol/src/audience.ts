// Who gets a key to what is sent. Consent is enforced here and nowhere else: an audience without consent gets no stanza,
// so nobody can hand it the text later, whatever a database or a court says.
import { releaseSecretOf } from './armed.js';
import { fromBase64url } from './bytes.js';
import { gateKey } from './envelope-hashes.js';
import type { Recipient } from './envelope-seal.js';
import type { Consents, ListedRecipient, Severity } from './payloads.js';
import type { Primitives } from './primitives.js';
import type { RosterBody, RosterResponder } from './roster-format.js';
import { isUsable, robotRole } from './roster.js';

/** What must be known of a tier to decide who of it gets a key. */
export interface AudienceTier {
  readonly tier: number;
  /** When its turn comes; null: never in this severity. */
  readonly afterMs: Readonly<Record<Severity, number | 'next_shift' | null>>;
  readonly consent: 'abroad' | 'eu' | 'un' | 'publication' | null;
  readonly gated: boolean;
}

export interface Choices {
  readonly severity: Severity;
  readonly consents: Consents;
  /** Organisations that the sender took out. */
  readonly excluded: readonly string[];
  /** True: later tiers can read only when their turn has come. A panic leaves every gate open. */
  readonly gated: boolean;
}

export interface Audience {
  readonly recipients: readonly Recipient[];
  readonly listed: readonly ListedRecipient[];
  /** Tiers that the server may climb. */
  readonly tiers: readonly number[];
  /** Tiers whose release key goes to the gatekeeper. */
  readonly gatedTiers: readonly number[];
}

/** Whether the sender lets this tier be told at all, in this severity. */
export function isAllowed(tier: AudienceTier, { severity, consents }: Pick<Choices, 'severity' | 'consents'>): boolean {
  return tier.afterMs[severity] !== null && (tier.consent === null || consents[tier.consent]);
}

/** Everybody who gets a key, one entry for each person and tier. */
export function audienceOf(policy: { readonly tiers: readonly AudienceTier[] }, roster: RosterBody, choices: Choices, now: number): Audience {
  const allowed = policy.tiers.filter((tier) => isAllowed(tier, choices));
  const readers = allowed.flatMap(({ tier }) =>
    readersOf(roster, tier, now)
      .filter(({ org }) => !choices.excluded.includes(org))
      .map((responder) => ({ responder, tier })),
  );
  const sealed = new Set(readers.map(({ tier }) => tier));
  return {
    recipients: readers.map(({ responder, tier }) => ({ kemPk: kemKey(responder), tier })),
    listed: readers.map(({ responder, tier }) => ({ rid: responder.rid, org: responder.org, tier })),
    // A tier without a reader stays in the list: the server then says truthfully that nobody could be reached there.
    tiers: allowed.map(({ tier }) => tier),
    gatedTiers: choices.gated ? allowed.filter(({ tier, gated }) => gated && sealed.has(tier)).map(({ tier }) => tier) : [],
  };
}

/** The active responders of a tier, in the order of the roster. Never a robot: its keys are on the server. */
export function readersOf(roster: RosterBody, tier: number, now: number): RosterResponder[] {
  return roster.responders.filter((responder) => responder.tiers.includes(tier) && responder.role !== robotRole && isUsable(responder, now));
}

function kemKey(responder: RosterResponder): Uint8Array {
  const kemPk = fromBase64url(responder.kem_pk);
  if (kemPk === null) throw new Error('a verified roster has a key that is not base64url');
  return kemPk;
}

/** Release keys of the gated tiers. They come from the sender secret, so that a follow-up written months later on
 *  another phone closes the same gates, and the key that the gatekeeper holds opens all of them. */
export function releaseKeys(
  p: Primitives,
  senderSecret: Uint8Array,
  alertId: Uint8Array,
  tiers: readonly number[],
): { readonly tier: number; readonly rk: Uint8Array }[] {
  const gateSecret = releaseSecretOf(p, senderSecret);
  return tiers.map((tier) => ({ tier, rk: gateKey(p, gateSecret, alertId, tier) }));
}

/** What a panic allows when nobody was asked anything: those named on the page that confirmed it, nothing else. */
export function panicConsents(allowed: { readonly abroad: boolean; readonly eu: boolean }): Consents {
  return { responders: true, abroad: allowed.abroad, eu: allowed.eu, un: false, publication: false, family: false };
}

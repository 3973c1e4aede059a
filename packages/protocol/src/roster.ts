// Roster, layer 2: signatures, the hash chain back to the pinned instance, and who may read today.
import { equalBytes, fromBase64url, requireBytes, toBase64url } from './bytes.js';
import { H, signLabelled, verifyLabelled } from './hash.js';
import { isUsableKemKey } from './kem-key.js';
import type { Primitives } from './primitives.js';
import { onlyRevokes } from './roster-revocation.js';
import {
  maxRosterLifeMs,
  parseRoster,
  rosterBodyBytes,
  type RosterBody,
  type RosterResponder,
  type SignedRoster,
} from './roster-format.js';

export type RosterErrorCode =
  | 'empty'
  | 'malformed'
  | 'wrong-instance'
  | 'broken-chain'
  | 'rolled-back'
  | 'equivocation'
  | 'bad-signature'
  | 'too-few-signatures'
  | 'bad-key'
  | 'too-long-validity'
  | 'not-yet-valid'
  | 'expired';

/** A roster that must not be used. `version` says which one; `evidence` holds both signed bodies when the same
 *  version exists twice, to be kept and shown to the custodians. */
export class RosterError extends Error {
  override readonly name = 'RosterError';

  constructor(
    readonly code: RosterErrorCode,
    readonly version?: number,
    readonly evidence?: readonly SignedRoster[],
  ) {
    super(`roster ${version ?? ''} refused: ${code}`);
  }
}

export interface VerifiedRoster {
  readonly body: RosterBody;
  readonly hash: Uint8Array;
  readonly signed: SignedRoster;
}

/** H("JDM1/roster", body bytes): prev_hash of the next version, and roster_hash of envelopes. */
export function rosterHash(p: Primitives, body: Uint8Array): Uint8Array {
  return H(p, 'JDM1/roster', body);
}

/** H("JDM1/instance", body bytes of version 1): the name of a coalition's instance, pinned in clients. */
export function instanceIdOf(p: Primitives, firstBody: Uint8Array): Uint8Array {
  return H(p, 'JDM1/instance', firstBody);
}

/** One custodian's signature over lab("JDM1/roster-sig") ‖ rosterHash(body). */
export function signRoster(p: Primitives, body: Uint8Array, rootSeed: Uint8Array): SignedRoster['signatures'][number] {
  const root = p.ed25519.keypair(rootSeed).publicKey;
  const sig = signLabelled(p, 'JDM1/roster-sig', rosterHash(p, body), rootSeed);
  return { root: toBase64url(root), sig: toBase64url(sig) };
}

export interface RosterExpectation {
  readonly instanceId: Uint8Array;
  /** The newest version this client has accepted before, and its hash. */
  readonly minVersion?: number;
  readonly minHash?: Uint8Array;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Accept a current roster past its end. For the panic path only: an alert to people who were right last month is
   *  better than none, as long as the page says so. */
  readonly acceptExpired?: boolean;
}

export interface VerifiedRosterChain {
  readonly current: VerifiedRoster;
  /** Version 1 first. */
  readonly chain: readonly VerifiedRoster[];
  readonly expired: boolean;
}

/** Verifies every version from 1 to the newest and returns the newest. Throws RosterError. */
export function verifyRosterChain(
  p: Primitives,
  signed: readonly SignedRoster[],
  expect: RosterExpectation,
): VerifiedRosterChain {
  requireBytes('instanceId', expect.instanceId, 32);
  const chain: VerifiedRoster[] = [];
  for (const each of signed) {
    const { bytes, roster } = read(p, each);
    const before = chain.at(-1);
    if (before === undefined) {
      if (!equalBytes(instanceIdOf(p, bytes), expect.instanceId)) throw new RosterError('wrong-instance');
      if (roster.body.version !== 1 || roster.body.prev_hash !== null) throw new RosterError('broken-chain', 1);
    } else {
      checkNoTwin(p, chain, roster);
      checkLink(before, roster);
    }
    checkSignatures(p, before, roster);
    checkOwnTerms(roster.body);
    chain.push(roster);
  }
  const current = chain.at(-1);
  if (current === undefined) throw new RosterError('empty');
  checkMemory(chain, expect);
  const expired = checkTime(current.body, expect);
  checkKeys(p, current.body);
  return { current, chain, expired };
}

function read(p: Primitives, signed: SignedRoster): { bytes: Uint8Array; roster: VerifiedRoster } {
  const bytes = rosterBodyBytes(signed);
  if (bytes === null) throw new RosterError('malformed');
  try {
    return { bytes, roster: { body: parseRoster(bytes), hash: rosterHash(p, bytes), signed } };
  } catch {
    throw new RosterError('malformed');
  }
}

/** The same version twice with different content, both properly signed, is the custodians' (or a thief's) doing and
 *  is kept as evidence. Without valid signatures it is just rubbish, which checkSignatures names first. */
function checkNoTwin(p: Primitives, chain: readonly VerifiedRoster[], roster: VerifiedRoster): void {
  const { version } = roster.body;
  const twin = chain[version - 1];
  if (twin === undefined || equalBytes(twin.hash, roster.hash)) return;
  // Version 1 is the instance itself: another one, signed by whichever roots it names, is just another instance.
  if (version === 1) throw new RosterError('wrong-instance', version);
  checkSignatures(p, chain[version - 2], roster);
  throw new RosterError('equivocation', version, [twin.signed, roster.signed]);
}

function checkLink(before: VerifiedRoster, roster: VerifiedRoster): void {
  const { version, prev_hash: prevHash } = roster.body;
  const linked = prevHash !== null && version === before.body.version + 1 && prevHash === toBase64url(before.hash);
  if (!linked) throw new RosterError('broken-chain', version);
}

/** Version 1 is signed by its own roots. Every later one by the threshold of the roots before it and, when roots or
 *  threshold change, of its own as well: neither the old nor the new custodians can make the change alone.
 *  A version that does nothing but revoke needs one root: taking a seized key out must not wait for a quorum. */
function checkSignatures(p: Primitives, before: VerifiedRoster | undefined, roster: VerifiedRoster): void {
  const signers = validSigners(p, roster);
  const { version } = roster.body;
  const enough = (by: RosterBody, needed: number): boolean =>
    new Set(by.roots.filter((root) => signers.has(root))).size >= needed;
  const own = roster.body;
  if (before === undefined) {
    if (!enough(own, own.threshold)) throw new RosterError('too-few-signatures', version);
    return;
  }
  const needed = onlyRevokes(before.body, own) ? 1 : before.body.threshold;
  if (!enough(before.body, needed)) throw new RosterError('too-few-signatures', version);
  const rootsChanged =
    own.threshold !== before.body.threshold || [...own.roots].sort().join() !== [...before.body.roots].sort().join();
  if (rootsChanged && !enough(own, own.threshold)) throw new RosterError('too-few-signatures', version);
}

/** The roots whose signatures hold. One signature that does not hold spoils the whole roster: somebody tampered. */
function validSigners(p: Primitives, roster: VerifiedRoster): ReadonlySet<string> {
  const signers = new Set<string>();
  for (const { root, sig } of roster.signed.signatures) {
    const [publicKey, signature] = [fromBase64url(root, 32), fromBase64url(sig, 64)];
    const valid =
      publicKey !== null &&
      signature !== null &&
      verifyLabelled(p, 'JDM1/roster-sig', roster.hash, signature, publicKey);
    if (!valid) throw new RosterError('bad-signature', roster.body.version);
    signers.add(root);
  }
  return signers;
}

function checkOwnTerms(body: RosterBody): void {
  const { version } = body;
  const life = Date.parse(body.not_after) - Date.parse(body.issued);
  if (life <= 0 || life > maxRosterLifeMs) throw new RosterError('too-long-validity', version);
  if (new Set(body.roots).size !== body.roots.length || body.threshold > body.roots.length) {
    throw new RosterError('malformed', version);
  }
  const rids = body.responders.map(({ rid }) => rid);
  if (new Set(rids).size !== rids.length) throw new RosterError('malformed', version);
}

function checkMemory(chain: readonly VerifiedRoster[], { minVersion, minHash }: RosterExpectation): void {
  const newest = chain.length;
  if (minVersion === undefined) return;
  if (newest < minVersion) throw new RosterError('rolled-back', newest);
  const remembered = chain[minVersion - 1];
  if (minHash !== undefined && remembered !== undefined && !equalBytes(remembered.hash, minHash)) {
    throw new RosterError('equivocation', minVersion, [remembered.signed]);
  }
}

// Clocks of old phones are off; a roster issued a moment ago must not be refused for that.
const clockToleranceMs = 24 * 3_600_000;

function checkTime(body: RosterBody, { now, acceptExpired }: RosterExpectation): boolean {
  if (Date.parse(body.issued) > now + clockToleranceMs) throw new RosterError('not-yet-valid', body.version);
  const expired = Date.parse(body.not_after) < now;
  if (expired && acceptExpired !== true) throw new RosterError('expired', body.version);
  return expired;
}

function checkKeys(p: Primitives, body: RosterBody): void {
  for (const responder of body.responders) {
    if (responder.status === 'revoked') continue;
    const kemPk = fromBase64url(responder.kem_pk);
    if (kemPk === null || !isUsableKemKey(p, kemPk)) throw new RosterError('bad-key', body.version);
  }
}

/** Whether this responder's keys may be used at `now`: active, and within their own dates. People on probation read
 *  nothing. */
export function isUsable(responder: RosterResponder, now: number): boolean {
  return (
    responder.status === 'active' &&
    Date.parse(responder.not_before) <= now &&
    now <= Date.parse(responder.not_after)
  );
}

/** The role of a responder that is a program and whose keys are on the server: it answers synthetic reports. */
export const robotRole = 'robot';

/** The responders of one tier who may read at `now`. Never a robot: sealing to it would be sealing to the server. */
export function respondersOfTier(body: RosterBody, tier: number, now: number): RosterResponder[] {
  return body.responders.filter((each) => each.tiers.includes(tier) && each.role !== robotRole && isUsable(each, now));
}

/** The Ed25519 key of a responder whose signature at `time` counts; null when unknown, revoked, or out of date. */
export function signPkOf(body: RosterBody, rid: string, time: number): Uint8Array | null {
  const responder = body.responders.find((each) => each.rid === rid);
  return responder !== undefined && isUsable(responder, time) ? fromBase64url(responder.sig_pk, 32) : null;
}

// The list of responders, verified in the Worker and kept there with its keys.
import {
  fromBase64url,
  isUsable,
  RosterError,
  signPkOf,
  toBase64url,
  verifyRosterChain,
  type Primitives,
  type RosterResponder,
  type SignedRoster,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import type { Identity, Person, RosterMemory, RosterRefusal, RosterView } from './messages.js';

export type CheckedRoster =
  | { readonly chain: VerifiedRosterChain; readonly roster: RosterView }
  | { readonly refused: RosterRefusal; readonly version: number | null };

/** Verifies the whole chain back to the pinned instance (base64url) and against what this browser has seen before.
 *  `now` in milliseconds since 1970. */
export function checkRoster(
  p: Primitives,
  input: { versions: readonly SignedRoster[]; instance: string; memory: RosterMemory | null; now: number },
): CheckedRoster {
  const instanceId = fromBase64url(input.instance, 32);
  if (instanceId === null) return { refused: 'wrong-instance', version: null };
  const minHash = input.memory === null ? null : fromBase64url(input.memory.hash, 32);
  try {
    const chain = verifyRosterChain(p, input.versions, {
      instanceId,
      now: input.now,
      ...(input.memory === null ? {} : { minVersion: input.memory.version }),
      ...(minHash === null ? {} : { minHash }),
    });
    return { chain, roster: rosterView(chain, input.now) };
  } catch (error) {
    // A TypeError comes from JSON of another shape than the types promise; to the reader it is the same: unusable.
    if (error instanceof RosterError) return { refused: error.code, version: error.version ?? null };
    return { refused: 'malformed', version: null };
  }
}

function rosterView(chain: VerifiedRosterChain, now: number): RosterView {
  const { body, hash } = chain.current;
  return {
    version: body.version,
    hash: toBase64url(hash),
    organisations: body.organisations,
    people: body.responders.map((each) => personOf(each, now)),
    emergency: body.emergency,
    notAfter: body.not_after,
  };
}

function personOf(responder: RosterResponder, now: number): Person {
  const { rid, org, role, tiers, status } = responder;
  return { rid, org, role, tiers, status, usable: isUsable(responder, now) };
}

/** Finds the owner of a key (base64url). A remembered id under which the list now has other keys means that somebody
 *  replaced them: everything sealed from now on would go to that somebody. */
export function identify(
  chain: VerifiedRosterChain,
  keys: { readonly sigPk: string; readonly kemPk: string },
  rememberedRid: string | null,
  now: number,
): Identity {
  const { responders } = chain.current.body;
  const byKey = responders.find(({ sig_pk }) => sig_pk === keys.sigPk);
  const remembered = responders.find(({ rid }) => rid === rememberedRid);
  const swapped =
    (byKey !== undefined && byKey.kem_pk !== keys.kemPk) ||
    (remembered !== undefined && (remembered.sig_pk !== keys.sigPk || remembered.kem_pk !== keys.kemPk));
  if (swapped) return { refused: 'swapped-key' };
  return byKey === undefined ? { refused: 'not-in-roster' } : { person: personOf(byKey, now) };
}

/** The signing key of a responder as the list said when the server received the message: someone revoked since was
 *  not yet revoked when they wrote it. */
export function signPkAt(chain: VerifiedRosterChain, rid: string, receivedAtMs: number): Uint8Array | null {
  const then = chain.chain.filter(({ body }) => Date.parse(body.issued) <= receivedAtMs).at(-1) ?? chain.chain[0];
  return then === undefined ? null : signPkOf(then.body, rid, receivedAtMs);
}

/** Between signing a list and publishing it the custodians may need this long; until then the service goes by the one
 *  before. */
const publishLagMs = 48 * 3_600_000;

/** Every key under which the service may rightly have taken a signature at that moment: that of the list in force, and
 *  that of the one before while the newer one may not have been published yet. */
export function signPksAround(chain: VerifiedRosterChain, rid: string, atMs: number): Uint8Array[] {
  const inForce = chain.chain.filter((version, i) => {
    const next = chain.chain[i + 1];
    const begun = i === 0 || Date.parse(version.body.issued) <= atMs;
    return begun && (next === undefined || Date.parse(next.body.issued) > atMs - publishLagMs);
  });
  return inForce.map(({ body }) => signPkOf(body, rid, atMs)).filter((key) => key !== null);
}

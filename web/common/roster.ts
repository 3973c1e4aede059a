// Who may read an alert. The page believes no server about that: it fetches the whole chain of signed rosters, verifies
// it back to the pinned instance, and refuses anything older than what this browser has seen before.
import {
  fromBase64url,
  RosterError,
  toBase64url,
  verifyRosterChain,
  type Primitives,
  type RosterErrorCode,
  type SignedRoster,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import { requestJson, type Problem } from './api.js';
import { recall, remember } from './storage.js';

/** Where the instance id came from, strongest first. 'first-use' was told by the server itself: it protects against a
 *  change from now on, and the page shows its words so that they can be compared aloud. */
export type PinSource = 'build' | 'link' | 'remembered' | 'first-use';

export interface Pin {
  readonly instanceId: Uint8Array;
  readonly source: PinSource;
}

export interface RosterMemory {
  readonly instanceId: Uint8Array;
  readonly version: number;
  readonly hash: Uint8Array;
}

const memoryName = 'seen';

/** The newest roster this browser has accepted; null when there is none, or storage was refused or damaged. */
export function recallRoster(): RosterMemory | null {
  try {
    const { i, v, h } = JSON.parse(recall(memoryName) ?? 'null') as { i: string; v: number; h: string };
    const [instanceId, hash] = [fromBase64url(i, 32), fromBase64url(h, 32)];
    return instanceId && hash && Number.isSafeInteger(v) ? { instanceId, version: v, hash } : null;
  } catch {
    return null;
  }
}

/** Keeps an accepted version, so that an older one is refused from now on. */
export function rememberRoster({ instanceId, version, hash }: RosterMemory): void {
  remember(memoryName, JSON.stringify({ i: toBase64url(instanceId), v: version, h: toBase64url(hash) }));
}

/** The pin to use: built in, else from the link (`fragment` is the base64url of `#i=`), else what this browser has seen
 *  before, else what the server says. A remembered instance that the server no longer names is refused later by the
 *  chain check, as 'wrong-instance'. */
export function choosePin(input: { built: string; fragment: string | null; served: string }): Pin | null {
  const candidates: readonly (readonly [PinSource, Uint8Array | null])[] = [
    ['build', fromBase64url(input.built, 32)],
    ['link', input.fragment === null ? null : fromBase64url(input.fragment, 32)],
    ['remembered', recallRoster()?.instanceId ?? null],
    ['first-use', fromBase64url(input.served, 32)],
  ];
  for (const [source, instanceId] of candidates) {
    if (instanceId !== null && instanceId.length === 32) return { instanceId, source };
  }
  return null;
}

export type RosterOutcome =
  | { readonly roster: VerifiedRosterChain }
  | { readonly refused: RosterErrorCode }
  | { readonly problem: Problem };

/** Fetches and verifies the roster. Keeps the newest accepted version in the browser where it may. */
export async function loadRoster(
  p: Primitives,
  pin: Pin,
  options: { readonly now: number; readonly acceptExpired?: boolean },
): Promise<RosterOutcome> {
  const answer = await requestJson<{ rosters: SignedRoster[] }>('GET', '/roster');
  if (!answer.ok) return { problem: answer };
  return verifyRoster(p, pin, answer.body.rosters, options);
}

/** The verification alone, of a chain that is already here. */
export function verifyRoster(
  p: Primitives,
  pin: Pin,
  versions: readonly SignedRoster[],
  options: { readonly now: number; readonly acceptExpired?: boolean },
): RosterOutcome {
  const memory = recallRoster();
  // Memory of another instance says nothing about this one (a link may lead to a second coalition).
  const same = memory !== null && toBase64url(memory.instanceId) === toBase64url(pin.instanceId);
  try {
    const roster = verifyRosterChain(p, Array.isArray(versions) ? versions : [], {
      instanceId: pin.instanceId,
      ...(same ? { minVersion: memory.version, minHash: memory.hash } : {}),
      ...options,
    });
    const { body, hash } = roster.current;
    rememberRoster({ instanceId: pin.instanceId, version: body.version, hash });
    return { roster };
  } catch (error) {
    if (error instanceof RosterError) return { refused: error.code };
    return { refused: 'malformed' };
  }
}

// What the page must know before it can seal anything: the verified roster, the policy the roster names, the limits.
import type { Primitives, RosterErrorCode, VerifiedRosterChain } from '@jardam/protocol';
// Not lazily: nothing can be sealed without it, and a fetch of its own would cost a round trip.
import { noble } from '../common/noble-primitives.js';
import type { LocalText } from '../common/alert-view.js';
import { requestJson } from '../common/api.js';
import { choosePin, loadRoster, type Pin } from '../common/roster.js';
import { Live } from './live.js';
import { verifyPolicy, type Policy, type ServedPolicy } from './policy.js';

export interface Limits {
  readonly alertBytes: number;
  readonly attachmentBytes: number;
  readonly chunkBytes: number;
  readonly attachmentsPerAlert: number;
}

export interface Directory {
  readonly p: Primitives;
  readonly pin: Pin;
  readonly roster: VerifiedRosterChain;
  readonly policy: Policy;
  readonly limits: Limits;
  readonly demo: boolean;
  /** Of the coalition, out of the signed roster: a phone number that a server made up could be a trap. */
  readonly phones: readonly { readonly label: LocalText; readonly phone: string }[];
}

export type RefusedDirectory = RosterErrorCode | 'unknown-policy';

export type DirectoryState =
  | { readonly at: 'loading' }
  | { readonly at: 'offline' }
  | { readonly at: 'refused'; readonly code: RefusedDirectory }
  | { readonly at: 'ready'; readonly directory: Directory };

interface Instance {
  readonly instanceId: string;
  readonly policy: ServedPolicy;
  readonly limits: Limits;
  readonly demo: boolean;
}

declare const __INSTANCE_ID__: string;

const retryMs = 5_000;

export const directory = new Live<DirectoryState>({ at: 'loading' });

let running: Promise<void> | null = null;
let retry: ReturnType<typeof setTimeout> | undefined;
/** base64url of `#i=` in the link that opened the page. */
let linkedInstance: string | null = null;

export function setLinkedInstance(instanceId: string): void {
  linkedInstance = instanceId;
}

/** Fetches and verifies again; the old directory stays in use until the new one is good. Without a connection it goes
 *  on trying by itself. */
export function refreshDirectory(): Promise<void> {
  clearTimeout(retry);
  running ??= load()
    .then((state) => {
      const known = directory.get();
      // A line that is cut now does not unlearn what was verified a minute ago. A refusal does.
      if (state.at !== 'offline' || known.at === 'loading') directory.set(state);
      if (state.at === 'offline') retry = setTimeout(() => void refreshDirectory(), retryMs);
    })
    .finally(() => {
      running = null;
    });
  return running;
}

/** The directory once there is one, or why there will be none. Waits through a missing connection. */
export async function waitForDirectory(): Promise<{ readonly directory: Directory } | { readonly refused: RefusedDirectory }> {
  for (;;) {
    const state = directory.get();
    if (state.at === 'ready') return { directory: state.directory };
    if (state.at === 'refused') return { refused: state.code };
    await new Promise<void>((resolve) => {
      const stop = directory.subscribe(() => {
        stop();
        resolve();
      });
    });
  }
}

async function load(): Promise<DirectoryState> {
  const p = noble;
  const answer = await requestJson<Instance>('GET', '/instance');
  if (!answer.ok) return { at: 'offline' };
  const instance = answer.body;
  const pin = choosePin({ built: __INSTANCE_ID__, fragment: linkedInstance, served: instance.instanceId });
  if (pin === null) return { at: 'refused', code: 'wrong-instance' };
  // An outdated roster is still the best address for a panic; screens for everything else check `expired`.
  const outcome = await loadRoster(p, pin, { now: Date.now(), acceptExpired: true });
  if ('problem' in outcome) return { at: 'offline' };
  if ('refused' in outcome) return { at: 'refused', code: outcome.refused };
  const { roster } = outcome;
  const policy = await verifyPolicy(instance.policy, roster.current.body);
  if (policy === null) return { at: 'refused', code: 'unknown-policy' };
  return {
    at: 'ready',
    directory: {
      p,
      pin,
      roster,
      policy,
      limits: instance.limits,
      demo: instance.demo,
      phones: roster.current.body.emergency,
    },
  };
}

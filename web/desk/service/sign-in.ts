// From a passphrase to a working desk: vault, keys, verified roster, signature over the server's challenge.
import { fromBase64url, toBase64url } from '@jardam/protocol';
import type { Problem } from '../../common/api.js';
import { choosePin, recallRoster, rememberRoster, type Pin } from '../../common/roster.js';
import { forget, recall, remember } from '../../common/storage.js';
import type { KeyringApi, Person, RosterRefusal, RosterView } from '../crypto/messages.js';
import { publicApi, type Instance, type Session } from './desk-api.js';

/** Put in by the build (vite.config.ts); empty where the build pins no instance. */
declare const __INSTANCE_ID__: string;

const personalName = 'desk';

interface Personal {
  readonly locator: string;
  readonly rid: string | null;
}

/** Where this browser's owner keeps their vault, when they have allowed it to be remembered. */
export function recallPersonal(): Personal | null {
  try {
    const { v, r } = JSON.parse(recall(personalName) ?? 'null') as { v: string; r: string | null };
    return typeof v === 'string' ? { locator: v, rid: typeof r === 'string' ? r : null } : null;
  } catch {
    return null;
  }
}

/** The locator opens nothing without the passphrase; the id lets a swapped key be noticed. */
export function rememberPersonal({ locator, rid }: Personal): void {
  remember(personalName, JSON.stringify({ v: locator, r: rid }));
}

export function forgetPersonal(): void {
  forget(personalName);
}

export interface Place {
  readonly instance: Instance;
  readonly pin: Pin;
  /** The pinned instance id, base64url. */
  readonly instanceId: string;
}

/** Asks which coalition this server is, and which one we trust. */
export async function findPlace(linkInstance: string | null): Promise<Place | { problem: Problem }> {
  const answer = await publicApi.instance();
  if (!answer.ok) return { problem: answer };
  const pin = choosePin({ built: __INSTANCE_ID__, fragment: linkInstance, served: answer.body.instanceId });
  if (pin === null) return { problem: { ok: false, status: answer.status, code: 'line-foreign', extra: {} } };
  return { instance: answer.body, pin, instanceId: toBase64url(pin.instanceId) };
}

export type RosterStep = { roster: RosterView } | { problem: Problem } | { rosterRefused: RosterRefusal };

/** Fetches the roster and has the Worker verify it against the pin and against the newest version seen here. */
export async function loadDeskRoster(keyring: KeyringApi, instanceId: string): Promise<RosterStep> {
  const answer = await publicApi.roster();
  if (!answer.ok) return { problem: answer };
  const seen = recallRoster();
  const same = seen !== null && toBase64url(seen.instanceId) === instanceId;
  const checked = await keyring.checkRoster({
    versions: Array.isArray(answer.body.rosters) ? answer.body.rosters : [],
    instance: instanceId,
    memory: same ? { version: seen.version, hash: toBase64url(seen.hash) } : null,
    now: Date.now(),
  });
  if ('refused' in checked) return { rosterRefused: checked.refused };
  const [id, hash] = [fromBase64url(instanceId, 32), fromBase64url(checked.roster.hash, 32)];
  if (id !== null && hash !== null) rememberRoster({ instanceId: id, version: checked.roster.version, hash });
  return checked;
}

export type SignInStep =
  | { readonly session: Session; readonly me: Person; readonly roster: RosterView; readonly fingerprint: readonly string[] }
  | { readonly waiting: { readonly fingerprint: readonly string[] } }
  | { readonly refused: 'wrong-passphrase' | 'wrong-recovery-code' | 'passkey-needed' | 'damaged' | 'no-vault' }
  | { readonly rosterRefused: RosterRefusal | 'swapped-key' }
  | { readonly problem: Problem };

/** Every step in order; stops at the first that does not succeed. */
export async function signIn(
  keyring: KeyringApi,
  place: Place,
  input: { locator: string; secret: { passphrase: string } | { recoveryCode: string }; rememberedRid: string | null },
): Promise<SignInStep> {
  const vault = await publicApi.vault(input.locator);
  if (!vault.ok) return vault.status === 404 ? { refused: 'no-vault' } : { problem: vault };
  const unlocked = await unlock(keyring, vault.body, input.secret);
  if ('refused' in unlocked) return unlocked;

  const step = await loadDeskRoster(keyring, place.instanceId);
  if (!('roster' in step)) return step;
  const identity = await keyring.identify({ rememberedRid: input.rememberedRid });
  if ('refused' in identity) {
    return identity.refused === 'swapped-key'
      ? { rosterRefused: 'swapped-key' }
      : { waiting: { fingerprint: unlocked.fingerprint } };
  }
  const me = identity.person;
  if (me.status === 'probation') return { waiting: { fingerprint: unlocked.fingerprint } };

  const challenge = await publicApi.challenge(me.rid);
  if (!challenge.ok) return { problem: challenge };
  const signature = await keyring.signIn({
    instance: place.instanceId,
    challenge: challenge.body.challenge,
    rid: me.rid,
  });
  const session = await publicApi.signIn({ rid: me.rid, challenge: challenge.body.challenge, signature });
  if (!session.ok) return { problem: session };
  return { session: session.body, me, roster: step.roster, fingerprint: unlocked.fingerprint };
}

async function unlock(
  keyring: KeyringApi,
  vault: Uint8Array,
  secret: { passphrase: string } | { recoveryCode: string },
): ReturnType<KeyringApi['unlock']> {
  try {
    return await keyring.unlock({ vault, secret });
  } catch (error) {
    // The Worker names VaultError when the bytes are not a vault, or ask for a cost outside the bounds.
    if (error instanceof Error && error.message === 'VaultError') return { refused: 'damaged' };
    throw error;
  }
}

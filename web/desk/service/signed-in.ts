import type { KeyringApi, Person, RosterView } from '../crypto/messages.js';
import type { DeskApi } from './desk-api.js';
import type { Place } from './sign-in.js';

/** Everything that a signed-in desk works with. Dropped as a whole when it is locked. */
export interface SignedInDesk {
  readonly api: DeskApi;
  readonly keyring: KeyringApi;
  readonly me: Person;
  readonly roster: RosterView;
  readonly fingerprint: readonly string[];
  readonly place: Place;
  readonly expiresAt: string;
  readonly locator: string | null;
}

import { RosterError, type RosterErrorCode } from '@jardam/protocol';
import { CliFailure } from './failure.js';

const SENTENCES: Readonly<Record<RosterErrorCode, string>> = {
  empty: 'there is no roster at all',
  malformed: 'it is damaged or not a roster',
  'wrong-instance': 'it belongs to another coalition',
  'broken-chain': 'it does not follow the version before it',
  'rolled-back': 'it is older than a version seen before',
  equivocation: 'the same version exists twice with different content: keep both and tell all custodians',
  'bad-signature': 'a signature does not fit: it was changed after signing, or signed with a key that it does not name',
  'too-few-signatures': 'not enough custodians have signed',
  'bad-key': 'it holds a key to which nothing can be encrypted',
  'too-long-validity': 'it is valid for longer than 90 days, or not at all',
  'not-yet-valid': 'it was issued in the future: check the clocks',
  expired: 'it has expired: draft, sign and publish a new one',
};

/** Why a roster is not accepted, in words that a custodian understands. */
export function explainRosterRefusal(code: RosterErrorCode, version?: number): string {
  return `roster${version === undefined ? '' : ` version ${version}`} refused: ${SENTENCES[code]}`;
}

/** Runs a check of rosters; a refusal becomes one line that says what is wrong. */
export function refusedAsFailure<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof RosterError) throw new CliFailure(explainRosterRefusal(error.code, error.version));
    throw error;
  }
}

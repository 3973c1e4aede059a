// Which of the service's answers about an alert to believe, and which of two answers is the newer one.
import type { ChainEnd, KeyringApi, RecordFault, RosterView } from '../crypto/messages.js';
import type { AlertDetail } from './desk-api.js';

/** Has every answer checked by the keyring, and remembers how far each alert's record has held. */
export class RecordChecks {
  private readonly held = new Map<string, ChainEnd>();

  constructor(
    private readonly keyring: Pick<KeyringApi, 'checkRecord'>,
    private readonly refreshRoster: () => Promise<RosterView | null>,
  ) {}

  /** The end of the chain as it was last found to hold. To be taken before the service is asked: an answer must hold
   *  what was known then; what came in while it was under way it need not. */
  heldUntil(alertId: string): ChainEnd | null {
    return this.held.get(alertId) ?? null;
  }

  async check(alertId: string, claimed: AlertDetail, before: ChainEnd | null): Promise<readonly RecordFault[]> {
    const checkNow = (): Promise<readonly RecordFault[]> => this.keyring.checkRecord({ alertId, claimed, before });
    let faults = await checkNow();
    // Somebody who came on the list since this page was opened may have acted.
    const newer = faults.some((fault) => fault === 'signature' || fault === 'policy');
    if (newer && (await this.refreshRoster()) !== null) faults = await checkNow();
    if (faults.length === 0) this.held.set(alertId, claimed.chainHead);
    return faults;
  }

  forget(): void {
    this.held.clear();
  }
}

/** Whether an answer comes too late: a newer one is shown already, and what somebody has just done must not vanish from
 *  their page again. An answer older than what was known before it was asked for is no race; it is shown, as a fault. */
export function isOutrun(
  shown: Pick<AlertDetail, 'chainHead' | 'envelopes'> | null,
  { chainHead, envelopes }: Pick<AlertDetail, 'chainHead' | 'envelopes'>,
  before: ChainEnd | null,
): boolean {
  if (shown === null || chainHead.n < (before?.n ?? 0)) return false;
  return chainHead.n < shown.chainHead.n || (chainHead.n === shown.chainHead.n && envelopes.length < shown.envelopes.length);
}

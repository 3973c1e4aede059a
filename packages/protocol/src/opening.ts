// The last step of opening, once the seal is off: is this reader on the list inside, and is the message new?
import { equalBytes, isAllZero } from './bytes.js';
import type { ParsedEnvelope } from './envelope-format.js';
import type { ListedRecipient } from './payloads.js';

/** Whether the list inside the payload names this responder for the tier whose stanza opened. A stanza without an
 *  entry is a reader that the sender did not mean to add. */
export function isListed(recipients: readonly ListedRecipient[], rid: string, tier: number): boolean {
  return recipients.some((each) => each.rid === rid && each.tier === tier);
}

/** The newest message that the reader (or the server) holds of one sender about one alert. */
export interface ChainHead {
  readonly alertId: Uint8Array;
  readonly senderPk: Uint8Array;
  readonly seq: number;
  readonly envelopeHash: Uint8Array;
}

export type ChainCheck =
  | { readonly next: true }
  | { readonly refused: 'another-alert' | 'another-sender' | 'replayed' | 'gap' | 'wrong-prev' };

/** Whether `parsed` is the next message after `head`, or a proper first one when head is null. */
export function checkChain(head: ChainHead | null, parsed: ParsedEnvelope): ChainCheck {
  if (head === null) {
    if (parsed.seq !== 0) return { refused: 'gap' };
    return isAllZero(parsed.prevHash) ? { next: true } : { refused: 'wrong-prev' };
  }
  if (!equalBytes(head.alertId, parsed.alertId)) return { refused: 'another-alert' };
  if (!equalBytes(head.senderPk, parsed.senderPk)) return { refused: 'another-sender' };
  if (parsed.seq <= head.seq) return { refused: 'replayed' };
  if (parsed.seq !== head.seq + 1) return { refused: 'gap' };
  return equalBytes(head.envelopeHash, parsed.prevHash) ? { next: true } : { refused: 'wrong-prev' };
}

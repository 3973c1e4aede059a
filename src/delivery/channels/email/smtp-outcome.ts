import type { AttemptOutcome } from '../../../domain/delivery-outcome.js';

/** How far a conversation with a mail server got before it failed. */
export interface SmtpFailure {
  readonly responseCode: number | null;
  /** The server's line, only to find the enhanced status code in it. */
  readonly response: string;
  /** nodemailer's name for the command that failed: "RCPT TO", "DATA", "CONN", "AUTH PLAIN" … */
  readonly command: string;
  /** The text of the mail had begun to leave. */
  readonly dataStarted: boolean;
  /** nodemailer's or the system's code: ETIMEDOUT, ECONNREFUSED, EAUTH … */
  readonly code: string;
}

/**
 * What a failed conversation means (RFC 5321 section 4.2, RFC 3463).
 *
 * Only what the server says about the recipient can end a contact. A 5xx to our name, password or sender address is
 * the operator's mistake: it would be the same for everybody, and must not disable everybody.
 */
export function outcomeOfFailure(failure: SmtpFailure): AttemptOutcome {
  const { responseCode, command, dataStarted } = failure;
  if (responseCode === null || responseCode === 0) {
    // After the text began to leave, silence may mean that it was taken.
    if (dataStarted) return { kind: 'ambiguous', code: `lost-after-data-${failure.code.toLowerCase()}` };
    return { kind: 'retry', code: failure.code.toLowerCase(), providerTrouble: true };
  }
  const code = `smtp-${responseCode}`;
  const aboutRecipient = command === 'RCPT TO' || command === 'API'; // "all recipients were refused" has no command of its own
  if (responseCode >= 500 && aboutRecipient) return { kind: 'refused', code, contactIsDead: !isPolicyRefusal(failure.response) };
  if (responseCode >= 500 && command === 'DATA') return { kind: 'refused', code, contactIsDead: false };
  // 421 closes the whole service; other 4xx to a recipient (greylisting, full mailbox) says nothing about the next one.
  return { kind: 'retry', code, providerTrouble: responseCode === 421 || !aboutRecipient };
}

/** X.7.n is about security and policy: relaying denied, sender blocked. The mailbox itself may be in good order. */
function isPolicyRefusal(response: string): boolean {
  return /\b5\.7\.\d{1,3}\b/.test(response);
}

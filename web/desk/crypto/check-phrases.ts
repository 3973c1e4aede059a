// Whether a wish to stand down was free: the phrase that was typed against the verifier inside the seal.
import { checkPhrase, fromBase64url, type PasswordHash, type Primitives } from '@jardam/protocol';
import type { AlertMessage, PhraseFinding } from './messages.js';
import type { TypedPhrases } from './open-alert.js';

/**
 * The messages with what was found about each phrase. A finding never changes and Argon2id is slow, so it is made once;
 * `known` holds what was found before, by envelope hash.
 */
export async function checkPhrases(
  p: Primitives,
  passwordHash: PasswordHash,
  alertId: Uint8Array,
  messages: readonly AlertMessage[],
  { expected, typed }: TypedPhrases,
  known: Map<string, PhraseFinding>,
): Promise<AlertMessage[]> {
  const found: AlertMessage[] = [];
  for (const message of messages) {
    if (message.kind !== 'stand-down') {
      found.push(message);
      continue;
    }
    const phrase = known.get(message.envelopeHash) ?? (await find(p, passwordHash, alertId, typed.get(message.envelopeHash) ?? '', expected));
    known.set(message.envelopeHash, phrase);
    found.push({ ...message, phrase });
  }
  return found;
}

async function find(p: Primitives, passwordHash: PasswordHash, alertId: Uint8Array, typed: string, expected: TypedPhrases['expected']): Promise<PhraseFinding> {
  if (expected === null) return 'none-agreed';
  const [salt, verifier] = [fromBase64url(expected.salt, 16), fromBase64url(expected.verifier, 32)];
  if (salt === null || verifier === null) return 'wrong';
  const { iterations, memoryKiB } = expected;
  return (await checkPhrase(p, passwordHash, typed, alertId, { salt, verifier, iterations, memoryBytes: memoryKiB * 1024 })) ? 'right' : 'wrong';
}

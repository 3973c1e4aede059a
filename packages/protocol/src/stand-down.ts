// The stand-down phrase: one phrase that only the defender knows, kept as an Argon2id verifier inside the seal. Whoever
// stands an alert down types a phrase; anything but the true one means that the wish was not free. Outside the seal both
// are the same 4096 bytes, and only a responder's client can tell them apart.
import { concatBytes, equalBytes, requireBytes, u32, utf8, wipe } from './bytes.js';
import { K } from './hash.js';
import { maxPhraseLength } from './payloads.js';
import type { PasswordHash, Primitives } from './primitives.js';

/** Fewer characters than this are guessed or typed by chance. */
export const minPhraseLength = 6;
const saltBytes = 16;
const mebibyte = 1024 * 1024;
/** What a phone can do in a second or two, and what a responder's browser accepts. */
const writtenCost = { iterations: 3, memoryBytes: 64 * mebibyte } as const;
const acceptedCost = { minIterations: 3, maxIterations: 16, minMemoryBytes: 19 * mebibyte, maxMemoryBytes: 1024 * mebibyte } as const;

/** As it lies in the payload. */
export interface PhraseVerifier {
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly memoryBytes: number;
  /** K(Argon2id(phrase, salt), "JDM1/stand-down-phrase", alert_id). */
  readonly verifier: Uint8Array;
}

/** One form for what people see as the same phrase: NFKC, lower case, single spaces. A shaking hand or another
 *  keyboard must not turn a true stand-down into duress. */
export function uniformPhrase(phrase: string): string {
  return phrase.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Makes the verifier of a phrase for one alert. Throws RangeError when the phrase is too short or too long. */
export async function makePhraseVerifier(
  p: Primitives,
  passwordHash: PasswordHash,
  phrase: string,
  alertId: Uint8Array,
  salt: Uint8Array = p.randomBytes(saltBytes),
): Promise<PhraseVerifier> {
  const uniform = uniformPhrase(phrase);
  if (uniform.length < minPhraseLength || phrase.length > maxPhraseLength) throw new RangeError('a stand-down phrase has 6 to 200 characters');
  return { salt, ...writtenCost, verifier: await verifierOf(p, passwordHash, uniform, alertId, { salt, ...writtenCost }) };
}

/** Whether this is the true phrase. False as well when the verifier asks for a cost outside the accepted bounds: a
 *  cheap one would have been easy to guess, a dear one stops the responder's browser. */
export async function checkPhrase(
  p: Primitives,
  passwordHash: PasswordHash,
  phrase: string,
  alertId: Uint8Array,
  expected: PhraseVerifier,
): Promise<boolean> {
  const { iterations, memoryBytes } = expected;
  const { minIterations, maxIterations, minMemoryBytes, maxMemoryBytes } = acceptedCost;
  if (iterations < minIterations || iterations > maxIterations || memoryBytes < minMemoryBytes || memoryBytes > maxMemoryBytes) return false;
  return equalBytes(expected.verifier, await verifierOf(p, passwordHash, uniformPhrase(phrase), alertId, expected));
}

async function verifierOf(
  p: Primitives,
  passwordHash: PasswordHash,
  uniform: string,
  alertId: Uint8Array,
  { salt, iterations, memoryBytes }: Omit<PhraseVerifier, 'verifier'>,
): Promise<Uint8Array> {
  requireBytes('alertId', alertId, 16);
  requireBytes('salt', salt, saltBytes);
  const text = utf8(uniform);
  // The length in front: some implementations of Argon2 refuse an empty password.
  const password = concatBytes(u32(text.length), text);
  const key = await passwordHash.argon2id(password, salt, { iterations, memoryBytes });
  const verifier = K(p, key, 'JDM1/stand-down-phrase', alertId);
  wipe(key, password, text);
  return verifier;
}

/**
 * The last net before a line leaves the program. Code that logs must not hand over personal data, addresses, tokens
 * or ids in the first place; what slips through is replaced by its kind.
 */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // Credentials in an address: postgresql://user:password@host, smtp://…
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1[credentials]@'],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, '$1 [token]'],
  [/[^\s@<>"'(),;:]+@[^\s@<>"'(),;:]+\.[a-z]{2,}/gi, '[mail]'],
  [/\b(?:\d{1,3}\.){3}\d{1,3}\b/g, '[address]'],
  // IPv6: at least two colons between hexadecimal groups; clock times have only digits and are left alone.
  [/(?<![\w:])(?=[\da-f:]*[a-f:]{2}|(?:[\da-f]{1,4}:){5})(?:[\da-f]{0,4}:){2,7}[\da-f]{0,4}(?![\w:])/gi, '[address]'],
  [/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/gi, '[id]'],
  [/\b[\da-f]{16,}\b/gi, '[id]'],
  // Base64url of 16 bytes and more: ids, keys, tokens. Plain words, also with a number at their end, stay readable.
  [/(?<![\w-])(?!(?:[A-Z]?[a-z]{2,}-?)+\d*(?![\w-]))[\w-]{22,}={0,2}(?![\w-])/g, '[token]'],
];

export function redact(text: string): string {
  return PATTERNS.reduce((line, [pattern, replacement]) => line.replace(pattern, replacement), text);
}

// Errors whose message is written by us or by the language, not around somebody's data.
const NAMES_WITH_SAFE_MESSAGES = new Set(['Error', 'TypeError', 'RangeError', 'ConfigError', 'AggregateError']);

/**
 * What may be logged of an error: its kind, code and place.
 *
 * The message only when nobody else wrote it: PostgreSQL puts values into its messages, JSON.parse a piece of the
 * text, mail servers the address of the recipient. Errors from outside are recognised by their code.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return `a thrown ${typeof error}`;
  const { code, constraint, table } = error as { code?: unknown; constraint?: unknown; table?: unknown };
  const parts = [error.name];
  if (typeof code === 'string' || typeof code === 'number') parts.push(`code ${code}`);
  if (typeof table === 'string') parts.push(`table ${table}`);
  if (typeof constraint === 'string') parts.push(`constraint ${constraint}`);
  if (code === undefined && NAMES_WITH_SAFE_MESSAGES.has(error.name)) parts.push(error.message);
  const frames = framesOf(error);
  return parts.join(', ') + (frames ? `\n${frames}` : '');
}

/** The stack without its first lines, which repeat the message. */
function framesOf(error: Error): string {
  return (error.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12)
    .join('\n');
}

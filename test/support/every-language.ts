import { LANGUAGES, type Language } from '@jardam/protocol';
import { BotTexts, type Say } from '../../src/telegram/texts.js';

const texts = new BotTexts();

/**
 * Tells one story in each of the five languages, all at the same time, as people would: that is quick, and shows that
 * nobody is answered in somebody else's language. What fails says in which language it did.
 */
export async function inEveryLanguage(story: (lang: Language, say: Say) => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled(LANGUAGES.map(async (lang) => story(lang, texts.in(lang))));
  const failures = outcomes.flatMap((outcome, at) => (outcome.status === 'rejected' ? [new Error(`in ${LANGUAGES[at] ?? '?'}`, { cause: outcome.reason })] : []));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message, cause }) => `${message}: ${String(cause)}`).join('\n'));
}

/** The line of the status that says when it was received, in that language. */
export function receivedLine(say: Say): RegExp {
  return new RegExp(say('telegram.received', { time: '\\d\\d:\\d\\d' }));
}

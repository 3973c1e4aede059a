import type { OpenedAlert } from '../crypto/messages.js';

/** Every word of an opened alert that somebody may remember it by: answers, messages, names of files. */
export function searchableText({ answers, messages, attachments }: OpenedAlert): string {
  const said = messages.flatMap((message) => ('text' in message && message.text !== undefined ? [message.text] : []));
  const answered = Object.values(answers).filter((value): value is string => typeof value === 'string');
  return [...answered, ...said, ...attachments.map(({ name }) => name)].join('\n');
}

import type { Incoming, SentContent } from './read-update.js';

/** Updates that take effect together: one other thing, or what one person sent in a row. */
export type Unit =
  | { readonly kind: 'one'; readonly incoming: Exclude<Incoming, SentContent> }
  | { readonly kind: 'contents'; readonly userId: number; readonly contents: readonly [SentContent, ...SentContent[]] };

/** A sealed message has room for more; beyond this a flood is cut into several. */
const maxTextLength = 20_000;

/**
 * Groups a batch. What one person sends without anything else of theirs in between becomes one sealed message: an
 * album, many short lines, a flood. Of several corrections of one message, and of several places of one phone that
 * moves, only the latest stays. The order within a person is kept; a person who floods the bot makes one unit, behind
 * which nobody else waits long.
 */
export function unitsOf(batch: readonly Incoming[]): Unit[] {
  const units: Unit[] = [];
  const open = new Map<number, SentContent[]>();
  const close = (userId: number): void => {
    const contents = open.get(userId);
    open.delete(userId);
    const [first, ...rest] = contents ?? [];
    if (first !== undefined) units.push({ kind: 'contents', userId, contents: [first, ...rest] });
  };
  for (const incoming of batch) {
    if (incoming.kind !== 'content') {
      if ('userId' in incoming) close(incoming.userId);
      units.push({ kind: 'one', incoming });
      continue;
    }
    const sofar = open.get(incoming.userId) ?? [];
    // New messages and corrections are handed over differently, so they do not mix.
    const mixes = sofar.length > 0 && sofar.at(-1)?.edited !== incoming.edited;
    const length = sofar.reduce((sum, { text }) => sum + text.length, incoming.text.length);
    if (mixes || (sofar.length > 0 && length > maxTextLength)) close(incoming.userId);
    const kept = open.get(incoming.userId) ?? [];
    kept.push(incoming);
    open.set(incoming.userId, kept);
  }
  for (const userId of [...open.keys()]) close(userId);
  return units;
}

/** The contents of a unit without those that a later correction has replaced. */
export function latestOf(contents: readonly SentContent[]): SentContent[] {
  return contents.filter((each, at) => !contents.slice(at + 1).some((later) => later.edited && later.messageId === each.messageId));
}

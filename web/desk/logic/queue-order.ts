// What stands where in the queue: what is due next comes first.
import { isClosed } from '../../shared/alert-view.js';
import type { QueueEntry } from '../service/desk-api.js';

export type QueueFilter = 'open' | 'unanswered' | 'mine' | 'closed';
export const QUEUE_FILTERS: readonly QueueFilter[] = ['open', 'unanswered', 'mine', 'closed'];

/** By due time; what has none is closed and goes to the end, the newest first. Two of one time go by severity, and
 *  after that by id, so that rows never swap places by themselves. */
export function orderQueue(entries: readonly QueueEntry[]): QueueEntry[] {
  return [...entries].sort(
    (a, b) =>
      dueMs(a) - dueMs(b) ||
      (dueMs(a) === Infinity ? b.receivedAt.localeCompare(a.receivedAt) : 0) ||
      a.severity.localeCompare(b.severity) ||
      a.alertId.localeCompare(b.alertId),
  );
}

function dueMs({ dueAt }: QueueEntry): number {
  return dueAt === null ? Infinity : Date.parse(dueAt);
}

/** Nobody has it in hand: the alert is still going from tier to tier. */
export function isUnanswered({ state }: QueueEntry): boolean {
  return state === 'notifying' || state === 'paused';
}

export function matchesFilter(entry: QueueEntry, filter: QueueFilter, ownRid: string): boolean {
  switch (filter) {
    case 'open':
      return !isClosed(entry.state);
    case 'unanswered':
      return isUnanswered(entry);
    case 'mine':
      return !isClosed(entry.state) && (entry.owner?.rid === ownRid || entry.ackedBy.some(({ rid }) => rid === ownRid));
    case 'closed':
      return isClosed(entry.state);
  }
}

/** Text as it is compared: case, accents and the Kyrgyz letters that many keyboards lack make no difference
 *  (ң/н, ө/о, ү/у; likewise ғ қ ҳ ҷ ӣ ӯ of Tajik, and the turned commas of Uzbek). */
export function searchForm(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[ңөүғқҳҷӣӯёй]/gu, (letter) => plainLetters[letter] ?? letter)
    .replace(/[ʻʼ‘’'`]/gu, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

const plainLetters: Readonly<Record<string, string>> = {
  ң: 'н', ө: 'о', ү: 'у', ғ: 'г', қ: 'к', ҳ: 'х', ҷ: 'ч', ӣ: 'и', ӯ: 'у', ё: 'е', й: 'и',
};

/** Whether every word of the query stands somewhere in the text. */
export function matchesSearch(text: string, query: string): boolean {
  const haystack = searchForm(text);
  return searchForm(query).split(' ').every((word) => haystack.includes(word));
}

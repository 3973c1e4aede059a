// What stands where in the queue: what is due next comes first.
import { isClosed } from '../../common/alert-view.js';
import type { AlertDetail, QueueEntry } from '../service/desk-api.js';
import { nextClock } from './next-clock.js';

export type QueueFilter = 'open' | 'unanswered' | 'mine' | 'closed';
export const QUEUE_FILTERS: readonly QueueFilter[] = ['open', 'unanswered', 'mine', 'closed'];

export interface QueueItem {
  readonly entry: QueueEntry;
  readonly detail: Pick<AlertDetail, 'view'> | null;
}

/** By what the clock shows; what has none is closed and goes to the end, the newest first. Two of one time go by
 *  severity, and after that by id, so that rows never swap places by themselves. */
export function orderQueue<T extends QueueItem>(items: readonly T[]): T[] {
  return [...items].sort(
    (a, b) =>
      compareTimes(dueMs(a), dueMs(b)) ||
      (dueMs(a) === Infinity ? b.entry.receivedAt.localeCompare(a.entry.receivedAt) : 0) ||
      a.entry.severity.localeCompare(b.entry.severity) ||
      a.entry.alertId.localeCompare(b.entry.alertId),
  );
}

/** Not a subtraction: of two that are never due the difference would not be a number. */
function compareTimes(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function dueMs({ entry, detail }: QueueItem): number {
  const { dueAt } = nextClock(entry, detail);
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

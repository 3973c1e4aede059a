import type { AlertDetail, DueKind, QueueEntry } from '../service/desk-api.js';

/** What the clock of an alert runs to. In the first minute the service only waits for a mail server to take the
 *  message; that is no deadline of any person, so the next tier's time is shown as soon as it is known; so
 *  it is while the same people are only told again. */
export function nextClock(
  { dueAt, dueKind }: Pick<QueueEntry, 'dueAt' | 'dueKind'>,
  detail: Pick<AlertDetail, 'view'> | null,
): { readonly dueAt: string | null; readonly dueKind: DueKind | null } {
  const next = detail?.view.next ?? null;
  return (dueKind === 'handed_over' || dueKind === 'repeat') && next !== null ? { dueAt: next.at, dueKind: 'escalate' } : { dueAt, dueKind };
}

// The ladder as sentences with times: what has happened, in order, and what comes next. Pure, so that the page, the
// desk and their tests agree on every word of it.
import { isClosed, type AlertView, type EventView, type TierView } from './alert-view.js';
import type { MessageKey, Translate } from './i18n.js';
import { localText } from './i18n.js';

/** done: it happened. now: somebody is acting. missed: it should have happened and did not. off: the sender did not
 *  want it. next: it comes at that time unless somebody answers. */
export type RowMark = 'done' | 'now' | 'missed' | 'off' | 'next';

export interface LadderRow {
  readonly id: string;
  readonly mark: RowMark;
  /** Milliseconds since 1970; null for a row without a time of its own. */
  readonly at: number | null;
  readonly text: string;
  readonly detail?: string;
}

/** Events that are worth a line of their own; the rest is told by the tiers. */
const eventTexts: Readonly<Record<string, readonly [MessageKey, RowMark]>> = {
  ACK: ['shared.ladder.acting', 'now'],
  ACK_EXPIRED: ['shared.ladder.ack-expired', 'missed'],
  HAND_OVER: ['shared.ladder.handed-over', 'done'],
  STAND_DOWN_REQUEST: ['shared.ladder.stand-down-asked', 'done'],
  PAUSE: ['shared.ladder.paused', 'done'],
  RESUME: ['shared.ladder.resumed', 'done'],
  LOOP: ['shared.ladder.loop', 'missed'],
};

/** Rows in the order of time, the future last. */
export function ladderRows(view: AlertView, t: Translate): LadderRow[] {
  const past: LadderRow[] = [
    { id: 'received', mark: 'done', at: Date.parse(view.receivedAt), text: t('shared.ladder.received') },
  ];
  const future: LadderRow[] = [];
  const off: LadderRow[] = [];
  for (const tier of view.tiers) {
    const row = tierRow(tier, view, t);
    if (row === null) continue;
    (row.mark === 'next' ? future : row.mark === 'off' ? off : past).push(row);
  }
  for (const event of view.events) {
    const row = eventRow(event, view, t);
    if (row !== null) past.push(row);
  }
  const byTime = (a: LadderRow, b: LadderRow): number => (a.at ?? Infinity) - (b.at ?? Infinity);
  return [...past.sort(byTime), ...future.sort(byTime), ...off];
}

function tierRow(tier: TierView, view: AlertView, t: Translate): LadderRow | null {
  const id = `tier-${tier.tier}`;
  const name = localText(tier.name, t.lang);
  const entered = time(tier.enteredAt);
  switch (tier.status) {
    case 'notified':
      return { id, mark: 'done', at: entered, text: t('shared.ladder.sent', { tier: name }), detail: reach(tier, t) };
    case 'task':
      return { id, mark: 'done', at: entered, text: t('shared.ladder.task', { tier: name }) };
    case 'not_reached':
      return { id, mark: 'missed', at: entered ?? time(tier.dueAt), text: t('shared.ladder.not-reached', { tier: name }) };
    case 'not_consented':
      return { id, mark: 'off', at: null, text: t('shared.ladder.not-consented', { tier: name }) };
    case 'skipped':
      // Closed before its turn came: there is nothing to tell any more.
      return isClosed(view.state) ? null : { id, mark: 'off', at: null, text: t('shared.ladder.skipped', { tier: name }) };
    case 'waiting':
      return waitingRow(id, name, tier, view, t);
  }
}

/** A tier that has not had its turn. Times are promised only while escalation runs. */
function waitingRow(id: string, name: string, tier: TierView, view: AlertView, t: Translate): LadderRow | null {
  if (isClosed(view.state)) return null;
  const next = view.next?.tier === tier.tier ? time(view.next.at) : null;
  const at = next ?? time(tier.dueAt);
  if (view.state === 'notifying' && at !== null) {
    // The condition stands once, at the head of the future; after it come names.
    const first = view.next === null || view.next.tier === tier.tier;
    return { id, mark: 'next', at, text: t(first ? 'shared.ladder.next' : 'shared.ladder.then', { tier: name }) };
  }
  return { id, mark: 'next', at: null, text: t('shared.ladder.in-reserve', { tier: name }) };
}

function reach(tier: TierView, t: Translate): string {
  if (tier.answered > 0) return t('shared.ladder.answered', { n: tier.answered, of: tier.of });
  if (tier.seen > 0) return t('shared.ladder.opened', { n: tier.seen, of: tier.of });
  if (tier.sent > 0) return t('shared.ladder.not-opened');
  return t('shared.ladder.sending');
}

function eventRow(event: EventView, view: AlertView, t: Translate): LadderRow | null {
  const at = time(event.at);
  const id = `event-${event.n}`;
  if (event.type === 'CLOSE') return { id, mark: 'done', at, text: t(closeText(view)) };
  const known = eventTexts[event.type];
  if (known === undefined) return null;
  const [key, mark] = known;
  // Only the newest acknowledgement, while it holds, is the present; older ones are history.
  const stale = mark === 'now' && (isClosed(view.state) || view.state === 'notifying' || laterAck(event, view));
  return { id, mark: stale ? 'done' : mark, at, text: t(key) };
}

function laterAck(event: EventView, view: AlertView): boolean {
  return view.events.some((other) => other.type === 'ACK' && other.n > event.n);
}

function closeText(view: AlertView): MessageKey {
  if (view.state === 'stood_down') return 'shared.ladder.stood-down';
  if (view.state === 'false_alarm') return 'shared.ladder.false-alarm';
  return 'shared.ladder.closed';
}

function time(iso: string | null | undefined): number | null {
  const at = iso === null || iso === undefined ? NaN : Date.parse(iso);
  return Number.isNaN(at) ? null : at;
}

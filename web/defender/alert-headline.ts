// The one sentence above everything else: how the alert stands, never better than it is.
import { isClosed, type AlertView } from '../common/alert-view.js';
import type { MessageKey } from '../common/i18n.js';
import type { SendState } from './session.js';

export interface Headline {
  readonly key: MessageKey;
  readonly tone: 'warn' | 'calm' | 'good';
}

/** Before the server's receipt nothing counts as sent; after it the ladder speaks. */
export function headline(send: SendState, view: AlertView | null): Headline {
  switch (send.at) {
    case 'preparing':
    case 'admission':
    case 'sending':
    case 'waiting':
      return { key: 'defender.send.not-sent', tone: 'warn' };
    case 'refused':
      return { key: 'defender.send.refused', tone: 'warn' };
    case 'received':
      return view === null ? { key: 'defender.status.nobody', tone: 'calm' } : viewHeadline(view);
  }
}

function viewHeadline(view: AlertView): Headline {
  if (isClosed(view.state)) return { key: 'defender.status.closed', tone: 'calm' };
  if (view.state === 'paused') return { key: 'defender.status.paused', tone: 'calm' };
  if (view.state === 'acknowledged' || view.state === 'handling') return { key: 'defender.status.acting', tone: 'good' };
  if (view.unanswered) return { key: 'defender.status.end', tone: 'warn' };
  const told = view.tiers.filter(({ status }) => status === 'notified' || status === 'task' || status === 'not_reached');
  if (told.some(({ seen }) => seen > 0)) return { key: 'defender.status.seen', tone: 'calm' };
  return { key: told.length > 1 ? 'defender.status.next' : 'defender.status.nobody', tone: 'calm' };
}

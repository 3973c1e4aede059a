import type { AlertView, TierView } from '../../escalation/alert-view.js';
import { isClosed } from '../../domain/life-cycle.js';

/**
 * What the sender's own phone shows once it has asked to stop: the ladder as it stood at that moment, and its closing
 * when that comes. Whether somebody checked the wish, found it forced, or nobody came and the ladder goes on, is left
 * out: whoever forced the wish may be holding the phone. Nothing that is shown is untrue, and it is the same in every
 * case (docs/decisions/0009-the-phone-after-a-stand-down.md). The desk always gets the whole view.
 *
 * Pure. A view without a request is returned as it is.
 */
export function afterStandDown(view: AlertView): AlertView {
  const asked = view.events.find(({ type }) => type === 'STAND_DOWN_REQUEST');
  if (asked === undefined) return view;
  const askedAt = Date.parse(asked.at);
  const closed = isClosed(view.state);
  return {
    ...view,
    state: closed ? view.state : 'paused',
    // Both count on while the ladder goes on.
    gen: 0,
    loop: 0,
    owner: false,
    unanswered: false,
    due: null,
    next: null,
    tiers: view.tiers.map((tier) => tierAt(tier, askedAt, closed)),
    events: view.events.filter(({ n, type }) => n <= asked.n || type === 'CLOSE'),
  };
}

/** A tier whose turn came after the request looks like one whose turn has not come. */
function tierAt(tier: TierView, askedAt: number, closed: boolean): TierView {
  const { dueAt: _dueAt, ...still } = tier;
  if (tier.enteredAt === undefined || Date.parse(tier.enteredAt) <= askedAt) return still;
  const { enteredAt: _enteredAt, reason: _reason, ...rest } = still;
  return { ...rest, status: closed ? 'skipped' : 'waiting', sent: 0, of: 0, seen: 0, answered: 0 };
}

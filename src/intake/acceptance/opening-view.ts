import type { AlertView, TierFacts } from '../../escalation/alert-view.js';
import { ladderView } from '../../escalation/alert-view.js';
import type { AcceptedReport } from './acceptance.js';

/**
 * The ladder of an alert that was accepted a moment ago, from what was written rather than read back: reading would
 * cost three more round trips for every alert. An integration test holds it against the view that is read.
 */
export function openingView(receivedAt: Date, { ladder, alert, dueAt }: NonNullable<AcceptedReport['opened']>): AlertView {
  const facts = new Map(
    alert.tierEntries.map(({ tier, outcome, reason }): [number, TierFacts] => {
      const told = alert.deliveries.filter((delivery) => delivery.tier === tier);
      const people = new Set(told.map(({ contact }) => contact.rid));
      return [tier, { tier, outcome, reason, entered_at: receivedAt, late_ms: 0, of: people.size, sent: 0, seen: 0, answered: 0 }];
    }),
  );
  const timer = { ...alert.timer, dueAt: dueAt.getTime() };
  return {
    ...ladderView({ severity: alert.severity, ladder, timer }, facts),
    drill: alert.drill,
    receivedAt: receivedAt.toISOString(),
    events: alert.events.map(({ n, type, at, tier, detail }) => ({ n, type, at: at.toISOString(), tier, detail })),
  };
}

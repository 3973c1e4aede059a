import { Injectable } from '@nestjs/common';
import type { EventType } from '@jardam/protocol';
import type { DueKind, TierOutcome } from '../domain/alert.js';
import { forecast } from '../domain/forecast.js';
import { isClosed, type AlertLifeState } from '../domain/life-cycle.js';
import type { Names } from '../domain/policy.js';
import { severityName, type SeverityName } from '../domain/severity.js';
import type { Database, Tx } from '../platform/database/database.js';
import { LOCKED_COLUMNS, toLockedAlert, type LockedAlert, type LockedRow } from './lock-alert.js';
import { Policies } from './policies.js';

/** waiting: still to come; skipped: closed before its turn; the others say what happened when its turn came. */
export type TierStatus = TierOutcome | 'waiting' | 'skipped';

export interface TierView {
  readonly tier: number;
  readonly key: string;
  readonly name: Names;
  readonly status: TierStatus;
  /** ISO 8601; when it will be entered if nobody answers. */
  readonly dueAt?: string;
  readonly enteredAt?: string;
  /** Why it was not reached: a code. */
  readonly reason?: string;
  /** People to whom a message was accepted by a mail server, of how many. */
  readonly sent: number;
  readonly of: number;
  /** People who opened the alert, and who took it. */
  readonly seen: number;
  readonly answered: number;
}

export interface EventView {
  readonly n: number;
  readonly type: EventType;
  readonly at: string;
  readonly tier: number | null;
  readonly detail: Readonly<Record<string, unknown>> | null;
}

/** The ladder, the same truth for the defender and for the desk. */
export interface AlertView {
  readonly severity: SeverityName;
  readonly drill: boolean;
  readonly state: AlertLifeState;
  readonly receivedAt: string;
  readonly gen: number;
  /** Rounds of the whole ladder that ended without an answer. */
  readonly loop: number;
  /** Somebody has the alert. */
  readonly owner: boolean;
  /** Nobody has it, and at least one whole round went by: say so, and show other ways to get help. */
  readonly unanswered: boolean;
  readonly due: { readonly at: string; readonly kind: DueKind } | null;
  readonly next: { readonly tier: number; readonly at: string } | null;
  readonly tiers: readonly TierView[];
  readonly events: readonly EventView[];
}

type Reader = Pick<Tx, 'query'> | Pick<Database, 'query'>;

/** What the rows say about one tier. */
export interface TierFacts extends Record<string, unknown> {
  tier: number;
  outcome: TierOutcome | null;
  reason: string | null;
  entered_at: Date | null;
  late_ms: number | null;
  of: number;
  sent: number;
  seen: number;
  answered: number;
}

/** Composes ladders for reading. What it says comes from rows alone, never from what was intended. */
@Injectable()
export class AlertViews {
  constructor(private readonly policies: Policies) {}

  /** The view of one alert, or null when there is none. */
  async read(reader: Reader, coalitionId: number, alertId: Uint8Array): Promise<AlertView | null> {
    const key = [coalitionId, Buffer.from(alertId)];
    const { rows } = await reader.query<LockedRow & { drill: boolean; received_at: Date }>({
      name: 'view-alert',
      text: `SELECT ${LOCKED_COLUMNS}, a.drill, a.received_at FROM alert_timer t JOIN alert a USING (coalition_id, alert_id)
             WHERE t.coalition_id = $1 AND t.alert_id = $2`,
      values: key,
    });
    const row = rows[0];
    if (!row) return null;
    const alert = toLockedAlert(row, await this.policies.byVersionId(reader, coalitionId, row.policy_version_id));
    const facts = await readTierFacts(reader, key);
    const events = await reader.query<EventView & { at: Date } & Record<string, unknown>>({
      name: 'view-events',
      text: `SELECT n, type, at, tier, detail FROM event WHERE coalition_id = $1 AND alert_id = $2 ORDER BY n`,
      values: key,
    });
    return {
      ...ladderView(alert, facts),
      drill: row.drill,
      receivedAt: row.received_at.toISOString(),
      events: events.rows.map((event) => ({ ...event, at: event.at.toISOString() })),
    };
  }
}

/** The part of the view that timer and ladder tell. Pure, so that the intake can answer without reading back what it wrote. */
export function ladderView(
  alert: Pick<LockedAlert, 'severity' | 'ladder' | 'timer'>,
  facts: ReadonlyMap<number, TierFacts>,
): Omit<AlertView, 'drill' | 'receivedAt' | 'events'> {
  const { timer, ladder } = alert;
  const last = facts.get(timer.tier);
  const times = forecast(ladder, timer, last?.entered_at ? { enteredAt: last.entered_at.getTime(), lateMs: last.late_ms ?? 0 } : null);
  const [next] = times;
  const steps = ladder.policy.tiers.filter((step) => ladder.steps.includes(step) || ladder.notConsented.includes(step));
  return {
    severity: severityName(alert.severity),
    state: timer.state,
    gen: timer.gen,
    loop: timer.loop,
    owner: timer.owner !== null,
    unanswered: timer.owner === null && timer.loop > 0 && !isClosed(timer.state),
    due: timer.dueAt === null || timer.dueKind === null ? null : { at: iso(timer.dueAt), kind: timer.dueKind },
    next: next ? { tier: next[0], at: iso(next[1]) } : null,
    tiers: steps.map((step) => {
      const fact = facts.get(step.tier);
      const dueAt = times.get(step.tier);
      const consented = ladder.steps.includes(step);
      return {
        tier: step.tier,
        key: step.key,
        name: step.name,
        status: !consented ? 'not_consented' : (fact?.outcome ?? (isClosed(timer.state) ? 'skipped' : 'waiting')),
        ...(consented && dueAt !== undefined ? { dueAt: iso(dueAt) } : {}),
        ...(consented && fact?.entered_at ? { enteredAt: fact.entered_at.toISOString() } : {}),
        ...(fact?.reason ? { reason: fact.reason } : {}),
        sent: fact?.sent ?? 0,
        of: fact?.of ?? 0,
        seen: fact?.seen ?? 0,
        answered: fact?.answered ?? 0,
      };
    }),
  };
}

/** By tier: its latest entry, and how many people were told, reached, opened and answered over the alert's whole life. */
async function readTierFacts(reader: Reader, key: unknown[]): Promise<Map<number, TierFacts>> {
  const { rows } = await reader.query<TierFacts>({
    name: 'view-tiers',
    text: `WITH entry AS (
             SELECT DISTINCT ON (tier) tier, outcome, reason, entered_at, late_ms FROM tier_entry
             WHERE coalition_id = $1 AND alert_id = $2 ORDER BY tier, gen DESC
           ), told AS (
             SELECT tier, count(DISTINCT rid) AS of, count(DISTINCT rid) FILTER (WHERE state IN ('sent', 'delivered')) AS sent
             FROM delivery WHERE coalition_id = $1 AND alert_id = $2 AND purpose IN ('notify', 'task') GROUP BY tier
           ), opened AS (
             SELECT tier, count(DISTINCT actor_rid) AS seen FROM event
             WHERE coalition_id = $1 AND alert_id = $2 AND type IN ('SEEN', 'ACK', 'DECLINE') GROUP BY tier
           ), answered AS (
             SELECT tier, count(DISTINCT rid) AS answered FROM ack
             WHERE coalition_id = $1 AND alert_id = $2 AND decision = 'ack' GROUP BY tier
           )
           SELECT tier, outcome, reason, entered_at, late_ms, coalesce(told.of, 0) AS of, coalesce(sent, 0) AS sent, coalesce(seen, 0) AS seen,
                  coalesce(answered, 0) AS answered
           FROM entry FULL JOIN told USING (tier) FULL JOIN opened USING (tier) FULL JOIN answered USING (tier)`,
    values: key,
  });
  return new Map(rows.map((row) => [row.tier, row]));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

import type { Database } from '../platform/database/database.js';

/** A timer may be this late before somebody outside is told: thirty ticks, and the sweep for what was kept locked. */
const overdueToleranceMs = 45_000;
/** A message may wait this long: a lease and two attempts. A provider that is down for longer is worth an alarm. */
const waitingToleranceMs = 120_000;
/** Engines beat every five seconds. */
const silenceToleranceMs = 20_000;
/** An alert that cannot be decided is put off by a minute each time. */
const putOffMemoryMs = 180_000;
/** Clocks of a standby and its primary differ a little. */
const clockToleranceMs = 2_000;

/** What can be wrong, in the words of the metric `jardam_audit_findings`. */
export const FINDINGS = [
  'database-silent',
  'clock-went-back',
  'engine-silent',
  'alerts-overdue',
  'alert-put-off',
  'messages-waiting',
  'messages-abandoned',
  'synthetic-unanswered',
] as const;
export type Finding = (typeof FINDINGS)[number];

export interface Readings {
  readonly findings: readonly Finding[];
  /** Seconds since any engine of any instance beat last; null when none ever has. */
  readonly engineSilenceS: number | null;
  /** Engines that beat within the last 20 s. */
  readonly engines: number;
  /** Transactions that vacuum has to look past, and the seconds the oldest of them has been open. */
  readonly xminAgeTransactions: number;
  readonly oldestTransactionS: number;
}

interface Row extends Record<string, unknown> {
  alerts_overdue: boolean;
  messages_waiting: boolean;
  messages_abandoned: boolean;
  clock_went_back: boolean;
  put_off: boolean;
  silence_s: number | null;
  engines: number;
  xmin_age: number;
  oldest_s: number;
}

/**
 * Looks at the tables, not at the engine: what the engine believes of itself is what is being checked. Without the
 * engine's lower bound of time, so that a timer which it lost sight of is found here.
 */
export async function audit(database: Pick<Database, 'query'>): Promise<Readings> {
  const { rows } = await database.query<Row>({
    name: 'watching-audit',
    text: `SELECT
        EXISTS (SELECT FROM alert_timer WHERE severity = 1 AND due_at < clock_timestamp() - make_interval(secs => $1))
          OR EXISTS (SELECT FROM alert_timer WHERE severity > 1 AND due_at < clock_timestamp() - make_interval(secs => $1)) AS alerts_overdue,
        EXISTS (SELECT FROM delivery WHERE state IN ('pending', 'failed') AND next_at < clock_timestamp() - make_interval(secs => $2)) AS messages_waiting,
        EXISTS (SELECT FROM delivery WHERE state = 'sending' AND lease_until < clock_timestamp() - make_interval(secs => $1)) AS messages_abandoned,
        coalesce(bool_or(h.at > clock_timestamp() + make_interval(secs => $5)), false) AS clock_went_back,
        coalesce(bool_or(h.put_off_at > clock_timestamp() - make_interval(secs => $4)), false) AS put_off,
        extract(epoch FROM clock_timestamp() - max(h.at))::float8 AS silence_s,
        count(h.at) FILTER (WHERE h.at > clock_timestamp() - make_interval(secs => $3)) AS engines,
        (SELECT age_transactions FROM vacuum_horizon()) AS xmin_age,
        (SELECT oldest_seconds FROM vacuum_horizon()) AS oldest_s
      FROM engine_heartbeat h`,
    values: [overdueToleranceMs, waitingToleranceMs, silenceToleranceMs, putOffMemoryMs, clockToleranceMs].map((ms) => ms / 1000),
  });
  const row = rows[0];
  if (!row) throw new Error('the audit has no answer');
  const silent = row.silence_s === null || row.silence_s * 1000 > silenceToleranceMs;
  const found: Readonly<Partial<Record<Finding, boolean>>> = {
    'clock-went-back': row.clock_went_back,
    'engine-silent': silent,
    'alerts-overdue': row.alerts_overdue,
    'alert-put-off': row.put_off,
    'messages-waiting': row.messages_waiting,
    'messages-abandoned': row.messages_abandoned,
  };
  return {
    findings: FINDINGS.filter((finding) => found[finding] === true),
    engineSilenceS: row.silence_s,
    engines: row.engines,
    xminAgeTransactions: row.xmin_age,
    oldestTransactionS: row.oldest_s,
  };
}

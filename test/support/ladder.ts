import { setTimeout as sleep } from 'node:timers/promises';
import type { AlertView } from '../../src/escalation/alert-view.js';
import { AlertViews } from '../../src/escalation/alert-view.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import type { Database } from '../../src/platform/database/database.js';
import type { TestApp } from './app.js';

/** Settings of a service whose mail goes to a test server and whose clocks look often. */
export function sendingTo(port: number, more: { readonly leaseMs?: number; readonly sendTimeoutMs?: number; readonly tickIntervalMs?: number } = {}) {
  return {
    mail: { host: '127.0.0.1', port, security: 'none' as const, from: 'notice@example.org' },
    // Moved rows are overdue by more than the tick looks back, as after downtime.
    engine: { sweepIntervalMs: 1_000, tickIntervalMs: more.tickIntervalMs ?? 100, sendLeaseMs: more.leaseMs ?? 30_000, sendTimeoutMs: more.sendTimeoutMs ?? 10_000 },
  };
}

/**
 * Moves time for one alert: every moment that its rows name goes into the past by `ms`. The service itself has no
 * clock that could be turned; only the database's counts, and that one belongs to everybody.
 */
export async function advance(database: Database, alertId: Uint8Array, ms: number): Promise<void> {
  const values = [Buffer.from(alertId), ms / 1000];
  await database.transaction(async (tx) => {
    await tx.query(
      `UPDATE alert_timer SET due_at = due_at - make_interval(secs => $2), ack_expires_at = ack_expires_at - make_interval(secs => $2) WHERE alert_id = $1`,
      values,
    );
    await tx.query('UPDATE tier_entry SET entered_at = entered_at - make_interval(secs => $2) WHERE alert_id = $1', values);
    await tx.query(
      `UPDATE delivery SET next_at = next_at - make_interval(secs => $2), tier_deadline = tier_deadline - make_interval(secs => $2) WHERE alert_id = $1`,
      values,
    );
  });
}

/** The ladder as the defender and the desk see it. */
export async function viewOf(app: TestApp, alertId: Uint8Array): Promise<AlertView> {
  const view = await app.service.app.get(AlertViews).read(app.database, DEFAULT_COALITION, alertId);
  if (!view) throw new Error('there is no such alert');
  return view;
}

/** Asks again and again until the answer is there. */
export async function until<T>(what: string, ask: () => Promise<T | null | undefined | false> | T | null | undefined | false, timeoutMs = 45_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`this did not happen within ${timeoutMs} ms: ${what}`);
    await sleep(25);
  }
}

export interface StoredDelivery extends Record<string, unknown> {
  readonly delivery_id: string;
  readonly gen: number;
  readonly tier: number;
  readonly purpose: string;
  readonly state: string;
  readonly attempt: number;
  readonly contact_id: string;
}

export async function deliveriesOf(database: Database, alertId: Uint8Array): Promise<StoredDelivery[]> {
  const { rows } = await database.query<StoredDelivery>('SELECT * FROM delivery WHERE alert_id = $1 ORDER BY created_at, delivery_id', [Buffer.from(alertId)]);
  return rows;
}

export async function attemptsOf(database: Database, deliveryId: string): Promise<{ attempt: number; outcome: string | null; code: string | null }[]> {
  const { rows } = await database.query<{ attempt: number; outcome: string | null; code: string | null }>(
    'SELECT attempt, outcome, code FROM delivery_attempt WHERE delivery_id = $1 ORDER BY attempt',
    [deliveryId],
  );
  return rows;
}

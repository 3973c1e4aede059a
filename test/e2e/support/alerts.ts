import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../../src/platform/database/database.js';
import type { SunkMail } from '../../support/mail-sink.js';
import type { SealedAlert } from '../../support/sealed-alert.js';

/** Posts an alert once, as a page does; null when there was no answer at all. */
export async function post(url: string, alert: SealedAlert): Promise<{ status: number; body: unknown } | null> {
  try {
    const answer = await fetch(`${url}/api/v1/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.jardam.submission' },
      body: alert.submission.slice(),
    });
    return { status: answer.status, body: await answer.json() };
  } catch {
    return null;
  }
}

/** Posts the same bytes until the server confirms them, as the page's retries do. */
export async function postUntilConfirmed(url: string, alert: SealedAlert, timeoutMs = 30_000): Promise<number> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await post(url, alert);
    if (answer?.status === 201 || answer?.status === 200) return answer.status;
    if (answer !== null && answer.status < 500) throw new Error(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
    if (Date.now() > deadline) throw new Error('not confirmed in time');
    await sleep(100);
  }
}

/** Asks again and again until `holds` is true of the answer, and returns that. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`it did not come true within ${timeoutMs} ms; last: ${JSON.stringify(value)}`);
    await sleep(100);
  }
}

export interface Entry {
  readonly tier: number;
  readonly outcome: string;
  readonly gen: number;
  readonly loop: number;
}

/** The tiers an alert has entered, in the order of entering. */
export async function entriesOf(database: Database, alert: SealedAlert): Promise<Entry[]> {
  const { rows } = await database.query<{ tier: number; outcome: string; gen: number; loop: number }>(
    `SELECT tier, outcome, gen, loop FROM tier_entry WHERE alert_id = $1 ORDER BY gen, tier`,
    [Buffer.from(alert.alertId)],
  );
  return rows;
}

/** What the outbox knows of one message: its delivery id is the local part of the Message-ID. */
export interface SendRecord {
  readonly deliveryId: string;
  readonly state: string;
  readonly accepted: number;
  /** Attempts of which nobody can know whether the provider took the message. */
  readonly unclear: number;
}

export async function sendRecords(database: Database): Promise<SendRecord[]> {
  const { rows } = await database.query<{ delivery_id: string; state: string; accepted: number; unclear: number }>(
    `SELECT delivery_id, state,
            count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
            count(*) FILTER (WHERE outcome = 'ambiguous' OR (a.attempt IS NOT NULL AND outcome IS NULL)) AS unclear
     FROM delivery d LEFT JOIN delivery_attempt a USING (coalition_id, delivery_id)
     GROUP BY delivery_id, state`,
  );
  return rows.map((row) => ({
    deliveryId: row.delivery_id,
    state: row.state,
    accepted: Number(row.accepted),
    unclear: Number(row.unclear),
  }));
}

/**
 * The promise "at most one non-ambiguous send per delivery", by the mail server's own log: a message may be there more
 * often than once only for every attempt that was cut off in the middle.
 */
export function sentTooOften(records: readonly SendRecord[], mails: readonly SunkMail[]): string[] {
  const known = new Map(records.map((record) => [record.deliveryId, record]));
  const counts = new Map<string, number>();
  for (const { messageId } of mails) counts.set(messageId, (counts.get(messageId) ?? 0) + 1);
  const wrong: string[] = [];
  for (const [messageId, count] of counts) {
    const record = [...known.values()].find(({ deliveryId }) => messageId.includes(deliveryId));
    if (!record) wrong.push(`${messageId} was sent without a delivery`);
    else if (count > 1 + record.unclear) wrong.push(`${messageId} was sent ${count} times with ${record.unclear} unclear attempts`);
    else if (record.accepted > 1) wrong.push(`${messageId} has ${record.accepted} clear acceptances`);
  }
  return wrong;
}

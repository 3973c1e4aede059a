import { Injectable } from '@nestjs/common';
import { changeOf, type Contact, type NewDelivery, type Purpose } from '../domain/alert.js';
import { afterAttempt, afterRateLimit, isWanted, lastMessageDied, type AfterAttempt, type AttemptOutcome } from '../domain/delivery-outcome.js';
import type { Severity } from '../domain/severity.js';
import { lockAlert, type LockedAlert } from '../escalation/lock-alert.js';
import { Policies } from '../escalation/policies.js';
import { writeChanges } from '../escalation/write-changes.js';
import { EvidenceLog, type NewEvent } from '../evidence/evidence-log.js';
import { Database, type Tx } from '../platform/database/database.js';
import { ContactBook } from '../roster/contact-book.js';

/** Which attempt of which delivery an outcome belongs to. */
export interface AttemptKey {
  readonly coalitionId: number;
  readonly deliveryId: string;
  readonly alertId: Buffer;
  readonly attempt: number;
}

interface DeliveryRow extends Record<string, unknown> {
  delivery_id: string;
  gen: number;
  tier: number;
  nth: number;
  severity: Severity;
  purpose: Purpose;
  contact_id: string;
  rid: string | null;
  org: string | null;
  channel: string;
  /** Attempts that were not put off by a rate limit. */
  counted: number;
  tier_deadline: Date | null;
  /** The person has answered this round already. */
  acknowledged: boolean;
}

type Condition = keyof typeof TAKEN_WHEN;

/** settled: written; stale: the delivery belongs to a later attempt by now, and nothing was changed. */
export type Settled = 'settled' | 'stale';

/**
 * Writes what came of an attempt. Every outcome takes the alert's lock first, the same that an acknowledgement takes:
 * whichever is first, the other sees it, and nothing is tried again for an alert that somebody has.
 */
@Injectable()
export class Settlement {
  constructor(
    private readonly database: Database,
    private readonly policies: Policies,
    private readonly log: EvidenceLog,
    private readonly contacts: ContactBook,
  ) {}

  /** The end of an attempt. An attempt that lost its lease changes nothing, not even by success. */
  async finish(key: AttemptKey, outcome: AttemptOutcome, random: number): Promise<Settled> {
    return this.database.transaction(async (tx) => {
      const alert = await this.lock(tx, key);
      const delivery = await takeDelivery(tx, key, alert, 'sending');
      if (!delivery) return 'stale';
      await this.apply(tx, key, alert, delivery, outcome, random);
      return 'settled';
    });
  }

  /** A sender was not heard of for a whole lease. Nobody knows whether its message went out. */
  async abandon(key: AttemptKey, random: number): Promise<Settled> {
    return this.database.transaction(async (tx) => {
      const alert = await this.lock(tx, key);
      const delivery = await takeDelivery(tx, key, alert, 'abandoned');
      if (!delivery) return 'stale';
      await this.apply(tx, key, alert, delivery, { kind: 'ambiguous', code: 'lease-expired' }, random);
      return 'settled';
    });
  }

  /** A message that had been accepted came back later. @returns false when there is no such sent message */
  async bounced(coalitionId: number, deliveryId: string, code: string): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const { rows } = await tx.query<{ alert_id: Buffer }>('SELECT alert_id FROM delivery WHERE coalition_id = $1 AND delivery_id = $2', [coalitionId, deliveryId]);
      if (!rows[0]) return false;
      const key = { coalitionId, deliveryId, alertId: rows[0].alert_id, attempt: 0 };
      const alert = await this.lock(tx, key);
      const delivery = await takeDelivery(tx, key, alert, 'sent');
      if (!delivery) return false;
      await this.apply(tx, key, alert, delivery, { kind: 'refused', code, contactIsDead: true }, 0);
      return true;
    });
  }

  /**
   * A message was not tried because its provider must be left alone. Decided as if it had been tried: it waits, or
   * takes another way. `waitMs` null: only a breaker is open, so nobody knows for how long; the message stays as it is
   * and another contact of the same person is told as well.
   */
  async heldUp(key: AttemptKey, waitMs: number | null): Promise<Settled> {
    return this.database.transaction(async (tx) => {
      const alert = await this.lock(tx, key);
      const delivery = await takeDelivery(tx, key, alert, 'waiting');
      if (!delivery || !isStillWanted(alert, delivery)) return 'stale';
      const fallback = (await unusedContacts(tx, alert, delivery))[0] ?? null;
      const then: AfterAttempt =
        waitMs === null ? { state: 'failed', nextAt: null, disableContact: false, fallback } : afterRateLimit(attemptedOf(delivery), waitMs, fallback, alert.now.getTime());
      if (waitMs !== null) await writeOutcome(tx, key, delivery, then, null);
      await this.afterFailure(tx, alert, delivery, then);
      return 'settled';
    });
  }

  private async lock(tx: Tx, key: AttemptKey): Promise<LockedAlert> {
    const alert = await lockAlert(tx, this.policies, key.coalitionId, key.alertId);
    if (!alert) throw new Error('a delivery without its alert');
    return alert;
  }

  private async apply(tx: Tx, key: AttemptKey, alert: LockedAlert, delivery: DeliveryRow, outcome: AttemptOutcome, random: number): Promise<void> {
    const { coalitionId } = key;
    const wanted = isStillWanted(alert, delivery);
    const otherContacts = outcome.kind === 'accepted' ? [] : await unusedContacts(tx, alert, delivery);
    const then = afterAttempt(attemptedOf(delivery), outcome, { wanted, otherContacts, random }, alert.now.getTime());
    await writeOutcome(tx, key, delivery, then, outcome);
    if (then.disableContact) await this.contacts.disable(tx, coalitionId, delivery.contact_id, outcome.code);
    if (then.state === 'sent') {
      await this.log.appendToAlert(tx, coalitionId, alert.alertId, alert.head, alert.now, [notifyEvent(delivery)]);
      return;
    }
    await this.afterFailure(tx, alert, delivery, then);
  }

  private async afterFailure(tx: Tx, alert: LockedAlert, delivery: DeliveryRow, then: AfterAttempt): Promise<void> {
    if (then.fallback) {
      const again: NewDelivery = {
        contact: then.fallback,
        purpose: delivery.purpose,
        gen: delivery.gen,
        tier: delivery.tier,
        deadline: delivery.tier_deadline?.getTime() ?? null,
        nth: delivery.nth,
      };
      await writeChanges(tx, this.log, [{ alert, change: changeOf(alert.timer, { deliveries: [again] }) }]);
      return;
    }
    if (then.state !== 'dead') return;
    const alive = await countAlive(tx, alert, delivery);
    const change = lastMessageDied(alert.timer, delivery, alive, alert.now.getTime());
    if (change) await writeChanges(tx, this.log, [{ alert, change }]);
  }
}

/** Who was told, by what; never the address. */
function notifyEvent(delivery: DeliveryRow): NewEvent {
  const { rid, org, channel, purpose, gen } = delivery;
  return { type: 'NOTIFY', tier: delivery.tier, detail: { gen, purpose, channel, ...(rid === null ? {} : { rid, org }) } };
}

function attemptedOf(row: DeliveryRow) {
  return {
    severity: row.severity,
    purpose: row.purpose,
    gen: row.gen,
    tier: row.tier,
    attempt: row.counted,
    deadline: row.tier_deadline?.getTime() ?? null,
  };
}

/** Which rows an outcome may be written to; $1 to $4 are coalition, delivery, attempt, and the round of the alert. */
const TAKEN_WHEN = {
  sending: `d.attempt = $3 AND d.state = 'sending'`,
  abandoned: `d.attempt = $3 AND d.state = 'sending' AND d.lease_until < now()`,
  waiting: `d.attempt = $3 AND d.state IN ('pending', 'failed')`,
  sent: `d.attempt >= $3 AND d.state IN ('sent', 'delivered')`,
} as const;

/** The message, locked, with all that decides about it: every further question would be a round trip for each message. */
async function takeDelivery(tx: Tx, key: AttemptKey, alert: LockedAlert, condition: Condition): Promise<DeliveryRow | null> {
  const { rows } = await tx.query<DeliveryRow>({
    name: `outbox-take-${condition}`,
    text: `SELECT d.delivery_id, d.gen, d.tier, d.nth, d.severity, d.purpose, d.contact_id, encode(d.rid, 'hex') AS rid, r.org, d.channel, d.tier_deadline,
             d.attempt - (SELECT count(*)::int FROM delivery_attempt a WHERE a.coalition_id = d.coalition_id AND a.delivery_id = d.delivery_id AND a.outcome = 'rate_limited') AS counted,
             EXISTS (SELECT FROM ack k WHERE k.coalition_id = d.coalition_id AND k.alert_id = d.alert_id AND k.gen >= $4 AND k.rid = d.rid) AS acknowledged
           FROM delivery d LEFT JOIN responder r USING (coalition_id, rid)
           WHERE d.coalition_id = $1 AND d.delivery_id = $2 AND ${TAKEN_WHEN[condition]} FOR UPDATE OF d`,
    values: [key.coalitionId, key.deliveryId, key.attempt, alert.timer.roundGen],
  });
  return rows[0] ?? null;
}

const isForTier = ({ purpose }: DeliveryRow): boolean => purpose === 'notify' || purpose === 'task';

/** Nobody is told again of what they have answered, nor of an alert that is over. */
function isStillWanted(alert: LockedAlert, delivery: DeliveryRow): boolean {
  return isWanted(delivery.purpose, alert.timer) && !(delivery.acknowledged && isForTier(delivery));
}

/**
 * Ends the attempt, and writes what becomes of the message. A tier that was passed over because nothing had left becomes
 * a told one when something leaves after all.
 */
async function writeOutcome(tx: Tx, key: AttemptKey, delivery: DeliveryRow, then: AfterAttempt, outcome: AttemptOutcome | null): Promise<void> {
  const told = then.state === 'sent' && isForTier(delivery);
  await tx.query({
    name: 'outbox-write-outcome',
    text: `WITH attempt AS (
             UPDATE delivery_attempt SET finished_at = clock_timestamp(), outcome = $7::text, code = $8
             WHERE coalition_id = $1 AND delivery_id = $2 AND attempt = $3 AND outcome IS NULL AND $7::text IS NOT NULL
           ), told AS (
             UPDATE tier_entry SET outcome = $9::text, reason = NULL
             WHERE coalition_id = $1 AND alert_id = $10 AND gen = $11 AND tier = $12 AND outcome = 'not_reached' AND $9::text IS NOT NULL
           )
           UPDATE delivery SET state = $4, lease_until = NULL, next_at = coalesce($5::timestamptz, next_at),
             sent_at = CASE WHEN $4 = 'sent' THEN clock_timestamp() ELSE sent_at END,
             provider_message_id = coalesce($6, provider_message_id)
           WHERE coalition_id = $1 AND delivery_id = $2`,
    values: [
      key.coalitionId,
      key.deliveryId,
      key.attempt,
      then.state,
      then.nextAt === null ? null : new Date(then.nextAt),
      outcome?.kind === 'accepted' ? outcome.providerMessageId : null,
      outcome?.kind ?? null,
      outcome?.code ?? null,
      told ? (delivery.purpose === 'task' ? 'task' : 'notified') : null,
      key.alertId,
      delivery.gen,
      delivery.tier,
    ],
  });
}

/** Working contacts of the same person, or of the same duty desk, through which this message has not gone yet. */
async function unusedContacts(tx: Tx, alert: LockedAlert, delivery: DeliveryRow): Promise<Contact[]> {
  const { rows } = await tx.query<Contact & Record<string, unknown>>({
    name: 'outbox-unused-contacts',
    text: `SELECT c.contact_id AS "contactId", encode(c.rid, 'hex') AS rid, r.org, c.channel, c.priority
           FROM contact c LEFT JOIN responder r USING (coalition_id, rid)
           WHERE c.coalition_id = $1 AND c.rid = decode($6, 'hex') AND c.verified_at IS NOT NULL AND c.disabled_at IS NULL AND r.status = 'active'
             AND NOT EXISTS (SELECT FROM delivery d WHERE d.coalition_id = $1 AND d.alert_id = $2 AND d.gen = $3 AND d.purpose = $4 AND d.nth = $5
                               AND d.contact_id = c.contact_id)
           ORDER BY c.priority, c.contact_id`,
    values: [alert.coalitionId, alert.alertId, delivery.gen, delivery.purpose, delivery.nth, delivery.rid],
  });
  return rows;
}

async function countAlive(tx: Tx, alert: LockedAlert, delivery: DeliveryRow): Promise<number> {
  const { rows } = await tx.query<{ alive: number }>({
    name: 'outbox-count-alive',
    text: `SELECT count(*) AS alive FROM delivery
           WHERE coalition_id = $1 AND alert_id = $2 AND gen = $3 AND purpose IN ('notify', 'task') AND state NOT IN ('dead', 'cancelled')`,
    values: [alert.coalitionId, alert.alertId, delivery.gen],
  });
  return rows[0]?.alive ?? 0;
}

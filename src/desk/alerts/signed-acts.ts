import { Inject, Injectable } from '@nestjs/common';
import type { Primitives } from '@jardam/protocol';
import { Acts, type ActRefusal, type ActResult, type Done, type SignedAct } from '../../escalation/acts.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Tx } from '../../platform/database/database.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { checkAgainstAlert, checkAuthor, type GenuineStatement, type SignedStatement, type StatementRefusal } from './statement-check.js';
import { VISIBLE_ALERTS } from './visible-alerts.js';

export type Performed =
  | (Done & {
      /** The same statement had been taken before; nothing was done this time. */
      readonly repeated: boolean;
    })
  | { readonly refused: StatementRefusal | ActRefusal | 'not-found' };

interface AlertRow {
  tag: Buffer;
  gen: number;
  state: Done['state'];
  my_tiers: number[];
  my_allowed_tiers: number[];
  knows_envelope: boolean;
  knows_event: boolean;
  taken_before: boolean;
}

/** Signed acts of responders: verified here, decided in escalation/. */
@Injectable()
export class SignedActs {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Acts) private readonly acts: Acts,
  ) {}

  /**
   * Verifies a statement and does what it says. The caller wakes the delivery after the commit.
   *
   * A statement that was taken before is answered with the present state: an answer may be lost on the way, and
   * whoever sends again must not be told that they failed, nor act twice.
   */
  async perform(tx: Tx, session: DeskSession, alertId: Uint8Array, signed: SignedStatement): Promise<Performed> {
    const genuine = checkAuthor(this.p, signed, session);
    if ('refused' in genuine) return genuine;
    const row = await this.lockAlert(tx, session, alertId, genuine);
    if (row === null) return { refused: 'not-found' };
    const { statement } = genuine;
    const refused = checkAgainstAlert(statement, {
      tag: row.tag,
      gen: row.gen,
      tiers: row.my_tiers.length > 0 ? row.my_tiers : row.my_allowed_tiers,
      knowsEnvelope: row.knows_envelope,
      knowsEvent: row.knows_event,
    });
    if (refused !== null) return { refused };
    if (row.taken_before) return { state: row.state, gen: row.gen, repeated: true };

    const done = await this.dispatch(tx, genuine, {
      coalitionId: session.coalitionId,
      alertId,
      actor: { rid: session.rid, org: session.org, tier: statement.tier },
      gen: statement.gen,
      statement: genuine.bytes,
      signature: genuine.signature,
    });
    if ('refused' in done) return done;
    return { ...done, repeated: false };
  }

  /** The lock comes before the look into ledger and answers: of the same statement sent twice at once, the second one
   *  finds the first. */
  private async lockAlert(tx: Tx, session: DeskSession, alertId: Uint8Array, { statement, bytes }: GenuineStatement): Promise<AlertRow | null> {
    const key = [session.coalitionId, session.rid, Buffer.from(alertId)];
    const locked = await tx.query({
      name: 'desk-act-lock',
      text: `SELECT FROM (${VISIBLE_ALERTS}) v JOIN alert_timer t USING (coalition_id, alert_id)
             WHERE v.alert_id = $3 FOR UPDATE OF t`,
      values: key,
    });
    if (locked.rowCount === 0) return null;
    const { rows } = await tx.query<AlertRow & Record<string, unknown>>({
      name: 'desk-act-facts',
      text: `SELECT v.tag, t.gen, t.state, v.my_tiers, v.my_allowed_tiers,
                    EXISTS (SELECT FROM envelope e
                            WHERE e.coalition_id = $1 AND e.alert_id = $3 AND e.hh = $4) AS knows_envelope,
                    EXISTS (SELECT FROM event e
                            WHERE e.coalition_id = $1 AND e.alert_id = $3 AND e.hash = $5) AS knows_event,
                    EXISTS (SELECT FROM event e
                            WHERE e.coalition_id = $1 AND e.alert_id = $3 AND e.actor_rid = $2 AND e.statement = $6) AS taken_before
             FROM (${VISIBLE_ALERTS}) v JOIN alert_timer t USING (coalition_id, alert_id)
             WHERE v.alert_id = $3`,
      values: [...key, Buffer.from(statement.hh), Buffer.from(statement.prevEventHash), Buffer.from(bytes)],
    });
    return rows[0] ?? null;
  }

  private dispatch(tx: Tx, { act, proof }: GenuineStatement, signed: SignedAct): Promise<ActResult> {
    switch (act.type) {
      case 'seen':
        return this.acts.seen(tx, signed);
      case 'ack':
        if (proof === null) throw new Error('an acknowledgement without proof was let through');
        return this.acts.acknowledge(tx, { ...signed, proof });
      case 'decline':
        return this.acts.decline(tx, signed);
      case 'undecryptable':
        return this.acts.undecryptable(tx, signed);
      case 'action':
        return this.acts.recordAction(tx, signed, act.detail.code);
      case 'escalate':
        return this.acts.escalateNow(tx, signed);
      case 'hand_over':
        return this.acts.handOver(tx, signed, 'toRid' in act.detail ? { rid: act.detail.toRid } : { org: act.detail.toOrg });
      case 'hand_over_accept':
        return this.acts.acceptHandOver(tx, signed);
      case 'renew':
        return this.acts.renew(tx, signed);
      case 'snooze':
        return this.acts.snooze(tx, signed, act.detail.minutes);
      case 'stand_down_check':
        return this.acts.checkStandDown(tx, signed, act.detail.result === 'genuine');
      case 'close':
        return this.acts.close(tx, signed, act.detail.outcome);
    }
  }
}

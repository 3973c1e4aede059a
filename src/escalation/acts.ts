import { Inject, Injectable } from '@nestjs/common';
import { statementHash, type Primitives } from '@jardam/protocol';
import { changeOf, type Change } from '../domain/alert.js';
import { acknowledge, decline, type Answer } from '../domain/answers.js';
import { announceFollowUp, checkStandDown, close, requestStandDown } from '../domain/ending.js';
import { firstContacts } from '../domain/enter-tier.js';
import { acceptHandOver, escalateNow, handOver, recordAction, renew, snooze, type HandOverTarget } from '../domain/handling.js';
import type { AlertLifeState, CloseOutcome } from '../domain/life-cycle.js';
import { EvidenceLog, type NewEvent } from '../evidence/evidence-log.js';
import { Gatekeeper } from '../gatekeeper/gatekeeper.js';
import { PRIMITIVES } from '../platform/crypto.js';
import type { Tx } from '../platform/database/database.js';
import { hasEvent, readAnswers, readCloseRequests, readEnteredTiers, readEntry, readHandOvers, readNotified, readSnoozedMs, readTold } from './act-context.js';
import { eligibleContacts } from './hand-over-target.js';
import { lockAlert, type LockedAlert } from './lock-alert.js';
import { Policies } from './policies.js';
import { contactsOf, readReachable } from './reachable-contacts.js';
import { writeChanges } from './write-changes.js';

const minuteMs = 60_000;

/** A person's act on an alert. Who they are, and that the statement is theirs and about this alert, was verified. */
export interface SignedAct {
  readonly coalitionId: number;
  /** 16 bytes. */
  readonly alertId: Uint8Array;
  readonly actor: { readonly rid: Uint8Array; readonly org: string; readonly tier: number };
  /** The generation of the escalation that the person had before their eyes. */
  readonly gen: number;
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Done {
  readonly state: AlertLifeState;
  readonly gen: number;
  /** owner: has the alert now; counted: more people must answer; recorded: on record, nothing else changed. */
  readonly meaning?: 'owner' | 'counted' | 'recorded';
  /** Only from `close`: false means that a second person is needed. */
  readonly closed?: boolean;
}

export type ActRefusal =
  | 'unknown-alert'
  | 'already-closed'
  | 'already-answered'
  | 'stale-gen'
  | 'not-acknowledged'
  | 'not-owner'
  | 'not-asked'
  | 'not-now'
  | 'last-tier'
  | 'nobody-reachable'
  | 'target-cannot-open'
  | 'snooze-not-allowed'
  | 'snooze-too-long';

export type ActResult = Done | { readonly refused: ActRefusal };

type Decision = { readonly change: Change } | { readonly refused: ActRefusal };

/**
 * What people do to an alert. Every method locks the alert, decides in domain/, and writes state, messages and
 * evidence in the caller's transaction. After the commit the caller calls Wake.afterCommit(), so that messages leave
 * at once.
 */
@Injectable()
export class Acts {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    private readonly log: EvidenceLog,
    private readonly policies: Policies,
    private readonly gatekeeper: Gatekeeper,
  ) {}

  /** Opened, without a decision. Recorded once per person and generation; saying it again changes nothing. */
  async seen(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      if (await hasEvent(tx, alert, 'SEEN', act.actor.rid, act.gen)) return { change: changeOf(alert.timer) };
      return { change: changeOf(alert.timer, { events: [{ type: 'SEEN', tier: act.actor.tier, detail: { gen: act.gen } }] }) };
    });
  }

  /** "I take this." @param proof K(CK, "JDM1/ack-proof", rid ‖ time), 32 bytes */
  async acknowledge(tx: Tx, act: SignedAct & { readonly proof: Uint8Array }): Promise<ActResult> {
    const answer = answerOf(act, 'ack');
    let meaning: Done['meaning'];
    const done = await this.run(tx, act, async (alert) => {
      const answers = await readAnswers(tx, alert);
      const told = await readTold(tx, alert, answer.tier, alert.timer.roundGen);
      const decided = acknowledge(alert.ladder, alert.timer, answer, { answers, told }, alert.now.getTime());
      if ('refused' in decided) return decided;
      meaning = decided.meaning;
      await this.insertAnswer(tx, act, 'ack', act.proof);
      return decided;
    });
    return 'refused' in done || meaning === undefined ? done : { ...done, meaning };
  }

  /** "I cannot take it." */
  async decline(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.refuseToTake(tx, act, 'decline');
  }

  /** "I cannot open it": a wrong or lost key; for the ladder the same as a decline. */
  async undecryptable(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.refuseToTake(tx, act, 'undecryptable');
  }

  /** Something was done. @param code from the list of actions; a code and never a text, it is stored in the clear */
  async recordAction(tx: Tx, act: SignedAct, code: string): Promise<ActResult> {
    return this.run(tx, act, (alert) => recordAction(alert.ladder, alert.timer, { ...actorOf(act), code }, alert.now.getTime()));
  }

  /** The owner keeps the alert without an action. */
  async renew(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.run(tx, act, (alert) => renew(alert.ladder, alert.timer, ridOf(act), act.actor.tier, alert.now.getTime()));
  }

  /** The owner puts the alert off. @param minutes how long nothing can be done */
  async snooze(tx: Tx, act: SignedAct, minutes: number): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      const before = await readSnoozedMs(tx, alert, act.actor.rid);
      return snooze(alert.ladder, alert.timer, { ...actorOf(act), forMs: minutes * minuteMs }, before, alert.now.getTime());
    });
  }

  /** The next tier at once. `act.gen` is what the person saw: a double click takes effect once. */
  async escalateNow(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      const context = await this.entryContext(tx, alert);
      return escalateNow(alert.ladder, alert.timer, { tier: act.actor.tier, expectedGen: act.gen }, context, alert.now.getTime());
    });
  }

  /** Asks a person or an organisation to take over; the owner's clock goes on until somebody accepts. */
  async handOver(tx: Tx, act: SignedAct, target: HandOverTarget): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      const reachable = await readReachable(tx, alert.coalitionId);
      const contacts = eligibleContacts(alert, target, reachable, await readEnteredTiers(tx, alert));
      if ('refused' in contacts) return contacts;
      const decided = handOver(alert.timer, actorOf(act), target, contacts);
      if ('refused' in decided) return decided;
      await tx.query(
        `INSERT INTO hand_over (coalition_id, alert_id, gen, from_rid, to_rid, to_org) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (coalition_id, alert_id, gen, from_rid)
           DO UPDATE SET to_rid = excluded.to_rid, to_org = excluded.to_org, asked_at = now(), accepted_at = NULL, accepted_by = NULL`,
        [
          ...rowKey(act),
          alert.timer.gen,
          Buffer.from(act.actor.rid),
          'rid' in target ? Buffer.from(target.rid, 'hex') : null,
          'org' in target ? target.org : null,
        ],
      );
      return decided;
    });
  }

  /** Takes an alert that the present owner handed to this person or their organisation. */
  async acceptHandOver(tx: Tx, act: SignedAct): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      const asked = await readHandOvers(tx, alert);
      const decided = acceptHandOver(alert.ladder, alert.timer, actorOf(act), asked, alert.now.getTime());
      if ('refused' in decided) return decided;
      await tx.query(
        `UPDATE hand_over SET accepted_at = now(), accepted_by = $3
         WHERE coalition_id = $1 AND alert_id = $2 AND accepted_at IS NULL AND (to_rid = $3 OR to_org = $4)`,
        [...rowKey(act), Buffer.from(act.actor.rid), act.actor.org],
      );
      return decided;
    });
  }

  /** A responder compared the phrase of a request to stand down. */
  async checkStandDown(tx: Tx, act: SignedAct, genuine: boolean): Promise<ActResult> {
    return this.run(tx, act, async (alert) => {
      const entry = await readEntry(tx, alert);
      return checkStandDown(alert.ladder, alert.timer, { tier: act.actor.tier, genuine }, { entry }, alert.now.getTime());
    });
  }

  /** Closes the alert; a critical one only when a second person has signed the same outcome. Destroys release keys. */
  async close(tx: Tx, act: SignedAct, outcome: CloseOutcome): Promise<ActResult> {
    let closed = false;
    const done = await this.run(tx, act, async (alert) => {
      const earlier = await readCloseRequests(tx, alert);
      const told = await readNotified(tx, alert, ridOf(act));
      const decided = close(alert.ladder, alert.timer, { ...actorOf(act), outcome }, { earlier, told });
      if ('refused' in decided) return decided;
      closed = decided.closed;
      await tx.query(
        `INSERT INTO close_request (coalition_id, alert_id, rid, outcome) VALUES ($1, $2, $3, $4)
         ON CONFLICT (coalition_id, alert_id, rid) DO UPDATE SET outcome = excluded.outcome, at = now()`,
        [...rowKey(act), Buffer.from(act.actor.rid), outcome],
      );
      if (!closed) return decided;
      const destroyed = await this.gatekeeper.destroy(tx, alert.coalitionId, alert.alertId);
      const events = destroyed.map((tier) => ({ type: 'GATE_DESTROYED' as const, tier }));
      return { change: { ...decided.change, events: [...decided.change.events, ...events] } };
    });
    return 'refused' in done ? done : { ...done, closed };
  }

  /** The defender asked to stand down (an envelope of kind 6). @param seq the envelope's number @param object its hash */
  async standDownRequested(tx: Tx, coalitionId: number, alertId: Uint8Array, seq: number, object: Uint8Array): Promise<ActResult> {
    return this.byDefender(tx, coalitionId, alertId, object, async (alert) => {
      const told = await readNotified(tx, alert);
      return requestStandDown(alert.ladder, alert.timer, { told, pausedBefore: await hasEvent(tx, alert, 'PAUSE'), seq }, alert.now.getTime());
    });
  }

  /** The defender wrote again (an envelope of kind 3). Tells whoever has the alert, else the tier whose turn it is. */
  async followUp(tx: Tx, coalitionId: number, alertId: Uint8Array, seq: number, object: Uint8Array): Promise<ActResult> {
    return this.byDefender(tx, coalitionId, alertId, object, async (alert) => {
      const reachable = await readReachable(tx, alert.coalitionId);
      const acked = (await readAnswers(tx, alert)).filter(({ decision, gen }) => decision === 'ack' && gen >= alert.timer.roundGen);
      const people = new Set([...acked.map(({ rid }) => rid), ...(alert.timer.owner === null ? [] : [alert.timer.owner])]);
      const told = people.size > 0 ? [...people].flatMap((rid) => firstContacts(contactsOf(reachable, rid))) : await this.ofCurrentTier(tx, alert);
      return { change: announceFollowUp(alert.timer, { told, seq }) };
    });
  }

  private async ofCurrentTier(tx: Tx, alert: LockedAlert): Promise<readonly ReturnType<typeof contactsOf>[number][]> {
    const people = new Set((await readTold(tx, alert, alert.timer.tier, alert.timer.roundGen)).map(({ rid }) => rid));
    const notified = await readNotified(tx, alert);
    // Before the first message has left, nobody needs to hear that there is more: they will see it all at once.
    return notified.filter(({ rid }) => rid !== null && people.has(rid));
  }

  private async refuseToTake(tx: Tx, act: SignedAct, decision: 'decline' | 'undecryptable'): Promise<ActResult> {
    const answer = answerOf(act, decision);
    return this.run(tx, act, async (alert) => {
      const answers = await readAnswers(tx, alert);
      const told = await readTold(tx, alert, alert.timer.tier, alert.timer.gen);
      const context = { ...(await this.entryContext(tx, alert)), answers, told };
      const decided = decline(alert.ladder, alert.timer, answer, context, alert.now.getTime());
      if (!('refused' in decided)) await this.insertAnswer(tx, act, decision, null);
      return decided;
    });
  }

  private async entryContext(tx: Tx, alert: LockedAlert) {
    const acks = (await readAnswers(tx, alert)).filter(({ decision, gen }) => decision === 'ack' && gen >= alert.timer.roundGen);
    return {
      reachable: await readReachable(tx, alert.coalitionId),
      excludedOrgs: alert.excludedOrgs,
      acknowledged: new Set(acks.map(({ rid }) => rid)),
    };
  }

  private async insertAnswer(tx: Tx, act: SignedAct, decision: Answer['decision'], proof: Uint8Array | null): Promise<void> {
    await tx.query({
      name: 'acts-insert-answer',
      text: `INSERT INTO ack (coalition_id, alert_id, gen, rid, org, tier, decision, statement, signature, proof)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [
        ...rowKey(act),
        act.gen,
        Buffer.from(act.actor.rid),
        act.actor.org,
        act.actor.tier,
        decision,
        Buffer.from(act.statement),
        Buffer.from(act.signature),
        proof === null ? null : Buffer.from(proof),
      ],
    });
  }

  private async run(tx: Tx, act: SignedAct, decide: (alert: LockedAlert) => Decision | Promise<Decision>): Promise<ActResult> {
    const object = statementHash(this.p, act.statement);
    const signed = { actorRid: act.actor.rid, object, statement: act.statement, signature: act.signature };
    return this.write(tx, act.coalitionId, act.alertId, (type) => (PERSONS_EVENTS.has(type) ? signed : {}), decide);
  }

  private async byDefender(
    tx: Tx,
    coalitionId: number,
    alertId: Uint8Array,
    object: Uint8Array,
    decide: (alert: LockedAlert) => Promise<Decision>,
  ): Promise<ActResult> {
    return this.write(tx, coalitionId, alertId, (type) => (type === 'STAND_DOWN_REQUEST' ? { object } : {}), decide);
  }

  private async write(
    tx: Tx,
    coalitionId: number,
    alertId: Uint8Array,
    more: (type: NewEvent['type']) => Partial<NewEvent>,
    decide: (alert: LockedAlert) => Decision | Promise<Decision>,
  ): Promise<ActResult> {
    const alert = await lockAlert(tx, this.policies, coalitionId, alertId);
    if (!alert) return { refused: 'unknown-alert' };
    const decided = await decide(alert);
    if ('refused' in decided) return decided;
    const { change } = decided;
    const events = change.events.map((event): NewEvent => ({ type: event.type, tier: event.tier, detail: event.detail ?? null, ...more(event.type) }));
    await writeChanges(tx, this.log, [{ alert, change, events }]);
    return { state: change.timer.state, gen: change.timer.gen };
  }
}

/** Events that are a person's own act and carry their signature; what the server does in consequence does not. */
const PERSONS_EVENTS: ReadonlySet<NewEvent['type']> = new Set(['SEEN', 'ACK', 'DECLINE', 'UNDECRYPTABLE', 'ACTION', 'ESCALATE', 'HAND_OVER', 'CLOSE']);

function ridOf(act: SignedAct): string {
  return Buffer.from(act.actor.rid).toString('hex');
}

function actorOf(act: SignedAct): { rid: string; org: string; tier: number } {
  return { rid: ridOf(act), org: act.actor.org, tier: act.actor.tier };
}

function answerOf(act: SignedAct, decision: Answer['decision']): Answer {
  return { ...actorOf(act), gen: act.gen, decision };
}

function rowKey(act: SignedAct): [number, Buffer] {
  return [act.coalitionId, Buffer.from(act.alertId)];
}

import { Injectable } from '@nestjs/common';
import {
  answerCheckIn,
  channelSilentMs,
  decideUndelivered,
  reachedOwner,
  ringCheckIn,
  scheduleCheckIn,
  type CheckIn,
  type CheckInAnswer,
  type CheckInChange,
  type CheckInMessage,
  type CheckInRefusal,
  type CheckInRepeat,
  type CheckInStage,
} from '../../domain/check-in.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { databaseNow } from '../../platform/clock/clock.js';
import type { Tx } from '../../platform/database/database.js';
import { Firing, type Fired, type FireRefusal, type TriggeredBy } from './firing.js';
import { addNotice } from './notices.js';
import { lockOwner, lockPacket, type PacketKey, type PacketRow } from './packet-rows.js';
import { PacketStore, type Armed, type ArmInput, type ArmRefusal } from './packet-store.js';

/** Running check-ins of one account. */
export const maxCheckIns = 5;

export type ScheduleInput = ArmInput & {
  readonly dueAt: Date;
  /** Whole minutes between the question and the silent prompt: 5 to 1440. */
  readonly graceMinutes: number;
  readonly repeat: CheckInRepeat;
};

/** What an answer led to: the check-in as it goes on (null when it is over), or the alert. */
export type Answered = { readonly goesOn: CheckIn | null } | Fired;
export type AnswerRefusal = { readonly refused: 'unknown-check-in' | 'ended' } | { readonly refused: 'already-fired'; readonly alertId: Uint8Array } | FireRefusal;

interface CheckInRow extends Record<string, unknown> {
  readonly stage: CheckInStage;
  readonly deadline_at: Date;
  readonly grace_ms: number;
  readonly repeat: CheckInRepeat;
  readonly round: number;
  readonly asked_reached: boolean;
}

/** Check-ins: packets that silence sends (the rules are in domain/check-in.ts). Call ArmedPackets.committed() after. */
@Injectable()
export class CheckIns {
  constructor(
    private readonly store: PacketStore,
    private readonly firing: Firing,
    private readonly gatekeeper: Gatekeeper,
  ) {}

  /** Arms a packet with a deadline. The release secret stays with the server, sealed by the gatekeeper. */
  async schedule(tx: Tx, input: ScheduleInput): Promise<(Armed & { readonly checkIn: CheckIn }) | ArmRefusal | CheckInRefusal | { readonly refused: 'too-many-check-ins' }> {
    await lockOwner(tx, input.owner);
    const now = (await databaseNow(tx)).getTime();
    const plan = scheduleCheckIn({ deadlineAt: input.dueAt.getTime(), graceMs: input.graceMinutes * 60_000, repeat: input.repeat }, now);
    if ('refused' in plan) return plan;
    const { rows } = await tx.query<{ n: number }>(
      `SELECT count(*) AS n FROM armed_packet WHERE coalition_id = $1 AND owner = $2 AND purpose = 'check_in' AND state = 'armed'`,
      [input.coalitionId, Buffer.from(input.owner)],
    );
    if ((rows[0]?.n ?? 0) >= maxCheckIns) return { refused: 'too-many-check-ins' };
    const armed = await this.store.put(tx, input, { purpose: 'check_in', countdownSeconds: null });
    if ('refused' in armed) return armed;
    const key = { coalitionId: input.coalitionId, owner: input.owner, locator: armed.locator };
    if (!armed.repeated) {
      await tx.query(
        `INSERT INTO check_in (coalition_id, locator, stage, deadline_at, grace_ms, repeat) VALUES ($1, $2, $3, $4, $5, $6)`,
        [key.coalitionId, Buffer.from(key.locator), plan.stage, new Date(plan.deadlineAt), plan.graceMs, plan.repeat],
      );
      await setDue(tx, key, plan.nextAt);
    }
    return { ...armed, checkIn: plan };
  }

  /** The owner pressed OK, +30 min or help. Presses of a question that was answered already count all the same. */
  async answer(tx: Tx, key: PacketKey, answer: CheckInAnswer): Promise<Answered | AnswerRefusal> {
    const locked = await this.lock(tx, key);
    if ('refused' in locked) return locked;
    const changed = answerCheckIn(locked.checkIn, answer, locked.packet.now.getTime());
    return 'refused' in changed ? { refused: 'ended' } : this.apply(tx, locked.packet, changed, 'help');
  }

  /** Ends a check-in before it was sent; the packet is deleted. */
  async standDown(tx: Tx, key: PacketKey): Promise<{ readonly ended: true } | AnswerRefusal> {
    const locked = await this.lock(tx, key);
    if ('refused' in locked) return locked;
    await removePacket(tx, key);
    return { ended: true };
  }

  /** Whether a message of a check-in reached the owner's chat. What did not reach it needs no report. */
  async reached(tx: Tx, key: PacketKey, message: CheckInMessage, round: number): Promise<void> {
    const locked = await this.lock(tx, key);
    if ('refused' in locked) return;
    await this.apply(tx, locked.packet, reachedOwner(locked.checkIn, message, round, locked.packet.now.getTime()), 'silence');
  }

  /** The clock of a check-in rang (its packet is locked). */
  async ring(tx: Tx, packet: PacketRow): Promise<void> {
    const now = packet.now.getTime();
    const checkIn = await readCheckIn(tx, packet);
    const decided = await decisionOf(tx, packet);
    if (decided !== null) {
      const changed = decideUndelivered(checkIn);
      if ('refused' in changed) throw new Error('a decision about a check-in that is over');
      await this.apply(tx, packet, changed, 'desk', { decidedBy: decided.toString('hex') });
      return;
    }
    const { rows } = await tx.query<{ heard: boolean }>(
      `SELECT EXISTS (SELECT FROM answer_channel WHERE coalition_id = $1 AND heard_at > now() - make_interval(secs => $2)) AS heard`,
      [packet.coalition_id, channelSilentMs / 1000],
    );
    await this.apply(tx, packet, ringCheckIn(checkIn, now, rows[0]?.heard === true), 'silence');
  }

  /**
   * The channel by which owners answer was heard of just now, and everything that it had to say before is written.
   * Call it at least every minute while it works: without it, no silence counts.
   */
  async heardFromChannel(tx: Tx, coalitionId: number): Promise<void> {
    await tx.query(
      `INSERT INTO answer_channel (coalition_id, heard_at) VALUES ($1, now())
       ON CONFLICT (coalition_id) DO UPDATE SET heard_at = greatest(answer_channel.heard_at, excluded.heard_at)`,
      [coalitionId],
    );
  }

  private async lock(tx: Tx, key: PacketKey): Promise<{ packet: PacketRow; checkIn: CheckIn } | Exclude<AnswerRefusal, FireRefusal>> {
    const packet = await lockPacket(tx, key, 'check_in');
    if (packet === null) return { refused: 'unknown-check-in' };
    if (packet.state === 'fired') return { refused: 'already-fired', alertId: packet.alert_id };
    if (packet.state === 'broken') return { refused: 'ended' };
    return { packet, checkIn: await readCheckIn(tx, packet) };
  }

  private async apply(tx: Tx, packet: PacketRow, changed: CheckInChange, by: TriggeredBy, detail = {}): Promise<Answered | FireRefusal> {
    const key = { coalitionId: packet.coalition_id, owner: packet.owner, locator: packet.locator };
    const { checkIn } = changed;
    if (changed.send) {
      if (packet.secret_sealed === null) throw new Error('a check-in has lost its release secret');
      const secret = this.gatekeeper.openSecret(packet.coalition_id, packet.alert_id, packet.secret_sealed);
      await writeCheckIn(tx, key, checkIn, false);
      return this.firing.fire(tx, packet, secret, by, detail);
    }
    if (checkIn.stage === 'ended') {
      await removePacket(tx, key);
      return { goesOn: null };
    }
    await writeCheckIn(tx, key, checkIn, changed.tellDesk);
    await setDue(tx, key, checkIn.nextAt);
    if (changed.tell !== null) await addNotice(tx, key, { what: changed.tell, round: checkIn.round, deadlineAtMs: checkIn.deadlineAt });
    return { goesOn: checkIn };
  }
}

/** Who decided that it is to be sent; null when nobody did. */
async function decisionOf(tx: Tx, packet: PacketRow): Promise<Buffer | null> {
  const { rows } = await tx.query<{ decided_by: Buffer }>(
    `SELECT decided_by FROM check_in WHERE coalition_id = $1 AND locator = $2 AND stage = 'undelivered' AND decision = 'send'`,
    [packet.coalition_id, packet.locator],
  );
  return rows[0]?.decided_by ?? null;
}

async function readCheckIn(tx: Tx, packet: PacketRow): Promise<CheckIn> {
  const { rows } = await tx.query<CheckInRow>({
    name: 'check-in-read',
    text: `SELECT stage, deadline_at, grace_ms, repeat, round, asked_reached FROM check_in
           WHERE coalition_id = $1 AND locator = $2 FOR UPDATE`,
    values: [packet.coalition_id, packet.locator],
  });
  const row = rows[0];
  if (row === undefined) throw new Error('a check-in without its clock');
  return {
    stage: row.stage,
    deadlineAt: row.deadline_at.getTime(),
    graceMs: row.grace_ms,
    repeat: row.repeat,
    round: row.round,
    askedReached: row.asked_reached,
    nextAt: packet.due_at?.getTime() ?? null,
  };
}

async function writeCheckIn(tx: Tx, key: PacketKey, checkIn: CheckIn, tellDesk: boolean): Promise<void> {
  // The desk is told anew whenever a question turns out undelivered; what it was told before is over with the stage.
  const toTell = tellDesk || checkIn.stage !== 'undelivered';
  await tx.query(
    `UPDATE check_in SET stage = $3, deadline_at = $4, round = $5, asked_reached = $6,
            desk_told_at = CASE WHEN $7 THEN NULL ELSE desk_told_at END,
            decision = CASE WHEN $3 = 'undelivered' THEN decision END
     WHERE coalition_id = $1 AND locator = $2`,
    [key.coalitionId, Buffer.from(key.locator), checkIn.stage, new Date(checkIn.deadlineAt), checkIn.round, checkIn.askedReached, toTell],
  );
}

async function setDue(tx: Tx, key: PacketKey, nextAt: number | null): Promise<void> {
  await tx.query('UPDATE armed_packet SET due_at = $3 WHERE coalition_id = $1 AND locator = $2', [
    key.coalitionId,
    Buffer.from(key.locator),
    nextAt === null ? null : new Date(nextAt),
  ]);
}

async function removePacket(tx: Tx, key: PacketKey): Promise<void> {
  await tx.query('DELETE FROM armed_packet WHERE coalition_id = $1 AND locator = $2', [key.coalitionId, Buffer.from(key.locator)]);
}

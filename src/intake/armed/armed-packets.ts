import { Inject, Injectable } from '@nestjs/common';
import { parseEnvelope, releaseKeysOf, splitSubmission, type Primitives } from '@jardam/protocol';
import { Wake } from '../../escalation/wake.js';
import { Gatekeeper } from '../../gatekeeper/gatekeeper.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import type { Tx } from '../../platform/database/database.js';
import { Firing, type Fired, type FireRefusal } from './firing.js';
import { lockOwner, lockPacket, type PacketKey, type PacketRow } from './packet-rows.js';
import { PacketStore, type Armed, type ArmInput, type ArmRefusal } from './packet-store.js';

/** Longest countdown in seconds; null stands for "only when I say so". */
export const maxCountdownSeconds = 60;

/** A packet of that locator that this account armed does not exist. Somebody else's is told the same. */
type Unknown = { readonly refused: 'unknown-packet' };
type AlreadyFired = { readonly refused: 'already-fired'; readonly alertId: Uint8Array };

/** After a press: the countdown runs until `fireAt`, or waits for "send now", or there was none and it is sent. */
export type Pressed = { readonly fireAt: Date } | { readonly waiting: true } | Fired;
export type PressRefusal = Unknown | AlreadyFired | FireRefusal | { readonly refused: 'wrong-secret' };

/**
 * Panic by one tap: a packet sealed beforehand, whose release secret lies in a button and not with us.
 *
 * Everything takes the caller's transaction, so that the caller can record what led to it (an update from Telegram)
 * together with the effect. After the commit call `committed()`: what became due is then looked at at once, and not
 * only with the next look.
 */
@Injectable()
export class ArmedPackets {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    private readonly store: PacketStore,
    private readonly firing: Firing,
    private readonly gatekeeper: Gatekeeper,
    private readonly wake: Wake,
  ) {}

  /**
   * Arms a tap packet in place of the account's earlier one. The same packet again changes nothing. Until
   * `buttonSent` the release secret is kept, sealed by the gatekeeper, so that no crash can lose it on its way into
   * the button.
   *
   * @param input.countdownSeconds 0 to 60 whole seconds; null: a press only asks, "send now" sends
   */
  async arm(
    tx: Tx,
    { countdownSeconds, ...input }: ArmInput & { readonly countdownSeconds: number | null },
  ): Promise<(Armed & { readonly armed: true }) | ArmRefusal | { readonly refused: 'bad-countdown' | 'counting-down' }> {
    const allowed = countdownSeconds === null || (Number.isInteger(countdownSeconds) && countdownSeconds >= 0 && countdownSeconds <= maxCountdownSeconds);
    if (!allowed) return { refused: 'bad-countdown' };
    await lockOwner(tx, input.owner);
    const { coalitionId, owner } = input;
    const { rows } = await tx.query<{ locator: Buffer; state: string }>(
      `SELECT locator, state FROM armed_packet
       WHERE coalition_id = $1 AND owner = $2 AND purpose = 'tap' AND state IN ('armed', 'counting', 'waiting') FOR UPDATE`,
      [coalitionId, Buffer.from(owner)],
    );
    const earlier = rows[0];
    // An alert that is about to be sent must not be lost by preparing the next one.
    if (earlier?.state === 'counting') return { refused: 'counting-down' };
    await tx.query('SAVEPOINT before_arming');
    // Out of the way of the rule "one button for an account", yet still there to be compared with.
    if (earlier !== undefined) await tx.query(`UPDATE armed_packet SET state = 'broken' WHERE coalition_id = $1 AND locator = $2`, [coalitionId, earlier.locator]);
    const armed = await this.store.put(tx, input, { purpose: 'tap', countdownSeconds });
    if ('refused' in armed || armed.repeated) {
      await tx.query('ROLLBACK TO SAVEPOINT before_arming');
      return 'refused' in armed ? armed : { ...armed, armed: true };
    }
    if (earlier !== undefined) await remove(tx, coalitionId, earlier.locator);
    return { ...armed, armed: true };
  }

  /** The release secret for the button, or null once the button was sent. */
  async releaseSecretForButton(tx: Tx, key: PacketKey): Promise<Uint8Array | null> {
    const row = await lockPacket(tx, key, 'tap');
    if (row === null || row.secret_sealed === null || row.state !== 'armed') return null;
    return this.gatekeeper.openSecret(row.coalition_id, row.alert_id, row.secret_sealed);
  }

  /**
   * The button is in the chat: from here on the server has a packet and no key. Harmless when repeated.
   *
   * @returns what the button is good for: it was `pressed` before this was known, or what it opens is `gone`
   */
  async buttonSent(tx: Tx, key: PacketKey): Promise<'in-place' | 'pressed' | 'gone'> {
    const row = await lockPacket(tx, key, 'tap');
    if (row === null || row.state === 'broken') return 'gone';
    // The secret of a countdown is its own: sealed by the press, opened at its end.
    if (row.state === 'counting' || row.state === 'fired') return 'pressed';
    await tx.query(`UPDATE armed_packet SET secret_sealed = NULL WHERE coalition_id = $1 AND locator = $2`, [key.coalitionId, Buffer.from(key.locator)]);
    return 'in-place';
  }

  /** The button was pressed. A second press changes nothing and is answered like the first; an expired packet counts. */
  async press(tx: Tx, key: PacketKey & { readonly releaseSecret: Uint8Array }): Promise<Pressed | PressRefusal> {
    const locked = await this.lockForRelease(tx, key);
    if ('refused' in locked) return locked;
    const { row } = locked;
    if (row.state === 'counting' && row.due_at !== null) return { fireAt: row.due_at };
    if (row.state === 'waiting') return { waiting: true };
    if (row.countdown_seconds === 0) return this.fire(tx, row, key.releaseSecret);
    if (row.countdown_seconds === null) {
      // Whoever presses has the secret; a copy that had not been deleted yet is not needed any more.
      await tx.query(`UPDATE armed_packet SET state = 'waiting', secret_sealed = NULL WHERE coalition_id = $1 AND locator = $2`, [row.coalition_id, row.locator]);
      return { waiting: true };
    }
    const sealed = this.gatekeeper.sealSecret(row.coalition_id, row.alert_id, key.releaseSecret);
    const { rows } = await tx.query<{ due_at: Date }>(
      `UPDATE armed_packet SET state = 'counting', secret_sealed = $3, due_at = clock_timestamp() + make_interval(secs => $4)
       WHERE coalition_id = $1 AND locator = $2 RETURNING due_at`,
      [row.coalition_id, row.locator, Buffer.from(sealed), row.countdown_seconds],
    );
    if (rows[0] === undefined) throw new Error('a locked packet is gone');
    return { fireAt: rows[0].due_at };
  }

  /** "Send now", before the countdown ends, while it waits, or without a press before. */
  async sendNow(tx: Tx, key: PacketKey & { readonly releaseSecret: Uint8Array }): Promise<Fired | PressRefusal> {
    const locked = await this.lockForRelease(tx, key);
    return 'refused' in locked ? locked : this.fire(tx, locked.row, key.releaseSecret);
  }

  /** Takes the press back. Harmless when nothing was pressed; once sent, only a stand-down of the alert helps. */
  async cancel(tx: Tx, key: PacketKey): Promise<{ readonly cancelled: true } | Unknown | AlreadyFired> {
    const row = await lockPacket(tx, key, 'tap');
    if (row === null || row.state === 'broken') return { refused: 'unknown-packet' };
    if (row.state === 'fired') return { refused: 'already-fired', alertId: row.alert_id };
    if (row.state !== 'armed') {
      await tx.query(
        `UPDATE armed_packet SET state = 'armed', secret_sealed = NULL, due_at = NULL WHERE coalition_id = $1 AND locator = $2`,
        [row.coalition_id, row.locator],
      );
    }
    return { cancelled: true };
  }

  /** Throws the account's tap packet away; its button opens nothing any more. Refused during a countdown. */
  async disarm(tx: Tx, { coalitionId, owner }: Omit<PacketKey, 'locator'>): Promise<{ readonly disarmed: boolean } | { readonly refused: 'counting-down' }> {
    await lockOwner(tx, owner);
    const { rows } = await tx.query<{ locator: Buffer; state: string }>(
      `SELECT locator, state FROM armed_packet
       WHERE coalition_id = $1 AND owner = $2 AND purpose = 'tap' AND state IN ('armed', 'counting', 'waiting') FOR UPDATE`,
      [coalitionId, Buffer.from(owner)],
    );
    if (rows[0]?.state === 'counting') return { refused: 'counting-down' };
    for (const { locator } of rows) await remove(tx, coalitionId, locator);
    return { disarmed: rows.length > 0 };
  }

  /**
   * Deletes everything that is kept about an account: packets, check-ins, notices, and which alerts were theirs. What
   * was sent stays with the responders; a countdown that still runs is over.
   */
  async forgetOwner(tx: Tx, { coalitionId, owner }: Omit<PacketKey, 'locator'>): Promise<void> {
    await lockOwner(tx, owner);
    const values = [coalitionId, Buffer.from(owner)];
    await tx.query('DELETE FROM armed_packet WHERE coalition_id = $1 AND owner = $2', values);
    await tx.query('DELETE FROM armed_notice WHERE coalition_id = $1 AND owner = $2', values);
  }

  /** Call after the commit of whatever could have sent a packet. Never throws, never waits. */
  committed(): void {
    this.wake.afterCommit();
  }

  private fire(tx: Tx, row: PacketRow, secret: Uint8Array): Promise<Fired | FireRefusal> {
    return this.firing.fire(tx, row, secret, 'button');
  }

  /** The account and the commitment of the gates together say that this is the owner's own press. */
  private async lockForRelease(tx: Tx, key: PacketKey & { readonly releaseSecret: Uint8Array }): Promise<{ readonly row: PacketRow } | PressRefusal> {
    const row = await lockPacket(tx, key, 'tap');
    if (row === null || row.state === 'broken') return { refused: 'unknown-packet' };
    if (row.state === 'fired' || row.submission === null) return { refused: 'already-fired', alertId: row.alert_id };
    const split = splitSubmission(row.submission);
    if ('refused' in split) throw new Error('a stored packet cannot be read: its row was altered');
    const fits = key.releaseSecret.length === 32 && releaseKeysOf(this.p, parseEnvelope(split.envelope), key.releaseSecret) !== null;
    return fits ? { row } : { refused: 'wrong-secret' };
  }
}

/** The packet, and with it (by the foreign key) its check-in. */
async function remove(tx: Tx, coalitionId: number, locator: Buffer): Promise<void> {
  await tx.query('DELETE FROM armed_packet WHERE coalition_id = $1 AND locator = $2', [coalitionId, locator]);
}

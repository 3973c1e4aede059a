import type { ParsedEnvelope } from '@jardam/protocol';
import type { Tx } from '../platform/database/database.js';

/** A release key as it is stored: opaque to everybody but the gatekeeper that sealed it. */
export interface SealedReleaseKey {
  readonly tier: number;
  readonly rkSealed: Uint8Array;
}

export interface Released {
  /** Release key by tier: the tiers asked for that have a gate and have been reached. */
  readonly keys: Map<number, Uint8Array>;
  /** Those given out for the first time: the caller writes a RELEASE event for each, in the same transaction. */
  readonly newlyReleased: number[];
}

/**
 * Keeps the release keys of later tiers until their turn comes.
 *
 * An abstract class and not only an interface, so that it can be injected, and so that a gatekeeper on another host
 * can take the place of the one in this process. What it protects against, and what not, is in docs/threat-model.md:
 * a leaked database together with a later tier's key cannot open an alert; a live server that conspires with that
 * tier can.
 */
export abstract class Gatekeeper {
  /**
   * Seals release keys for storage with the alert. Whether each matches its commitment in the envelope has been
   * checked by the caller (protocol: checkGate).
   *
   * @param keys 32-byte release key by tier
   */
  abstract seal(coalitionId: number, alertId: Uint8Array, keys: ReadonlyMap<number, Uint8Array>): SealedReleaseKey[];

  /** Stores sealed keys. The intake does the same within its single statement. */
  abstract store(tx: Tx, coalitionId: number, alertId: Uint8Array, keys: readonly SealedReleaseKey[]): Promise<void>;

  /**
   * Gives out the release keys of those tiers whose turn has come. A tier still to come, without consent, without a
   * gate, or whose key was destroyed is simply not in the answer. The caller holds the lock of alert_timer.
   */
  abstract release(tx: Tx, coalitionId: number, alertId: Uint8Array, tiers: readonly number[]): Promise<Released>;

  /**
   * Whether every gate of a further message commits to the release key that is kept for its tier. Follow-ups reuse
   * the keys of their report; a gate to any other key would never open. True when there is no gate.
   */
  abstract keepsKeysFor(tx: Tx, coalitionId: number, envelope: ParsedEnvelope): Promise<boolean>;

  /**
   * Destroys all release keys of a closed alert.
   *
   * @returns the tiers whose key was destroyed now; the caller writes GATE_DESTROYED for them. Empty the second time.
   */
  abstract destroy(tx: Tx, coalitionId: number, alertId: Uint8Array): Promise<number[]>;

  /**
   * Seals the release secret of an armed packet for as long as the server has to hold it: until its button was sent,
   * during a countdown, or with a check-in. Whether it opens the packet's gates has been checked by the caller.
   *
   * @param secret 32 bytes
   */
  abstract sealSecret(coalitionId: number, alertId: Uint8Array, secret: Uint8Array): Uint8Array;

  /** The release secret again. Throws when the box was altered: the key file was checked at start. */
  abstract openSecret(coalitionId: number, alertId: Uint8Array, sealed: Uint8Array): Uint8Array;
}

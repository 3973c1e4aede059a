import type { Tx } from '../../platform/database/database.js';

export type PacketState = 'armed' | 'counting' | 'waiting' | 'fired' | 'broken';

/** A row of armed_packet under its lock, with the time of the transaction. */
export interface PacketRow extends Record<string, unknown> {
  readonly coalition_id: number;
  readonly locator: Buffer;
  readonly owner: Buffer;
  readonly purpose: 'tap' | 'check_in';
  readonly state: PacketState;
  readonly alert_id: Buffer;
  /** What was posted; null once it became an alert. */
  readonly submission: Buffer | null;
  readonly roster_version: number;
  readonly secret_sealed: Buffer | null;
  readonly receipt_locator_hash: Buffer | null;
  readonly receipt_wrapped: Buffer | null;
  readonly chain_n: number;
  readonly chain_head: Buffer;
  readonly chain_at: Date;
  readonly armed_at: Date;
  readonly expires_at: Date;
  readonly countdown_seconds: number | null;
  readonly due_at: Date | null;
  readonly fired_at: Date | null;
  readonly now: Date;
}

/** Which packet, and whose: an account that did not arm it is told the same as for one that does not exist. */
export interface PacketKey {
  readonly coalitionId: number;
  /** Keyed hash of the account, 32 bytes. */
  readonly owner: Uint8Array;
  /** 12 bytes (protocol: armedLocator). */
  readonly locator: Uint8Array;
}

// Named one by one: a prepared statement with * breaks when a later migration adds a column.
const COLUMNS = `coalition_id, locator, owner, purpose, state, alert_id, submission, roster_version, secret_sealed,
  receipt_locator_hash, receipt_wrapped, chain_n, chain_head, chain_at, armed_at, expires_at, countdown_seconds, due_at,
  fired_at, now() AS now`;

/** Makes everything that one account does with its packets happen one after the other. */
export async function lockOwner(tx: Tx, owner: Uint8Array): Promise<void> {
  await tx.query('SELECT pg_advisory_xact_lock($1)', [Buffer.from(owner).readInt32BE(0)]);
}

/** Locks the owner's packet of that purpose; null when there is none of theirs. */
export async function lockPacket(tx: Tx, { coalitionId, owner, locator }: PacketKey, purpose: PacketRow['purpose']): Promise<PacketRow | null> {
  const { rows } = await tx.query<PacketRow>({
    name: 'armed-lock',
    text: `SELECT ${COLUMNS} FROM armed_packet
           WHERE coalition_id = $1 AND locator = $2 AND owner = $3 AND purpose = $4 FOR UPDATE`,
    values: [coalitionId, Buffer.from(locator), Buffer.from(owner), purpose],
  });
  return rows[0] ?? null;
}

/** Locks the packet that has been due for longest and that no other instance works on; null when nothing is due. */
export async function lockDuePacket(tx: Tx): Promise<PacketRow | null> {
  const { rows } = await tx.query<PacketRow>({
    name: 'armed-lock-due',
    text: `SELECT ${COLUMNS} FROM armed_packet WHERE due_at <= now()
           ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
  });
  return rows[0] ?? null;
}

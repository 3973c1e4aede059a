import { checkGate, concatBytes, u32, u8, wipe, type ParsedEnvelope, type Primitives } from '@jardam/protocol';
import type { Tx } from '../platform/database/database.js';
import { openUnder, sealUnder, type SealingPlace } from '../platform/keys/sealed-box.js';
import { Gatekeeper, type Released, type SealedReleaseKey } from './gatekeeper.js';

/** The gatekeeper in this process: its own table, opened only with its own key file. */
export class LocalGatekeeper extends Gatekeeper {
  /** @param key 32 bytes of the gatekeeper's key file */
  constructor(
    private readonly p: Primitives,
    private readonly key: Uint8Array,
  ) {
    super();
  }

  override seal(coalitionId: number, alertId: Uint8Array, keys: ReadonlyMap<number, Uint8Array>): SealedReleaseKey[] {
    return [...keys].map(([tier, rk]) => ({
      tier,
      rkSealed: sealUnder(this.p, this.key, placeOf(coalitionId, alertId, tier), rk),
    }));
  }

  override async store(tx: Tx, coalitionId: number, alertId: Uint8Array, keys: readonly SealedReleaseKey[]): Promise<void> {
    await tx.query(
      `INSERT INTO release_key (coalition_id, alert_id, tier, rk_sealed)
       SELECT $1, $2, tier, rk_sealed FROM unnest($3::smallint[], $4::bytea[]) AS key (tier, rk_sealed)`,
      [coalitionId, Buffer.from(alertId), keys.map((key) => key.tier), keys.map((key) => Buffer.from(key.rkSealed))],
    );
  }

  override async release(tx: Tx, coalitionId: number, alertId: Uint8Array, tiers: readonly number[]): Promise<Released> {
    // Reached is what the ladder says was entered, by whatever way: deadline, escalate-now, start. It is asked here
    // and not left to callers, so that there is one place where a key can get out. A tier of which nobody could be
    // told in time has been reached, too: its people may come by themselves, or by a message that got through late.
    const { rows } = await tx.query<{ tier: number; rk_sealed: Buffer; released_before: boolean }>({
      name: 'gatekeeper-release',
      text: `WITH reached AS (
               SELECT k.tier, k.rk_sealed, k.released_at IS NOT NULL AS released_before
               FROM release_key k
               WHERE k.coalition_id = $1 AND k.alert_id = $2 AND k.tier = ANY ($3::smallint[])
                 AND k.rk_sealed IS NOT NULL
                 AND EXISTS (SELECT FROM tier_entry e
                             WHERE e.coalition_id = k.coalition_id AND e.alert_id = k.alert_id AND e.tier = k.tier
                               AND e.outcome <> 'not_consented')
             ), marked AS (
               UPDATE release_key k SET released_at = now() FROM reached r
               WHERE k.coalition_id = $1 AND k.alert_id = $2 AND k.tier = r.tier AND k.released_at IS NULL
             )
             SELECT tier, rk_sealed, released_before FROM reached`,
      values: [coalitionId, Buffer.from(alertId), [...tiers]],
    });
    const keys = new Map(rows.map(({ tier, rk_sealed }) => [tier, this.open(coalitionId, alertId, tier, rk_sealed)]));
    return { keys, newlyReleased: rows.filter((row) => !row.released_before).map((row) => row.tier) };
  }

  override async keepsKeysFor(tx: Tx, coalitionId: number, envelope: ParsedEnvelope): Promise<boolean> {
    if (envelope.gates.length === 0) return true;
    const { rows } = await tx.query<{ tier: number; rk_sealed: Buffer }>(
      `SELECT tier, rk_sealed FROM release_key
       WHERE coalition_id = $1 AND alert_id = $2 AND tier = ANY ($3::smallint[]) AND rk_sealed IS NOT NULL`,
      [coalitionId, Buffer.from(envelope.alertId), envelope.gates.map(({ tier }) => tier)],
    );
    if (rows.length !== envelope.gates.length) return false;
    return rows.every(({ tier, rk_sealed }) => {
      const rk = this.open(coalitionId, envelope.alertId, tier, rk_sealed);
      const fits = checkGate(this.p, envelope, tier, rk);
      wipe(rk);
      return fits;
    });
  }

  override async destroy(tx: Tx, coalitionId: number, alertId: Uint8Array): Promise<number[]> {
    const { rows } = await tx.query<{ tier: number }>({
      name: 'gatekeeper-destroy',
      text: `UPDATE release_key SET rk_sealed = NULL, destroyed_at = now()
             WHERE coalition_id = $1 AND alert_id = $2 AND rk_sealed IS NOT NULL RETURNING tier`,
      values: [coalitionId, Buffer.from(alertId)],
    });
    return rows.map((row) => row.tier).sort((a, b) => a - b);
  }

  override sealSecret(coalitionId: number, alertId: Uint8Array, secret: Uint8Array): Uint8Array {
    return sealUnder(this.p, this.key, secretPlaceOf(coalitionId, alertId), secret);
  }

  override openSecret(coalitionId: number, alertId: Uint8Array, sealed: Uint8Array): Uint8Array {
    const secret = openUnder(this.p, this.key, secretPlaceOf(coalitionId, alertId), sealed);
    if (secret === null) throw new Error('a release secret does not open: its row was altered');
    return secret;
  }

  private open(coalitionId: number, alertId: Uint8Array, tier: number, sealed: Uint8Array): Uint8Array {
    const rk = openUnder(this.p, this.key, placeOf(coalitionId, alertId, tier), sealed);
    // The key file was checked at start, so the row itself was damaged or swapped.
    if (rk === null) throw new Error('a release key does not open: its row was altered');
    return rk;
  }
}

function placeOf(coalitionId: number, alertId: Uint8Array, tier: number): SealingPlace {
  return { label: 'jardam/release-key', context: concatBytes(u32(coalitionId), alertId, u8(tier)) };
}

function secretPlaceOf(coalitionId: number, alertId: Uint8Array): SealingPlace {
  return { label: 'jardam/release-secret', context: concatBytes(u32(coalitionId), alertId) };
}

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toHex, type Primitives } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import type { Released } from '../../src/gatekeeper/gatekeeper.js';
import { LocalGatekeeper } from '../../src/gatekeeper/local-gatekeeper.js';
import { TIER } from '../support/coalition.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('release keys of later tiers', () => {
  let p: Primitives;
  let test: TestDatabase;
  let key: Uint8Array;
  let gatekeeper: LocalGatekeeper;

  beforeAll(async () => {
    p = await loadSodium();
    test = await testDatabase();
    key = p.randomBytes(32);
    gatekeeper = new LocalGatekeeper(p, key);
  });
  afterAll(async () => {
    await test.drop();
  });

  /** An alert whose tiers 4 and 5 wait behind gates. */
  async function gatedAlert(): Promise<{ alertId: Uint8Array; keys: Map<number, Uint8Array> }> {
    const [alertId, bytes] = [p.randomBytes(16), Buffer.from(p.randomBytes(32))];
    const keys = new Map([TIER.T3, TIER.T4].map((tier) => [tier, p.randomBytes(32)]));
    await test.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
         VALUES (1, $1, $2, 1, 1, 1, $2, $2, '{1,4,5}')`,
        [Buffer.from(alertId), bytes],
      );
      await gatekeeper.store(tx, 1, alertId, gatekeeper.seal(1, alertId, keys));
    });
    return { alertId, keys };
  }
  const enter = (alertId: Uint8Array, tier: number, outcome: string, gen = 1): Promise<unknown> =>
    test.database.query('INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome) VALUES (1, $1, $2, $3, $4)', [Buffer.from(alertId), gen, tier, outcome]);
  const release = (alertId: Uint8Array, tiers: readonly number[], by = gatekeeper): Promise<Released> =>
    test.database.transaction((tx) => by.release(tx, 1, alertId, tiers));

  it('stay shut until their tier is reached', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T1, 'notified');
    expect(await release(alertId, [TIER.T3, TIER.T4])).toEqual({ keys: new Map(), newlyReleased: [] });
  });

  it('come out when it is, for that tier alone, and say that it was the first time', async () => {
    const { alertId, keys } = await gatedAlert();
    await enter(alertId, TIER.T3, 'notified');
    const first = await release(alertId, [TIER.T3, TIER.T4]);
    expect([...first.keys].map(([tier, rk]) => [tier, toHex(rk)])).toEqual([[TIER.T3, toHex(keys.get(TIER.T3) ?? new Uint8Array())]]);
    expect(first.newlyReleased).toEqual([TIER.T3]);
    const second = await release(alertId, [TIER.T3, TIER.T4]);
    expect([...second.keys.keys()]).toEqual([TIER.T3]);
    expect(second.newlyReleased).toEqual([]);
  });

  it('come out for a tier whose turn came although no message reached it: somebody may look by themselves', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T3, 'not_reached');
    expect([...(await release(alertId, [TIER.T3])).keys.keys()]).toEqual([TIER.T3]);
  });

  it('never come out for a tier that the sender did not consent to', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T4, 'not_consented');
    expect(await release(alertId, [TIER.T4])).toEqual({ keys: new Map(), newlyReleased: [] });
  });

  it('two people who ask at the same moment get the same key, and one of them is the first', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T4, 'notified');
    // As on the desk: whoever asks holds the alert's lock.
    const locked = (): Promise<Released> =>
      test.database.transaction(async (tx) => {
        await tx.query('SELECT FROM alert WHERE alert_id = $1 FOR UPDATE', [Buffer.from(alertId)]);
        return gatekeeper.release(tx, 1, alertId, [TIER.T4]);
      });
    const both = await Promise.all([locked(), locked()]);
    expect(both.flatMap(({ newlyReleased }) => newlyReleased)).toEqual([TIER.T4]);
    expect(new Set(both.map(({ keys }) => toHex(keys.get(TIER.T4) ?? new Uint8Array()))).size).toBe(1);
  });

  it('are destroyed when the alert closes, for good', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T3, 'notified');
    const destroy = (): Promise<number[]> => test.database.transaction((tx) => gatekeeper.destroy(tx, 1, alertId));
    expect(await destroy()).toEqual([TIER.T3, TIER.T4]);
    expect(await destroy()).toEqual([]);
    expect((await release(alertId, [TIER.T3])).keys.size).toBe(0);
    const { rows } = await test.database.query<{ left: number }>('SELECT count(rk_sealed) AS left FROM release_key WHERE alert_id = $1', [Buffer.from(alertId)]);
    expect(rows[0]?.left).toBe(0);
  });

  it('cannot be had from the database without the key file, nor by moving a row to a tier that was reached', async () => {
    const { alertId } = await gatedAlert();
    await enter(alertId, TIER.T3, 'notified');
    await expect(release(alertId, [TIER.T3], new LocalGatekeeper(p, p.randomBytes(32)))).rejects.toThrow('altered');
    await test.database.query(
      `UPDATE release_key SET rk_sealed = (SELECT rk_sealed FROM release_key WHERE alert_id = $1 AND tier = $3) WHERE alert_id = $1 AND tier = $2`,
      [Buffer.from(alertId), TIER.T3, TIER.T4],
    );
    await expect(release(alertId, [TIER.T3])).rejects.toThrow('altered');
  });
});

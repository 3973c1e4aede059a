import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyEventChain, type Primitives } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { EMPTY_CHAIN, EvidenceLog, type ChainHead } from '../../src/evidence/evidence-log.js';
import type { Tx } from '../../src/platform/database/database.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('the ledger in the database', () => {
  let p: Primitives;
  let test: TestDatabase;
  let log: EvidenceLog;

  beforeAll(async () => {
    p = await loadSodium();
    test = await testDatabase();
    log = new EvidenceLog(p);
  });
  afterAll(async () => {
    await test.drop();
  });

  async function alert(): Promise<Uint8Array> {
    const [alertId, bytes] = [p.randomBytes(16), Buffer.from(p.randomBytes(32))];
    const { rows, head } = log.chain(EMPTY_CHAIN, log.tagOf(alertId), new Date(), [{ type: 'SUBMIT' }]);
    await test.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
         VALUES (1, $1, $2, 1, 1, 1, $2, $2, '{1}')`,
        [Buffer.from(alertId), bytes],
      );
      await tx.query(
        `INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, due_at, due_kind, chain_n, chain_head, chain_at)
         VALUES (1, $1, 1, 1, 'notifying', 1, now(), 'escalate', $2, $3, $4)`,
        [Buffer.from(alertId), head.n, Buffer.from(head.hash), head.at],
      );
      await log.insert(tx, 1, alertId, rows);
    });
    return alertId;
  }

  const lock = async (tx: Tx, alertId: Uint8Array): Promise<ChainHead> => {
    const { rows } = await tx.query<{ chain_n: number; chain_head: Buffer; chain_at: Date }>(
      'SELECT chain_n, chain_head, chain_at FROM alert_timer WHERE alert_id = $1 FOR UPDATE',
      [Buffer.from(alertId)],
    );
    const row = rows[0];
    if (row === undefined) throw new Error('no such alert');
    return { n: row.chain_n, hash: row.chain_head, at: row.chain_at };
  };

  it('forty transactions at once leave one chain without a gap', async () => {
    const alertId = await alert();
    await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        test.database.transaction(async (tx) => {
          const at = (await tx.query<{ now: Date }>('SELECT now() AS now')).rows[0]?.now ?? new Date();
          await log.appendToAlert(tx, 1, alertId, await lock(tx, alertId), at, [{ type: 'SEEN', actorRid: new Uint8Array(16).fill(n) }, { type: 'ACTION' }]);
        }),
      ),
    );
    const events = await log.readAlert(test.database, 1, alertId);
    expect(events).toHaveLength(81);
    expect(verifyEventChain(p, events.map(({ body }) => body))).not.toHaveProperty('refused');
    expect((await test.database.transaction((tx) => lock(tx, alertId))).n).toBe(80);
  });

  it('an event that was written on an old picture of the chain breaks its transaction', async () => {
    const alertId = await alert();
    const stale = await test.database.transaction((tx) => lock(tx, alertId));
    await test.database.transaction(async (tx) => log.appendToAlert(tx, 1, alertId, await lock(tx, alertId), new Date(), [{ type: 'SEEN' }]));
    await expect(test.database.transaction((tx) => log.appendToAlert(tx, 1, alertId, stale, new Date(), [{ type: 'ACK' }]))).rejects.toThrow();
    expect((await log.readAlert(test.database, 1, alertId)).map(({ type }) => type)).toEqual(['SUBMIT', 'SEEN']);
  });

  it('nobody changes what is on record, not even the service itself', async () => {
    const alertId = await alert();
    for (const statement of [`UPDATE event SET type = 'ACK'`, 'DELETE FROM event', 'TRUNCATE event']) {
      await expect(test.database.query(statement)).rejects.toThrow(/permission denied|append-only/);
    }
    expect(await log.readAlert(test.database, 1, alertId)).toHaveLength(1);
  });

  it('the coalition’s own chain grows in order, whoever writes at the same time', async () => {
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        test.database.transaction((tx) => log.appendToCoalition(tx, 1, new Date(), [{ type: 'POLICY', object: new Uint8Array(32).fill(n) }])),
      ),
    );
    const events = await log.readAlert(test.database, 1, new Uint8Array(16));
    expect(verifyEventChain(p, events.map(({ body }) => body))).not.toHaveProperty('refused');
    expect(events).toHaveLength(10);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EnvelopeError, openReply, signPkOf, verifyRosterChain, verifyStatement } from '@jardam/protocol';
import { nextRoster, TIER } from '../support/coalition.js';
import { openReportAs, sealAlert, sealMessageAs, signAct } from '../support/sealed-alert.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';
import { testDatabase, type TestDatabase } from '../support/database.js';

describe('the coalition that the tests use', () => {
  let db: TestDatabase;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    db = await testDatabase();
    coalition = await demoCoalition(db.database);
  });
  afterAll(async () => db.drop());

  it('has a roster that verifies, and stands in the database', async () => {
    const { p, instanceId, roster } = coalition;
    expect(verifyRosterChain(p, [roster.signed], { instanceId, now: Date.now() }).current.body.version).toBe(1);
    const members = await db.database.query<{ tier: number; n: number }>(
      `SELECT tier, count(*) AS n FROM tier_member GROUP BY tier ORDER BY tier`,
    );
    expect(members.rows).toEqual([
      { tier: TIER.T1, n: 1 },
      { tier: TIER.T1b, n: 2 },
      { tier: TIER.T2, n: 1 },
      { tier: TIER.T3, n: 1 },
      { tier: TIER.T4, n: 2 },
    ]);
  });

  it('publishes a next version that revokes somebody', async () => {
    const { p, instanceId, roster } = coalition;
    const next = nextRoster(coalition, (body) => ({
      responders: body.responders.map((each) => (each.org === 'lawyers' ? { ...each, status: 'revoked' as const } : each)),
    }));
    expect(verifyRosterChain(p, [roster.signed, next.signed], { instanceId, now: Date.now() }).current.body.version).toBe(2);
    await db.database.transaction((tx) => publishRoster(tx, db.database, coalition, next));
    const { rows } = await db.database.query(`SELECT 1 FROM tier_member WHERE org = 'lawyers'`);
    expect(rows).toHaveLength(0);
  });

  it('seals reports that the right people open, the gated tiers only with their key', () => {
    const { people } = coalition;
    const alert = sealAlert(coalition, { answers: { what: 'canary' } });
    expect(openReportAs(coalition, people.osh, alert.envelope.bytes).payload.answers.what).toBe('canary');
    expect(() => openReportAs(coalition, people.euFocal, alert.envelope.bytes)).toThrow(new EnvelopeError('gate-closed'));
    const rk = alert.releaseKeys.get(TIER.T4);
    if (rk === undefined) throw new Error('a report gates the EU tier');
    expect(openReportAs(coalition, people.euFocal, alert.envelope.bytes, new Map([[TIER.T4, rk]])).tier).toBe(TIER.T4);

    const withoutEu = sealAlert(coalition, { consents: { eu: false } });
    expect(withoutEu.header.tiers).not.toContain(TIER.T4);
    expect(withoutEu.releaseKeys.has(TIER.T4)).toBe(false);
  });

  it('signs acts and replies as its people', () => {
    const { p, people, roster } = coalition;
    const alert = sealAlert(coalition, { t: 'panic' });
    const act = signAct(coalition, people.osh, alert, { type: 'ack', prevEventHash: p.randomBytes(32) });
    const expected = { rid: people.osh.rid, signPk: people.osh.keys.signPk, tag: alert.tag, hh: alert.envelope.hh };
    expect(verifyStatement(p, act, expected)).toHaveProperty('statement.type', 'ack');
    expect(act.body.proof).toBeDefined();

    const reply = sealMessageAs(coalition, people.osh, alert, 4, 'We are on our way');
    const opened = openReply(p, reply.bytes, {
      kind: 4,
      kemSecretKeys: [alert.sender.replyKem.secretKey],
      signPkOf: (rid, time) => signPkOf(roster.body, rid, time),
    });
    expect(opened).toMatchObject({ rid: people.osh.ridHex, text: 'We are on our way' });
  });
});

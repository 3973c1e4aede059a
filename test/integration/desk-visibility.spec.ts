import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toBase64url } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type PersonName } from '../support/coalition.js';
import { signIn, submit, type DeskClient } from '../support/desk-client.js';
import { sealAlert, sealMessageAs, signAct, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

// The engine is off: these tests say themselves which tier has its turn.
describe('who may see an alert on the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  const desks = new Map<PersonName, DeskClient>();

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    for (const person of Object.values(coalition.people)) desks.set(person.name, await signIn(app.url, coalition, person));
  });
  afterAll(async () => app.stop());

  const desk = (name: PersonName): DeskClient => {
    const client = desks.get(name);
    if (client === undefined) throw new Error('nobody of that name');
    return client;
  };
  const report = async (options: AlertOptions = {}): Promise<SealedAlert> => {
    const alert = sealAlert(coalition, options);
    await submit(app.url, alert);
    return alert;
  };
  const enter = async (alert: SealedAlert, tier: number, outcome = 'notified'): Promise<void> => {
    await app.database.query(`INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome) VALUES (1, $1, 100 + $2, $2, $3)`, [
      Buffer.from(alert.alertId),
      tier,
      outcome,
    ]);
  };
  const sees = async (name: PersonName, alert: SealedAlert): Promise<boolean> => {
    const client = desk(name);
    const file = await client.get(`/desk/alerts/${alert.alertIdHex}`);
    const queue = (await client.get('/desk/alerts')).json<{ alerts: { alertId: string }[] }>();
    const listed = queue.alerts.some(({ alertId }) => alertId === alert.alertIdHex);
    expect([200, 404]).toContain(file.status);
    expect(listed).toBe(file.status === 200);
    return listed;
  };
  const whoSees = async (alert: SealedAlert): Promise<string[]> => {
    const names = [...desks.keys()].filter((name) => name !== 'newcomer');
    const seen: string[] = [];
    for (const name of names) if (await sees(name, alert)) seen.push(name);
    return seen.sort();
  };

  it('are the people of the tiers that have had their turn', async () => {
    const alert = await report();
    expect(await whoSees(alert)).toEqual(['osh']);
    await enter(alert, TIER.T1b);
    expect(await whoSees(alert)).toEqual(['lawyer', 'osh', 'oshReserve']);
    await enter(alert, TIER.T4);
    expect(await whoSees(alert)).toEqual(['euDeputy', 'euFocal', 'lawyer', 'osh', 'oshReserve']);
  });

  it('are not those whose turn has not come: every address of the alert says 404, as if there were none', async () => {
    const alert = await report();
    const { p, people } = coalition;
    const early = desk('euFocal');
    const note = sealMessageAs(coalition, people.euFocal, alert, 5, 'note');
    const { body } = await desk('osh').sign(alert, 'ack');
    const at = `/desk/alerts/${alert.alertIdHex}`;
    const answers = [
      await early.get(at),
      await early.get(`${at}/envelopes/${toBase64url(alert.envelope.envelopeHash)}`),
      await early.get(`${at}/objects/${'00'.repeat(16)}`),
      await early.send('POST', `${at}/messages`, { bytes: note.bytes }),
      await early.get(`/desk/alerts/${Buffer.from(p.randomBytes(16)).toString('hex')}`),
      await early.get('/desk/alerts/not-an-id'),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(answer.json()).toEqual(answers[0]?.json());
    }
    // Somebody else's statement is refused before anything is looked up; their own finds nothing.
    expect((await early.send('POST', `${at}/statements`, { json: body })).status).toBe(403);
    expect(await statementBy('euFocal', alert)).toBe(404);
  });

  it('are those of a tier in which nobody could be told: whoever looks by themselves must be able to help', async () => {
    const alert = await report();
    await enter(alert, TIER.T4, 'not_reached');
    expect(await sees('euFocal', alert)).toBe(true);
    const file = (await desk('euFocal').get(`/desk/alerts/${alert.alertIdHex}`)).json<{ releaseKeys: Record<string, string> }>();
    expect(Object.keys(file.releaseKeys)).toEqual([String(TIER.T4)]);
  });

  it('are never those to whom the defender did not consent, even if the ladder came by', async () => {
    const alert = await report({ consents: { eu: false } });
    await enter(alert, TIER.T4, 'not_consented');
    expect(await sees('euFocal', alert)).toBe(false);
    // Even a wrong row does not help: the sender's own list of tiers stands above it.
    await app.database.query(`UPDATE tier_entry SET outcome = 'notified' WHERE alert_id = $1 AND tier = $2`, [Buffer.from(alert.alertId), TIER.T4]);
    expect(await sees('euFocal', alert)).toBe(false);
  });

  it('are never people of an organisation that the defender left out', async () => {
    const alert = await report({ exclude: ['lawyers'] });
    await enter(alert, TIER.T1b);
    expect(await whoSees(alert)).toEqual(['osh', 'oshReserve']);
    await handOver(alert, 'lawyer');
    expect(await sees('lawyer', alert)).toBe(false);
  });

  it('are those to whom it was handed over, as far as the consents go', async () => {
    const alert = await report({ consents: { eu: false } });
    expect(await sees('coordinator', alert)).toBe(false);
    await handOver(alert, 'coordinator');
    expect(await sees('coordinator', alert)).toBe(true);
    await handOver(alert, 'euFocal');
    expect(await sees('euFocal', alert)).toBe(false);
  });

  it('are nobody of another coalition', async () => {
    await report();
    const alertId = coalition.p.randomBytes(16);
    const { rows } = await app.database.query<{ policy: number }>(`SELECT policy_version_id AS policy FROM policy_version LIMIT 1`);
    // A second coalition with the same people's ids, whose alert has had every tier.
    await app.database.query(`INSERT INTO coalition (coalition_id, slug) VALUES (2, 'other')`);
    await app.database.query(`INSERT INTO responder SELECT 2, rid, org, role, sig_pk, kem_pk, status, not_before, not_after FROM responder`);
    await app.database.query(`INSERT INTO tier_member SELECT 2, tier, rid, org FROM tier_member`);
    await app.database.query(
      `INSERT INTO alert (coalition_id, alert_id, tag, severity, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers)
       SELECT 2, $1, tag, severity, $2, roster_version, sender_pk, $3, tiers FROM alert LIMIT 1`,
      [Buffer.from(alertId), rows[0]?.policy, Buffer.from(coalition.p.randomBytes(32))],
    );
    await app.database.query(
      `INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, due_at, due_kind, chain_n, chain_head, chain_at)
       VALUES (2, $1, $2, 1, 'notifying', 1, now(), 'escalate', 0, $3, now())`,
      [Buffer.from(alertId), rows[0]?.policy, Buffer.from(coalition.p.randomBytes(32))],
    );
    await app.database.query(
      `INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome) SELECT 2, $1, tier, tier, 'notified' FROM generate_series(1, 5) tier`,
      [Buffer.from(alertId)],
    );
    const foreign = { alertIdHex: Buffer.from(alertId).toString('hex') } as SealedAlert;
    expect(await whoSees(foreign)).toEqual([]);
  });

  it('are nobody on probation, and nobody whose key has passed its date', async () => {
    const alert = await report();
    expect((await desk('newcomer').get(`/desk/alerts/${alert.alertIdHex}`)).status).toBe(403);
    await app.database.query(`UPDATE responder SET not_after = now() - interval '1 day' WHERE rid = $1 AND coalition_id = 1`, [Buffer.from(coalition.people.osh.rid)]);
    const refused = await desk('osh').get(`/desk/alerts/${alert.alertIdHex}`);
    expect([refused.status, refused.json().code]).toEqual([403, 'key-expired']);
    await app.database.query(`UPDATE responder SET not_after = now() + interval '1 day' WHERE rid = $1`, [Buffer.from(coalition.people.osh.rid)]);
    expect(await sees('osh', alert)).toBe(true);
  });

  const handOver = async (alert: SealedAlert, to: PersonName): Promise<void> => {
    await app.database.query(
      `INSERT INTO hand_over (coalition_id, alert_id, gen, from_rid, to_rid) VALUES (1, $1, 1, $2, $3)
       ON CONFLICT (coalition_id, alert_id, gen, from_rid) DO UPDATE SET to_rid = excluded.to_rid`,
      [Buffer.from(alert.alertId), Buffer.from(coalition.people.osh.rid), Buffer.from(coalition.people[to].rid)],
    );
  };
  const statementBy = async (name: PersonName, alert: SealedAlert): Promise<number> => {
    const { body } = signAct(coalition, coalition.people[name], alert, { type: 'ack', prevEventHash: coalition.p.randomBytes(32) });
    return (await desk(name).send('POST', `/desk/alerts/${alert.alertIdHex}/statements`, { json: body })).status;
  };
});

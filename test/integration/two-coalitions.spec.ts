import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { INSTANCE_CONFIG } from '../../src/platform/config/slices.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { signIn, submit } from '../support/desk-client.js';
import { sendingTo, until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { shortLadder } from '../e2e/support/world.js';

const stepMs = 700;
const other = 2;

/**
 * The worst neighbour: a second coalition in the same database with the same people's ids, the same policy number and,
 * which chance would never bring, the same alert ids. Whatever joins without the coalition mixes them up.
 */
describe('two coalitions in one database (rule 23)', () => {
  let sink: MailSink;
  let app: TestApp;
  let second: TestApp;
  let coalition: StoredCoalition;
  const alerts: SealedAlert[] = [];

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port) });
    coalition = await demoCoalition(app.database, { policy: shortLadder(stepMs), contacts: app.service.app.get(ContactBook) });
    await makeNeighbour();
    // Two engines, as everywhere.
    second = await testApp({ config: { ...sendingTo(sink.port), instance: { dataDir: app.service.app.get<{ dataDir: string }>(INSTANCE_CONFIG).dataDir } }, databaseUrl: app.databaseUrl });
  });
  afterAll(async () => {
    await second.stop();
    await app.stop();
    await sink.stop();
  });

  async function makeNeighbour(): Promise<void> {
    const contacts = app.service.app.get(ContactBook);
    await app.database.transaction(async (tx) => {
      await tx.query(`INSERT INTO coalition (coalition_id, slug) VALUES ($1, 'other')`, [other]);
      await tx.query(`INSERT INTO responder SELECT $1, rid, org, role, sig_pk, kem_pk, status, not_before, not_after FROM responder`, [other]);
      await tx.query(`INSERT INTO tier_member SELECT $1, tier, rid, org FROM tier_member`, [other]);
      await tx.query(
        `INSERT INTO policy_version (coalition_id, policy_version_id, policy_id, version, body, sha256) OVERRIDING SYSTEM VALUE
         SELECT $1, policy_version_id, policy_id, version, body, sha256 FROM policy_version`,
        [other],
      );
      const add = (address: string, to: { purpose: 'responder'; rid: Uint8Array } | { purpose: 'duty_desk' | 'operator' }): Promise<string> =>
        contacts.add(tx, { coalitionId: other, channel: 'email', address, lang: 'en', verified: true, ...to });
      for (const { name, rid } of Object.values(coalition.people)) await add(`${name.toLowerCase()}@neighbour.example`, { purpose: 'responder', rid });
      for (const purpose of ['duty_desk', 'operator'] as const) await add(`${purpose}@neighbour.example`, { purpose });
    });
  }

  /** The same alert, as it stands now, for the neighbour too. */
  async function copyToNeighbour(alert: SealedAlert): Promise<void> {
    const values = [other, Buffer.from(alert.alertId)];
    await app.database.transaction(async (tx) => {
      await tx.query('SELECT FROM alert_timer WHERE coalition_id = 1 AND alert_id = $1 FOR UPDATE', [values[1]]);
      await tx.query(
        `INSERT INTO alert (coalition_id, alert_id, tag, severity, drill, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers, excluded_orgs)
         SELECT $1, alert_id, tag, severity, drill, policy_version_id, roster_version, sender_pk, mailbox_hash, tiers, excluded_orgs
         FROM alert WHERE coalition_id = 1 AND alert_id = $2`,
        values,
      );
      await tx.query(
        `INSERT INTO alert_timer (coalition_id, alert_id, policy_version_id, severity, state, tier, loop, gen, round_gen, due_at, due_kind, chain_n, chain_head, chain_at)
         SELECT $1, alert_id, policy_version_id, severity, state, tier, loop, gen, round_gen, due_at, due_kind, chain_n, chain_head, chain_at
         FROM alert_timer WHERE coalition_id = 1 AND alert_id = $2`,
        values,
      );
      await tx.query(`INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, loop, outcome, reason, entered_at) SELECT $1, alert_id, gen, tier, loop, outcome, reason, entered_at FROM tier_entry WHERE coalition_id = 1 AND alert_id = $2`, values);
      await tx.query(
        `INSERT INTO event (coalition_id, alert_id, n, type, at, actor_rid, tier, body, hash, statement, detail)
         SELECT $1, alert_id, n, type, at, actor_rid, tier, body, hash, statement, detail FROM event WHERE coalition_id = 1 AND alert_id = $2`,
        values,
      );
    });
  }

  const timers = async (coalitionId: number) =>
    (await app.database.query<{ state: string; gen: number; loop: number }>('SELECT state, gen, loop FROM alert_timer WHERE coalition_id = $1', [coalitionId])).rows;

  it('climb apart: one is answered, the other goes on to its own duty desk, and nobody hears of what is not theirs', async () => {
    for (let n = 0; n < 3; n++) {
      const alert = sealAlert(coalition, { severity: 'S1', t: 'panic' });
      await submit(app.url, alert);
      await copyToNeighbour(alert);
      alerts.push(alert);
    }
    const osh = await signIn(app.url, coalition, coalition.people.osh);
    for (const alert of alerts) expect((await osh.act(alert, 'ack')).json()).toMatchObject({ state: 'acknowledged' });
    const answered = sink.mails.length;

    await until('the neighbour’s duty desk is told of each', () => sink.mails.filter(({ to }) => to === 'duty_desk@neighbour.example').length >= alerts.length);
    // That somebody there has answered silences nobody here: in the second round the first is told as well.
    await until('their first is told', () => sink.mails.filter(({ to }) => to === 'osh@neighbour.example').length >= alerts.length);
    expect((await timers(1)).map(({ state, loop }) => `${state} ${loop}`)).toEqual(alerts.map(() => 'acknowledged 0'));
    expect((await timers(other)).every(({ state, loop }) => state === 'notifying' && loop > 0)).toBe(true);
    for (const address of ['lawyer', 'coordinator', 'abroad', 'eufocal', 'eudeputy']) {
      expect([address, sink.mails.filter(({ to }) => to === `${address}@neighbour.example`).length >= alerts.length]).toEqual([address, true]);
    }
    // After the answer nobody of the first coalition was told anything more than that somebody has it.
    const late = await app.database.query(
      `SELECT FROM delivery d JOIN ack k USING (coalition_id, alert_id) WHERE d.coalition_id = 1 AND d.purpose = 'notify' AND d.created_at > k.at`,
    );
    expect(late.rowCount).toBe(0);
    expect(sink.mails.length).toBeGreaterThan(answered);
  }, 90_000);

  it('share no row and no recipient', async () => {
    const { rows } = await app.database.query<{ coalition_id: number; delivery_id: string }>('SELECT coalition_id, delivery_id FROM delivery');
    const owner = new Map(rows.map(({ coalition_id, delivery_id }) => [delivery_id, coalition_id]));
    for (const { messageId, to } of sink.mails) {
      const coalitionId = owner.get(messageId.replace(/^<|@.*$/g, ''));
      expect([to, coalitionId]).toEqual([to, to.endsWith('@neighbour.example') ? other : 1]);
    }
    const strangers = await app.database.query('SELECT FROM delivery d WHERE NOT EXISTS (SELECT FROM contact c WHERE c.coalition_id = d.coalition_id AND c.contact_id = d.contact_id)');
    expect(strangers.rowCount).toBe(0);
    // Each has its own chain of events, without a gap, that ends where its timer says.
    const chains = await app.database.query<{ whole: boolean }>(
      `SELECT max(e.n) = t.chain_n AND count(*) = t.chain_n + 1 - min(e.n) AS whole
       FROM alert_timer t JOIN event e USING (coalition_id, alert_id) GROUP BY t.coalition_id, t.alert_id, t.chain_n`,
    );
    expect(chains.rows).toEqual(Array.from({ length: 2 * alerts.length }, () => ({ whole: true })));
    const signed = await app.database.query('SELECT FROM ack WHERE coalition_id = $1', [other]);
    expect(signed.rowCount).toBe(0);
  });
});

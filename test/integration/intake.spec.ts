import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toBase64url, verifyEventChain } from '@jardam/protocol';
import { testApp, type TestApp } from '../support/app.js';
import { TIER } from '../support/coalition.js';
import { Defender } from '../support/defender.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('a report comes in', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let defender: Defender;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
    defender = new Defender(app.url);
  });
  afterAll(async () => {
    await app.stop();
  });

  it('is answered after the commit, with the next time and tier', async () => {
    const alert = sealAlert(coalition);
    const { status, json } = await defender.send(alert.submission);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      alertId: alert.alertIdHex,
      envelopeHash: toBase64url(alert.envelope.envelopeHash),
      tag: toBase64url(alert.tag),
      severity: 'S1',
      state: 'notifying',
      next: { tier: TIER.T1b },
    });
    const next = json['next'] as { at: string };
    expect(Date.parse(next.at) - Date.parse(json['receivedAt'] as string)).toBe(5 * 60_000);
  });

  it('answers with the very ladder that the mailbox will show', async () => {
    const alert = sealAlert(coalition, { consents: { eu: false } });
    const { json } = await defender.send(alert.submission);
    const mailbox = await defender.mailbox(alert);
    expect(json['ladder']).toEqual(mailbox.json['view']);
    const tiers = (mailbox.json['view'] as { tiers: { tier: number; status: string }[] }).tiers;
    expect(tiers.find(({ tier }) => tier === TIER.T4)?.status).toBe('not_consented');
  });

  it('leaves envelope, keys, ladder, outbox and a chain that verifies', async () => {
    const alert = sealAlert(coalition);
    await defender.send(alert.submission);
    const rows = async (table: string): Promise<Record<string, unknown>[]> =>
      (await app.database.query(`SELECT * FROM ${table} WHERE alert_id = $1`, [Buffer.from(alert.alertId)])).rows;
    expect((await rows('envelope')).map(({ sealed }) => sealed)).toEqual([Buffer.from(alert.envelope.bytes)]);
    expect((await rows('release_key')).map(({ tier }) => tier).sort()).toEqual([TIER.T3, TIER.T4]);
    expect(await rows('tier_entry')).toContainEqual(expect.objectContaining({ tier: TIER.T1, outcome: 'notified' }));
    expect(await rows('delivery')).toEqual([
      expect.objectContaining({ contact_id: coalition.contactIds.get('osh'), purpose: 'notify', state: 'pending' }),
    ]);
    const { rows: events } = await app.database.query<{ type: string; body: Buffer }>(
      'SELECT type, body FROM event WHERE alert_id = $1 ORDER BY n',
      [Buffer.from(alert.alertId)],
    );
    expect(events[0]?.type).toBe('SUBMIT');
    expect(verifyEventChain(coalition.p, events.map(({ body }) => body))).not.toHaveProperty('refused');
    const timer = (await rows('alert_timer'))[0];
    expect(timer).toMatchObject({ chain_n: events.length - 1, state: 'notifying', tier: TIER.T1 });
  });

  it('keeps release keys where a look into the database does not find them', async () => {
    const alert = sealAlert(coalition);
    await defender.send(alert.submission);
    const { rows } = await app.database.query<{ rk_sealed: Buffer }>('SELECT rk_sealed FROM release_key WHERE alert_id = $1', [
      Buffer.from(alert.alertId),
    ]);
    for (const rk of alert.releaseKeys.values()) {
      for (const row of rows) expect(row.rk_sealed.includes(Buffer.from(rk))).toBe(false);
    }
  });

  it('sent again after a lost answer, is the same report', async () => {
    const alert = sealAlert(coalition);
    const first = await defender.send(alert.submission);
    const again = await defender.send(alert.submission);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.json).toEqual(first.json);
    const { rows } = await app.database.query<{ n: number }>('SELECT count(*) AS n FROM delivery WHERE alert_id = $1', [Buffer.from(alert.alertId)]);
    expect(rows[0]?.n).toBe(1);
  });

  it('sent twenty times at once, is accepted once', async () => {
    const alert = sealAlert(coalition);
    const replies = await Promise.all(Array.from({ length: 20 }, () => defender.send(alert.submission)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(19);
  });

  it('among sixty others, gets its own answer and its own rows', async () => {
    const alerts = Array.from({ length: 60 }, () => sealAlert(coalition, { gated: [] }));
    const replies = await Promise.all(alerts.map((alert) => defender.send(alert.submission)));
    expect(replies.map(({ status, json }) => [status, json['alertId']])).toEqual(alerts.map(({ alertIdHex }) => [201, alertIdHex]));
    for (const alert of alerts.slice(0, 10)) {
      const { rows } = await app.database.query<{ sealed: Buffer }>('SELECT sealed FROM envelope WHERE alert_id = $1', [Buffer.from(alert.alertId)]);
      expect(rows[0]?.sealed.equals(Buffer.from(alert.envelope.bytes))).toBe(true);
    }
  });

  it('of low severity waits for the shift, and says when that is', async () => {
    const { json, status } = await defender.send(sealAlert(coalition, { severity: 'S4' }).submission);
    expect(status).toBe(201);
    expect(json).toMatchObject({ severity: 'S4', next: expect.anything() });
  });
});

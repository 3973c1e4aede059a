import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ENVELOPE_KINDS, sealEnvelope, toBase64url, utf8, type SealInput } from '@jardam/protocol';
import { testApp, type TestApp } from '../support/app.js';
import { Defender } from '../support/defender.js';
import { sealAlert, sealNext, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('the defender writes again', () => {
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

  async function sent(): Promise<SealedAlert> {
    const alert = sealAlert(coalition);
    expect((await defender.send(alert.submission)).status).toBe(201);
    return alert;
  }

  const typesOf = async (alert: SealedAlert): Promise<string[]> =>
    (await app.database.query<{ type: string }>('SELECT type FROM event WHERE alert_id = $1 ORDER BY n', [Buffer.from(alert.alertId)])).rows.map(({ type }) => type);

  /** A message with anything about it changed, signed by the alert's sender unless said otherwise. */
  function sealOther(alert: SealedAlert, change: Partial<SealInput>): Uint8Array {
    return sealEnvelope(coalition.p, {
      kind: ENVELOPE_KINDS.followup,
      alertId: alert.alertId,
      seq: 1,
      prevHash: alert.envelope.envelopeHash,
      rosterVersion: coalition.roster.body.version,
      rosterHash: coalition.roster.hash,
      senderSeed: alert.sender.signSeed,
      recipients: alert.recipients,
      gates: [],
      data: utf8('{}'),
      ...change,
    }).bytes;
  }

  it('a follow-up is stored behind the report, and the mailbox tells the new end', async () => {
    const alert = await sent();
    const more = sealNext(coalition, alert, 3, { text: 'They have moved her.' });
    const reply = await defender.sendMessage(alert, more.bytes);
    expect(reply).toMatchObject({ status: 201, json: { envelopeHash: toBase64url(more.envelopeHash) } });
    expect((await defender.mailbox(alert)).json).toMatchObject({ lastSeq: 1, lastHash: toBase64url(more.envelopeHash) });
    const third = sealNext(coalition, alert, 3, { text: 'And again.' }, more);
    expect((await defender.sendMessage(alert, third.bytes)).status).toBe(201);
  });

  it('the same bytes again, one after the other or at once, are one message', async () => {
    const alert = await sent();
    const more = sealNext(coalition, alert, 3, { text: 'once' });
    const replies = await Promise.all(Array.from({ length: 8 }, () => defender.sendMessage(alert, more.bytes)));
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    expect(new Set(replies.map(({ json }) => JSON.stringify(json))).size).toBe(1);
  });

  it('asking to stand down pauses the ladder, and is on record', async () => {
    const alert = await sent();
    const wish = sealNext(coalition, alert, 6, { reason: 'safe' });
    expect((await defender.sendMessage(alert, wish.bytes)).status).toBe(201);
    expect((await defender.mailbox(alert)).json).toMatchObject({ view: { state: 'paused' } });
    expect(await typesOf(alert)).toEqual(expect.arrayContaining(['STAND_DOWN_REQUEST', 'PAUSE']));
  });

  it('a follow-up may close the gates of its report, with the keys that are kept, and with no others', async () => {
    const alert = await sent();
    const gates = [...alert.releaseKeys].map(([tier, rk]) => ({ tier, rk }));
    const other = gates.map(({ tier }) => ({ tier, rk: coalition.p.randomBytes(32) }));
    expect(await defender.sendMessage(alert, sealOther(alert, { gates: other }))).toMatchObject({ status: 422, json: { code: 'bad-gate' } });
    expect((await defender.sendMessage(alert, sealOther(alert, { gates }))).status).toBe(201);
  });

  it('one that skips a number is told the right one', async () => {
    const alert = await sent();
    expect(await defender.sendMessage(alert, sealOther(alert, { seq: 3 }))).toMatchObject({ status: 409, json: { code: 'out-of-order', expectedSeq: 1 } });
    expect(await defender.sendMessage(alert, sealOther(alert, { prevHash: new Uint8Array(32) }))).toMatchObject({ status: 409, json: { code: 'out-of-order' } });
  });

  it('another text under a number that is taken is a replay', async () => {
    const alert = await sent();
    await defender.sendMessage(alert, sealOther(alert, {}));
    expect(await defender.sendMessage(alert, sealOther(alert, {}))).toMatchObject({ status: 409, json: { code: 'replayed' } });
  });

  it('nobody else can write to an alert, whatever they know about it', async () => {
    const alert = await sent();
    const stranger = sealOther(alert, { senderSeed: coalition.p.randomBytes(32) });
    expect(await defender.sendMessage(alert, stranger)).toMatchObject({ status: 422, json: { code: 'wrong-sender' } });
    const forged = sealOther(alert, {});
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    expect(await defender.sendMessage(alert, forged)).toMatchObject({ status: 422, json: { code: 'bad-signature' } });
  });

  it('a message for another alert, of another kind, or to an unknown one is refused', async () => {
    const [alert, other] = [await sent(), await sent()];
    expect(await defender.sendMessage(other, sealOther(alert, {}))).toMatchObject({ status: 422, json: { code: 'wrong-alert' } });
    expect(await defender.sendMessage(alert, sealOther(alert, { kind: ENVELOPE_KINDS.note }))).toMatchObject({ status: 400, json: { code: 'not-for-here' } });
    expect(await defender.sendMessage(alert, sealOther(alert, { rosterVersion: 7 }))).toMatchObject({ status: 422, json: { code: 'unknown-roster' } });
    const never = sealAlert(coalition);
    expect(await defender.sendMessage(never, sealOther(never, {}))).toMatchObject({ status: 404, json: { code: 'unknown-alert' } });
  });

  it('to a closed alert the answer is that it is closed: a message there would lie unread', async () => {
    const alert = await sent();
    await app.database.query(`UPDATE alert_timer SET state = 'resolved', due_at = NULL, due_kind = NULL WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    for (const kind of [ENVELOPE_KINDS.followup, ENVELOPE_KINDS.standDown]) {
      expect(await defender.sendMessage(alert, sealOther(alert, { kind }))).toMatchObject({ status: 409, json: { code: 'already-closed' } });
    }
  });
});

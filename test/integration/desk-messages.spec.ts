import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openReply, sealEnvelope, sealReply, signPkOf, toBase64url, type Recipient } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { signIn, submit, type Answer, type DeskClient } from '../support/desk-client.js';
import { sealAlert, sealMessageAs, sealNext, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('replies to the defender and notes for the team', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let osh: DeskClient;
  let alert: SealedAlert;

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    osh = await signIn(app.url, coalition, coalition.people.osh);
    alert = sealAlert(coalition);
    await submit(app.url, alert);
  });
  afterAll(async () => app.stop());

  const post = (bytes: Uint8Array, to: SealedAlert = alert): Promise<Answer> => osh.send('POST', `/desk/alerts/${to.alertIdHex}/messages`, { bytes });
  const codeOf = (answer: Answer): [number, unknown] => [answer.status, answer.json().code];
  const defender = (): Recipient => ({ kemPk: alert.sender.replyKem.publicKey, tier: 0 });

  /** A message as a broken or hostile client might seal it. */
  const crafted = (kind: 4 | 5, change: Partial<Parameters<typeof sealEnvelope>[1]>): Uint8Array =>
    sealEnvelope(coalition.p, {
      kind,
      alertId: alert.alertId,
      seq: 0,
      prevHash: new Uint8Array(32),
      rosterVersion: coalition.roster.body.version,
      rosterHash: coalition.roster.hash,
      senderSeed: coalition.p.randomBytes(32),
      recipients: kind === 4 ? [defender(), ...alert.recipients] : alert.recipients,
      gates: [],
      data: new Uint8Array(100),
      ...change,
    }).bytes;

  it('a reply reaches the defender, who can check who wrote it; the same bytes sent again are the same reply', async () => {
    const reply = sealMessageAs(coalition, coalition.people.osh, alert, 4, 'A lawyer is on the way');
    const first = await post(reply.bytes);
    expect([first.status, first.json().envelopeHash]).toEqual([201, toBase64url(reply.envelopeHash)]);
    const again = await post(reply.bytes);
    expect([again.status, again.json()]).toEqual([200, first.json()]);

    const { rows } = await app.database.query<{ sealed: Buffer; author_rid: Buffer }>(`SELECT sealed, author_rid FROM envelope WHERE kind = 4`);
    expect(rows).toHaveLength(1);
    const [stored] = rows;
    if (stored === undefined) throw new Error('the reply was not stored');
    expect(stored.author_rid.equals(Buffer.from(coalition.people.osh.rid))).toBe(true);
    const opened = openReply(coalition.p, new Uint8Array(stored.sealed), {
      kind: 4,
      kemSecretKeys: [alert.sender.replyKem.secretKey],
      signPkOf: (rid, time) => signPkOf(coalition.roster.body, rid, time),
    });
    expect(opened).toMatchObject({ text: 'A lawyer is on the way', rid: coalition.people.osh.ridHex });
  });

  it('a note is for the team alone', async () => {
    const note = sealMessageAs(coalition, coalition.people.osh, alert, 5, 'Careful: the phone may be in other hands');
    expect((await post(note.bytes)).status).toBe(201);
    const leaking = crafted(5, { recipients: [defender(), ...alert.recipients] });
    expect(codeOf(await post(leaking))).toEqual([422, 'stanza-for-defender']);
  });

  it('shows in the alert with its author, and makes it unread for the others', async () => {
    // The lawyer has the alert open and has seen everything.
    await app.database.query(`INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome) VALUES (1, $1, 102, 2, 'notified')`, [Buffer.from(alert.alertId)]);
    const lawyer = await signIn(app.url, coalition, coalition.people.lawyer);
    const unread = async (client: DeskClient): Promise<boolean | undefined> =>
      (await client.get('/desk/alerts')).json<{ alerts: { alertId: string; unread: boolean }[] }>().alerts.find(({ alertId }) => alertId === alert.alertIdHex)?.unread;
    expect(await unread(lawyer)).toBe(true);
    await lawyer.act(alert, 'seen');
    expect(await unread(lawyer)).toBe(false);

    await osh.act(alert, 'seen');
    await post(sealMessageAs(coalition, coalition.people.osh, alert, 5, 'one more').bytes);
    expect(await unread(lawyer)).toBe(true);
    expect(await unread(osh)).toBe(false);
    const { envelopes } = (await lawyer.get(`/desk/alerts/${alert.alertIdHex}`)).json<{ envelopes: { kind: number; authorRid: string | null }[] }>();
    expect(envelopes.map(({ kind, authorRid }) => [kind, authorRid])).toEqual([
      [1, null],
      [4, coalition.people.osh.ridHex],
      [5, coalition.people.osh.ridHex],
      [5, coalition.people.osh.ridHex],
    ]);
  });

  it('is refused when it is not what it says', async () => {
    const { p } = coalition;
    const other = sealAlert(coalition);
    await submit(app.url, other);
    const valid = crafted(4, {});
    const broken = valid.slice();
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    const wrongMagic = valid.slice();
    wrongMagic[0] = 0;

    expect(codeOf(await post(broken))).toEqual([422, 'bad-signature']);
    expect(codeOf(await post(wrongMagic))).toEqual([400, 'bad-magic']);
    expect(codeOf(await post(valid.subarray(0, 1000)))).toEqual([400, 'truncated']);
    expect(codeOf(await post(valid, other))).toEqual([400, 'wrong-alert']);
    expect(codeOf(await post(crafted(4, { seq: 1 })))).toEqual([400, 'wrong-seq']);
    expect(codeOf(await post(crafted(4, { prevHash: p.randomBytes(32) })))).toEqual([400, 'wrong-prev']);
    expect(codeOf(await post(crafted(4, { recipients: alert.recipients })))).toEqual([422, 'no-stanza-for-defender']);
    expect(codeOf(await post(crafted(4, { data: new Uint8Array(9_000) })))).toEqual([422, 'wrong-size']);
    expect(codeOf(await post(crafted(4, { rosterHash: p.randomBytes(32) })))).toEqual([422, 'unknown-roster']);
    // The defender's own kinds come in through another door, with another key.
    expect(codeOf(await post(sealNext(coalition, alert, 3, { text: 'x' }).bytes))).toEqual([422, 'not-a-team-message']);
    expect((await osh.send('POST', `/desk/alerts/${alert.alertIdHex}/messages`, { json: {} })).status).toBe(415);
  });

  it('is refused when a second message comes from the same one-time key', async () => {
    const senderSeed = coalition.p.randomBytes(32);
    expect((await post(crafted(4, { senderSeed }))).status).toBe(201);
    expect(codeOf(await post(crafted(4, { senderSeed, data: new Uint8Array(50) })))).toEqual([409, 'replayed']);
  });

  it('can still be sent after closing: feedback is owed to the defender', async () => {
    const minor = sealAlert(coalition, { severity: 'S3' });
    await submit(app.url, minor);
    await osh.act(minor, 'ack');
    await osh.act(minor, 'close', { detail: { outcome: 'resolved' } });
    const reply = sealReply(coalition.p, {
      kind: 4,
      alertId: minor.alertId,
      rosterVersion: coalition.roster.body.version,
      rosterHash: coalition.roster.hash,
      recipients: [{ kemPk: minor.sender.replyKem.publicKey, tier: 0 }, ...minor.recipients],
      rid: coalition.people.osh.rid,
      signSeed: coalition.people.osh.keys.signSeed,
      time: Date.now(),
      text: 'This is how it ended',
    });
    expect((await post(reply.bytes, minor)).status).toBe(201);
  });
});

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fromBase64url, verifyEventChain, verifyStatement, type StatementType } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type PersonName } from '../support/coalition.js';
import { signIn, submit, type Answer, type DeskClient } from '../support/desk-client.js';
import { openReportAs, sealAlert, signAct, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

interface File {
  readonly view: { readonly state: string; readonly gen: number; readonly owner: boolean };
  readonly events: readonly { readonly type: string; readonly body: string; readonly hash: string; readonly actorRid: string | null; readonly tier: number | null }[];
  readonly chainHead: { readonly n: number; readonly hash: string };
  readonly releaseKeys: Readonly<Record<string, string>>;
  readonly acks: readonly { readonly rid: string; readonly decision: string; readonly statement: string; readonly signature: string; readonly proof: string | null }[];
  readonly closeRequests: readonly { readonly rid: string; readonly outcome: string }[];
  readonly handOver: { readonly fromRid: string; readonly toRid: string | null; readonly acceptedBy: string | null } | null;
  readonly owner: { readonly rid: string } | null;
}

// The engine is off: nothing moves unless a person does something.
describe('what responders do on the desk', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  const desks = new Map<PersonName, DeskClient>();

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    for (const name of ['osh', 'oshReserve', 'lawyer', 'coordinator', 'euFocal'] as const) {
      desks.set(name, await signIn(app.url, coalition, coalition.people[name]));
    }
  });
  afterAll(async () => app.stop());

  const desk = (name: PersonName): DeskClient => {
    const client = desks.get(name);
    if (client === undefined) throw new Error('nobody of that name is at the desk');
    return client;
  };
  const report = async (options: AlertOptions = {}): Promise<SealedAlert> => {
    const alert = sealAlert(coalition, options);
    await submit(app.url, alert);
    return alert;
  };
  const file = async (name: PersonName, alert: SealedAlert): Promise<File> => (await desk(name).get(`/desk/alerts/${alert.alertIdHex}`)).json<File>();
  const send = (name: PersonName, alert: SealedAlert, body: object): Promise<Answer> =>
    desk(name).send('POST', `/desk/alerts/${alert.alertIdHex}/statements`, { json: body });
  const codeOf = (answer: Answer): [number, unknown] => [answer.status, answer.json().code];
  const enter = (alert: SealedAlert, tier: number): Promise<unknown> =>
    app.database.query(`INSERT INTO tier_entry (coalition_id, alert_id, gen, tier, outcome) VALUES (1, $1, 100 + $2, $2, 'notified')`, [Buffer.from(alert.alertId), tier]);

  it('an acknowledgement: signed, with proof, on the record for good', async () => {
    const alert = await report();
    const { p, people } = coalition;
    const done = await desk('osh').act(alert, 'ack');
    expect(done.status).toBe(200);
    expect(done.json()).toMatchObject({ state: 'acknowledged', meaning: 'owner', view: { owner: true } });

    const seen = await file('osh', alert);
    expect(seen.owner).toEqual({ rid: people.osh.ridHex });
    const [ack] = seen.acks;
    if (ack === undefined) throw new Error('the acknowledgement is not on the record');
    expect(ack.proof).toHaveLength(43);
    // A partner checks the record without trusting the server: statement, and the chain it is in.
    const signed = { bytes: bytesOf(ack.statement), signature: bytesOf(ack.signature) };
    expect(verifyStatement(p, signed, { rid: people.osh.rid, signPk: people.osh.keys.signPk, tag: alert.tag, hh: alert.envelope.hh })).toHaveProperty('statement.type', 'ack');
    const chain = verifyEventChain(p, seen.events.map(({ body }) => bytesOf(body)));
    if ('refused' in chain) throw new Error(chain.refused);
    expect(chain.head).toEqual(bytesOf(seen.chainHead.hash));
    expect(chain.events.find(({ type }) => type === 'ACK')?.signature).toEqual(signed.signature);
  });

  it('the owner puts an alert off, within the limits of the policy; a critical one never', async () => {
    const alert = await report({ severity: 'S2' });
    const put = (minutes: unknown, name: PersonName = 'osh') => desk(name).act(alert, 'snooze', { detail: { minutes } });
    expect(codeOf(await put(60))).toEqual([409, 'not-acknowledged']);
    await desk('osh').act(alert, 'ack');
    expect(codeOf(await put(0))).toEqual([422, 'bad-detail']);
    const before = Date.now();
    const done = await put(180);
    expect(done.status).toBe(200);
    const { at, kind } = done.json<{ view: { due: { at: string; kind: string } } }>().view.due;
    expect(kind).toBe('reminder');
    expect(Date.parse(at) - before).toBeGreaterThan(140 * 60_000);
    // Four hours are the most, all in all; "still mine" changes nothing about that, and doing something does.
    expect(codeOf(await put(90))).toEqual([409, 'snooze-too-long']);
    await desk('osh').act(alert, 'renew');
    expect(codeOf(await put(90))).toEqual([409, 'snooze-too-long']);
    await desk('osh').act(alert, 'action', { detail: { code: 'called_safely' } });
    expect((await put(90)).status).toBe(200);
    const recorded = await app.database.query(`SELECT detail, statement IS NOT NULL AS signed FROM event WHERE alert_id = $1 AND detail ->> 'code' = 'snoozed' ORDER BY n`, [Buffer.from(alert.alertId)]);
    expect(recorded.rows).toMatchObject([{ detail: { minutes: 180 }, signed: true }, { detail: { minutes: 90 }, signed: true }]);

    const critical = await report({ severity: 'S1' });
    await desk('osh').act(critical, 'ack');
    expect(codeOf(await desk('osh').act(critical, 'snooze', { detail: { minutes: 1 } }))).toEqual([409, 'snooze-not-allowed']);
  });

  it('the same statement sent again does nothing and is answered as done', async () => {
    const alert = await report();
    const { body } = await desk('osh').sign(alert, 'ack');
    const both = await Promise.all([send('osh', alert, body), send('osh', alert, body)]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both.map((answer) => answer.json().repeated).sort()).toEqual([false, true]);
    expect((await file('osh', alert)).events.filter(({ type }) => type === 'ACK')).toHaveLength(1);
  });

  it('nothing that is not theirs: signed by another, about another alert, envelope, event or tier', async () => {
    const alert = await report();
    const elsewhere = await report();
    const { osh, lawyer } = coalition.people;
    const head = bytesOf((await file('osh', alert)).chainHead.hash);
    const foreignHead = bytesOf((await file('osh', elsewhere)).chainHead.hash);
    const act = (more: Partial<Parameters<typeof signAct>[3]>, by = osh): object => signAct(coalition, by, alert, { type: 'ack', prevEventHash: head, ...more }).body;

    expect(codeOf(await send('osh', alert, act({}, lawyer)))).toEqual([403, 'wrong-responder']);
    expect(codeOf(await send('osh', alert, act({}, { ...osh, keys: lawyer.keys })))).toEqual([422, 'bad-signature']);
    expect(codeOf(await send('osh', alert, act({ tag: elsewhere.tag })))).toEqual([422, 'wrong-alert']);
    expect(codeOf(await send('osh', alert, act({ hh: elsewhere.envelope.hh })))).toEqual([422, 'wrong-envelope']);
    expect(codeOf(await send('osh', alert, act({ prevEventHash: foreignHead })))).toEqual([422, 'unknown-event']);
    expect(codeOf(await send('osh', alert, act({ tier: TIER.T4 })))).toEqual([422, 'wrong-tier']);
    expect(codeOf(await send('osh', alert, act({ gen: 7 })))).toEqual([409, 'future-gen']);
    expect(codeOf(await send('osh', alert, { ...act({}), proof: undefined }))).toEqual([422, 'proof-missing']);
    expect(codeOf(await send('osh', alert, act({ type: 'action', detail: { code: 'Free Text' } })))).toEqual([422, 'bad-detail']);
    expect(codeOf(await send('osh', alert, { ...act({}), statement: 'AAAA' }))).toEqual([400, 'malformed-statement']);
    expect((await file('osh', alert)).view.state).toBe('notifying');
  });

  it('opening is not answering', async () => {
    const alert = await report();
    expect((await desk('osh').act(alert, 'seen')).json()).toMatchObject({ state: 'notifying' });
    await desk('osh').act(alert, 'seen');
    const types = (await file('osh', alert)).events.map(({ type }) => type);
    expect(types.filter((type) => type === 'SEEN')).toHaveLength(1);
    expect(types).not.toContain('ACK');
  });

  it('actions, renewal and closing by the owner', async () => {
    const alert = await report({ severity: 'S2' });
    expect(codeOf(await desk('osh').act(alert, 'renew'))).toEqual([409, 'not-acknowledged']);
    await desk('osh').act(alert, 'ack');
    expect((await desk('osh').act(alert, 'action', { detail: { code: 'lawyer_sent' } })).json()).toMatchObject({ state: 'handling' });
    expect((await desk('osh').act(alert, 'renew')).status).toBe(200);
    expect((await desk('osh').act(alert, 'close', { detail: { outcome: 'resolved' } })).json()).toMatchObject({ state: 'resolved', closed: true });
    expect(codeOf(await desk('osh').act(alert, 'ack'))).toEqual([409, 'already-closed']);

    const queue = (await desk('osh').get('/desk/alerts')).json<{ alerts: { alertId: string }[] }>();
    expect(queue.alerts.map(({ alertId }) => alertId)).not.toContain(alert.alertIdHex);
    const closed = (await desk('osh').get('/desk/alerts?closed=true')).json<{ alerts: { alertId: string; state: string }[] }>();
    expect(closed.alerts).toContainEqual(expect.objectContaining({ alertId: alert.alertIdHex, state: 'resolved' }));
  });

  it('a critical alert is closed by two people who agree, not by one under pressure', async () => {
    const alert = await report();
    await enter(alert, TIER.T1b);
    await desk('osh').act(alert, 'ack');
    const first = await desk('osh').act(alert, 'close', { detail: { outcome: 'resolved' } });
    expect(codeOf(first)).toEqual([202, 'second-person-needed']);
    expect((await desk('osh').act(alert, 'close', { detail: { outcome: 'resolved' } })).status).toBe(202);
    expect((await file('lawyer', alert)).closeRequests).toMatchObject([{ rid: coalition.people.osh.ridHex, outcome: 'resolved' }]);
    expect((await desk('lawyer').act(alert, 'close', { detail: { outcome: 'false_alarm' } })).status).toBe(202);
    expect((await desk('lawyer').act(alert, 'close', { detail: { outcome: 'resolved' } })).json()).toMatchObject({ state: 'resolved', closed: true });
  });

  it('"escalate now": the next tier at once, and once only', async () => {
    const alert = await report();
    const { body } = await desk('osh').sign(alert, 'escalate');
    const second = await desk('osh').sign(alert, 'escalate');
    expect((await send('osh', alert, body)).json()).toMatchObject({ gen: 2 });
    expect((await send('osh', alert, body)).json()).toMatchObject({ gen: 2, repeated: true });
    // A second press on the same picture is another statement, but the picture is old.
    const late = signAct(coalition, coalition.people.osh, alert, { type: 'escalate', gen: 1, prevEventHash: second.statement.prevEventHash, time: second.statement.time + 1 });
    expect(codeOf(await send('osh', alert, late.body))).toEqual([409, 'stale-gen']);
    expect((await desk('lawyer').get(`/desk/alerts/${alert.alertIdHex}`)).status).toBe(200);
  });

  it('an acknowledgement that crosses the next tier still counts', async () => {
    const alert = await report();
    const { body } = await desk('osh').sign(alert, 'ack');
    await desk('osh').act(alert, 'escalate');
    expect((await send('osh', alert, body)).json()).toMatchObject({ meaning: 'owner' });
  });

  it('handing over: the owner stays the owner until the other accepts', async () => {
    const alert = await report();
    const { osh, coordinator, euFocal } = coalition.people;
    expect(codeOf(await desk('osh').act(alert, 'hand_over', { detail: { toRid: coordinator.ridHex } }))).toEqual([409, 'not-acknowledged']);
    await desk('osh').act(alert, 'ack');
    expect(codeOf(await desk('osh').act(alert, 'hand_over', { detail: { toRid: euFocal.ridHex } }))).toEqual([409, 'target-cannot-open']);
    expect((await desk('osh').act(alert, 'hand_over', { detail: { toRid: coordinator.ridHex } })).status).toBe(200);

    const asked = await file('coordinator', alert);
    expect([asked.owner, asked.handOver]).toMatchObject([{ rid: osh.ridHex }, { fromRid: osh.ridHex, toRid: coordinator.ridHex, acceptedBy: null }]);
    expect((await desk('coordinator').act(alert, 'hand_over_accept')).status).toBe(200);
    expect((await file('osh', alert)).owner).toEqual({ rid: coordinator.ridHex });
  });

  it('declining leaves the alert to the others', async () => {
    const alert = await report();
    await enter(alert, TIER.T1b);
    expect((await desk('osh').act(alert, 'decline', { detail: { reason: 'unavailable' } })).json()).not.toMatchObject({ state: 'acknowledged' });
    expect((await desk('lawyer').act(alert, 'undecryptable')).status).toBe(200);
    expect((await desk('oshReserve').act(alert, 'ack')).json()).toMatchObject({ meaning: 'owner' });
  });

  it('yes after no: whoever pressed the wrong button can still take it, and both are on record', async () => {
    const alert = await report();
    // Two were told; one no alone does not move the ladder on.
    await app.database.query(
      `INSERT INTO delivery (coalition_id, alert_id, gen, tier, severity, purpose, contact_id, rid, channel)
       SELECT 1, $1, 1, 1, 1, 'notify', contact_id, rid, channel FROM contact WHERE rid = $2`,
      [Buffer.from(alert.alertId), Buffer.from(coalition.people.lawyer.rid)],
    );
    expect((await desk('osh').act(alert, 'decline')).json()).toMatchObject({ state: 'notifying', gen: 1 });
    expect(codeOf(await desk('osh').act(alert, 'decline', { detail: { reason: 'again' } }))).toEqual([409, 'already-answered']);
    expect((await desk('osh').act(alert, 'ack')).json()).toMatchObject({ meaning: 'owner', state: 'acknowledged' });
    expect((await file('osh', alert)).acks.map(({ decision }) => decision)).toEqual(['decline', 'ack']);
    expect(codeOf(await desk('osh').act(alert, 'decline'))).toEqual([409, 'already-answered']);
  });

  it('the gatekeeper gives a later tier its key when its turn has come, and says so in the ledger once', async () => {
    const alert = await report();
    const { euFocal } = coalition.people;
    expect((await file('osh', alert)).releaseKeys).toEqual({});
    await enter(alert, TIER.T4);
    const first = await file('euFocal', alert);
    const again = await file('euFocal', alert);
    expect(again.releaseKeys).toEqual(first.releaseKeys);
    const releases = again.events.filter(({ type }) => type === 'RELEASE');
    expect(releases).toMatchObject([{ tier: TIER.T4 }]);
    // Nobody else is given it: it would open nothing for them, and be one more place to take it from.
    expect((await file('osh', alert)).releaseKeys).toEqual({});

    const rk = bytesOf(first.releaseKeys[String(TIER.T4)] ?? '');
    const bytes = (await desk('euFocal').get(`/desk/alerts/${alert.alertIdHex}/envelopes/${Buffer.from(alert.envelope.envelopeHash).toString('base64url')}`)).bytes;
    expect(openReportAs(coalition, euFocal, bytes, new Map([[TIER.T4, rk]])).payload.answers.what).toBe('detained');
  });

  it('nothing of it is held up by limits when it matters: thirty actions are enough, acknowledgements are never too many', async () => {
    const alert = await report();
    const busy = await signIn(app.url, coalition, coalition.people.osh);
    const { statement } = await busy.sign(alert, 'ack');
    const act = (type: StatementType, n: number): Promise<Answer> => {
      const detail = type === 'action' ? { code: 'verified' } : {};
      const { body } = signAct(coalition, coalition.people.osh, alert, { type, prevEventHash: statement.prevEventHash, time: n, detail });
      return busy.send('POST', `/desk/alerts/${alert.alertIdHex}/statements`, { json: body });
    };
    const answers: Answer[] = [];
    for (let n = 0; n < 45; n++) answers.push(await act('action', n));
    const limited = answers.find(({ status }) => status === 429);
    expect(limited?.json()).toMatchObject({ code: 'too-many-requests' });
    expect(limited?.json<{ retryAfterMs: number }>().retryAfterMs).toBeGreaterThan(0);
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await busy.get(`/desk/alerts/${alert.alertIdHex}`)).status).toBe(200);
    expect((await act('ack', 99)).json()).toMatchObject({ meaning: 'owner' });
    // Another session of the same person has its own budget.
    expect((await desk('osh').act(alert, 'action', { detail: { code: 'verified' } })).status).toBe(200);
  });
});

function bytesOf(base64url: string): Uint8Array {
  const bytes = fromBase64url(base64url);
  if (bytes === null) throw new Error('not base64url');
  return bytes;
}

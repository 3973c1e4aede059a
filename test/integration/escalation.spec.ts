import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyEventChain } from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER, type Person, type PersonName } from '../support/coalition.js';
import { signIn, submit, type DeskClient } from '../support/desk-client.js';
import { Defender } from '../support/defender.js';
import { advance, deliveriesOf, sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink, type SunkMail } from '../support/mail-sink.js';
import { sealAlert, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, DUTY_DESK_ADDRESS, OPERATOR_ADDRESS, type StoredCoalition } from '../support/stored-coalition.js';

const minute = 60_000;

describe('an alert climbs its ladder', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
  });

  async function send(options: AlertOptions = {}): Promise<SealedAlert> {
    const alert = sealAlert(coalition, { consents: { abroad: true, eu: true, un: true }, ...options });
    await submit(app.url, alert);
    return alert;
  }

  /** Who has been told of this alert so far, by mail address and purpose. */
  async function told(alert: SealedAlert): Promise<string[]> {
    const ids = (await deliveriesOf(app.database, alert.alertId)).map(({ delivery_id }) => delivery_id);
    return sink.mails.filter(({ messageId }) => ids.some((id) => messageId.startsWith(`<${id}@`))).map(({ to }) => to);
  }

  const mailTo = (...names: PersonName[]): string[] => names.map((name) => coalition.people[name].email);

  async function waitUntilTold(alert: SealedAlert, addresses: readonly string[]): Promise<void> {
    await until(`mails to ${addresses.join(', ')}`, async () => {
      const so = await told(alert);
      return addresses.every((address) => so.includes(address));
    });
    // The timer asks after 60 s whether anything was handed over: the answers must have been written.
    await until('all answers of the mail server are written', async () => (await deliveriesOf(app.database, alert.alertId)).every(({ state }) => state === 'sent' || state === 'cancelled'));
  }

  const desk = (person: Person): Promise<DeskClient> => signIn(app.url, coalition, person);

  it('with nobody answering: every tier in order, the duty desk at the end, and then again', async () => {
    const alert = await send({ t: 'panic' });
    await waitUntilTold(alert, mailTo('osh'));
    expect(await viewOf(app, alert.alertId)).toMatchObject({ state: 'notifying', next: { tier: TIER.T1b }, unanswered: false });

    await advance(app.database, alert.alertId, 5 * minute);
    await waitUntilTold(alert, mailTo('oshReserve', 'lawyer'));
    await advance(app.database, alert.alertId, 5 * minute);
    await waitUntilTold(alert, mailTo('coordinator'));
    await advance(app.database, alert.alertId, 10 * minute);
    await waitUntilTold(alert, mailTo('abroad'));
    await advance(app.database, alert.alertId, 10 * minute);
    await waitUntilTold(alert, mailTo('euFocal', 'euDeputy'));

    // T5 is a person's work: the partner abroad is asked to inform the UN.
    const before = (await told(alert)).length;
    await advance(app.database, alert.alertId, 330 * minute);
    await until('the partner abroad is asked to do the task', async () => (await told(alert)).length === before + 1);
    expect((await told(alert)).at(-1)).toBe(coalition.people.abroad.email);
    await waitUntilTold(alert, []);

    await advance(app.database, alert.alertId, 15 * minute);
    await waitUntilTold(alert, [DUTY_DESK_ADDRESS, OPERATOR_ADDRESS]);
    expect(await viewOf(app, alert.alertId)).toMatchObject({ state: 'notifying', loop: 1, unanswered: true, owner: false });

    await advance(app.database, alert.alertId, 15 * minute);
    await until('the first tier is told again', async () => (await told(alert)).filter((to) => to === coalition.people.osh.email).length === 2);

    const view = await viewOf(app, alert.alertId);
    const moves = view.events.filter(({ type }) => type === 'ENTER' || type === 'LOOP').map(({ type, tier }) => [type, tier]);
    expect(moves).toEqual([
      ['ENTER', TIER.T1],
      ['ENTER', TIER.T1b],
      ['ENTER', TIER.T2],
      ['ENTER', TIER.T3],
      ['ENTER', TIER.T4],
      ['ENTER', TIER.T5],
      ['LOOP', TIER.T5],
      ['ENTER', TIER.T1],
    ]);
    expect(view.tiers.map(({ key, status, sent, of }) => [key, status, sent, of])).toEqual([
      ['T1', 'notified', 1, 1],
      ['T1b', 'notified', 2, 2],
      ['T2', 'notified', 1, 1],
      ['T3', 'notified', 1, 1],
      ['T4', 'notified', 2, 2],
      ['T5', 'task', 1, 1],
    ]);
    const { rows } = await app.database.query<{ body: Buffer }>('SELECT body FROM event WHERE alert_id = $1 ORDER BY n', [Buffer.from(alert.alertId)]);
    expect(verifyEventChain(coalition.p, rows.map(({ body }) => body))).not.toHaveProperty('refused');
  });

  it('without consent to the EU that tier is passed over as "not consented", and nobody there is told', async () => {
    const alert = await send({ consents: { abroad: false, eu: false, un: false } });
    await waitUntilTold(alert, mailTo('osh'));
    await advance(app.database, alert.alertId, 5 * minute);
    await waitUntilTold(alert, mailTo('lawyer'));
    await advance(app.database, alert.alertId, 5 * minute);
    await waitUntilTold(alert, mailTo('coordinator'));
    await advance(app.database, alert.alertId, 15 * minute);
    await waitUntilTold(alert, [DUTY_DESK_ADDRESS]);
    const view = await viewOf(app, alert.alertId);
    expect(view.tiers.filter(({ status }) => status === 'not_consented').map(({ key }) => key)).toEqual(['T3', 'T4', 'T5']);
    expect(view.events.filter(({ type }) => type === 'NOT_CONSENTED').map(({ tier }) => tier)).toEqual([TIER.T3, TIER.T4, TIER.T5]);
    expect(await told(alert)).not.toEqual(expect.arrayContaining([coalition.people.euFocal.email]));
  });

  it('an acknowledgement stops it, is asked after at 80 %, and expires once', async () => {
    const alert = await send({ severity: 'S2' });
    await waitUntilTold(alert, mailTo('osh'));
    const osh = await desk(coalition.people.osh);
    expect((await osh.act(alert, 'ack')).json()).toMatchObject({ state: 'acknowledged' });
    expect(await viewOf(app, alert.alertId)).toMatchObject({ owner: true, next: null, due: { kind: 'reminder' } });

    await advance(app.database, alert.alertId, 96 * minute);
    await until('the owner is reminded', async () => (await told(alert)).length === 2);
    expect(await told(alert)).toEqual(mailTo('osh', 'osh'));

    await advance(app.database, alert.alertId, 24 * minute);
    await until('the same tier is told again', async () => (await told(alert)).length === 3);
    const view = await viewOf(app, alert.alertId);
    expect(view).toMatchObject({ state: 'notifying', owner: false, gen: 2 });
    expect(view.events.filter(({ type }) => type === 'ACK_EXPIRED')).toHaveLength(1);
    // The old signature does not count for the new round; a new one does.
    expect((await osh.act(alert, 'ack', { gen: 1 })).json()).toMatchObject({ code: 'stale-gen' });
    expect((await osh.act(alert, 'ack')).json()).toMatchObject({ state: 'acknowledged' });
  });

  it('an action makes the acknowledgement young again', async () => {
    const alert = await send({ severity: 'S2' });
    await waitUntilTold(alert, mailTo('osh'));
    const osh = await desk(coalition.people.osh);
    await osh.act(alert, 'ack');
    await advance(app.database, alert.alertId, 60 * minute);
    expect((await osh.act(alert, 'action', { detail: { code: 'called_safely' } })).json()).toMatchObject({ state: 'handling' });
    const due = Date.parse((await viewOf(app, alert.alertId)).due?.at ?? '');
    expect(due - Date.now()).toBeGreaterThan(95 * minute);
  });

  it('escalate-now enters the next tier once, however often it is pressed', async () => {
    const alert = await send();
    await waitUntilTold(alert, mailTo('osh'));
    const osh = await desk(coalition.people.osh);
    const pressed = await Promise.all([1, 2, 3].map(() => osh.sign(alert, 'escalate', { gen: 1 })));
    const answers = await Promise.all(pressed.map(({ body }) => osh.send('POST', `/desk/alerts/${alert.alertIdHex}/statements`, { json: body })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    await waitUntilTold(alert, mailTo('oshReserve', 'lawyer'));
    expect((await viewOf(app, alert.alertId)).tiers.filter(({ status }) => status === 'notified')).toHaveLength(2);
  });

  it('when all of a tier decline, the next is told at once', async () => {
    const alert = await send();
    await waitUntilTold(alert, mailTo('osh'));
    await (await desk(coalition.people.osh)).act(alert, 'decline');
    await waitUntilTold(alert, mailTo('oshReserve', 'lawyer'));
    await (await desk(coalition.people.lawyer)).act(alert, 'decline', { tier: TIER.T1b });
    expect((await viewOf(app, alert.alertId)).next).toMatchObject({ tier: TIER.T2 });
    await (await desk(coalition.people.oshReserve)).act(alert, 'undecryptable', { tier: TIER.T1b });
    await waitUntilTold(alert, mailTo('coordinator'));
  });

  it('a critical alert is closed by two people, and everybody who was told is told of the end', async () => {
    const alert = await send();
    await waitUntilTold(alert, mailTo('osh'));
    const osh = await desk(coalition.people.osh);
    await osh.act(alert, 'escalate');
    await waitUntilTold(alert, mailTo('lawyer', 'oshReserve'));
    await osh.act(alert, 'ack');
    const close = { detail: { outcome: 'resolved' } };
    expect((await osh.act(alert, 'close', close)).status).toBe(202);
    expect((await viewOf(app, alert.alertId)).state).toBe('acknowledged');
    const lawyer = await desk(coalition.people.lawyer);
    expect((await lawyer.act(alert, 'close', { ...close, tier: TIER.T1b })).json()).toMatchObject({ state: 'resolved' });
    await until('those who were told hear of the end', async () => (await told(alert)).length === 5);
    expect((await told(alert)).slice(3).sort()).toEqual(mailTo('osh', 'oshReserve').sort());
    const { rows } = await app.database.query('SELECT due_at FROM alert_timer WHERE alert_id = $1', [Buffer.from(alert.alertId)]);
    expect(rows).toEqual([{ due_at: null }]);
    expect((await osh.act(alert, 'ack')).json()).toMatchObject({ code: 'already-closed' });
  });

  it('a request to stand down pauses the ladder once, and it goes on by itself', async () => {
    const alert = await send();
    await waitUntilTold(alert, mailTo('osh'));
    const { Acts } = await import('../../src/escalation/acts.js');
    const acts = app.service.app.get(Acts);
    const ask = (seq: number) => app.database.transaction((tx) => acts.standDownRequested(tx, 1, alert.alertId, seq, new Uint8Array(32)));
    expect(await ask(1)).toMatchObject({ state: 'paused' });
    await until('the people are told of the wish', async () => (await told(alert)).length === 2);
    const phone = async () => (await new Defender(app.url).mailbox(alert)).json['view'];
    const shown = await phone();
    expect(shown).toMatchObject({ state: 'paused', next: null });
    await advance(app.database, alert.alertId, 15 * minute);
    // The clock ran on during the pause: the next tier's time has come.
    await waitUntilTold(alert, mailTo('lawyer', 'oshReserve'));
    const truth = await viewOf(app, alert.alertId);
    expect([truth.state, truth.tiers[1]?.status]).toEqual(['notifying', 'notified']);
    // Whoever holds the phone, and perhaps forced the wish, sees nothing of that.
    const withoutMovedTime = (view: unknown): unknown => JSON.parse(JSON.stringify(view, (key, value: unknown) => (key === 'enteredAt' ? undefined : value)));
    expect(withoutMovedTime(await phone())).toEqual(withoutMovedTime(shown));
    expect(await ask(2)).toMatchObject({ state: 'notifying' });
  });

  it('a hand-over keeps the clock until it is accepted, and stays within the consent', async () => {
    const alert = await send({ severity: 'S2', consents: { abroad: false, eu: false, un: false } });
    await waitUntilTold(alert, mailTo('osh'));
    const osh = await desk(coalition.people.osh);
    await osh.act(alert, 'ack');
    const due = (await viewOf(app, alert.alertId)).due;
    expect((await osh.act(alert, 'hand_over', { detail: { toOrg: 'eu-delegation' } })).json()).toMatchObject({ code: 'target-cannot-open' });
    expect((await osh.act(alert, 'hand_over', { detail: { toOrg: 'lawyers' } })).status).toBe(200);
    expect((await viewOf(app, alert.alertId)).due).toEqual(due);
    await waitUntilTold(alert, mailTo('lawyer'));
    const lawyer = await desk(coalition.people.lawyer);
    expect((await lawyer.act(alert, 'hand_over_accept', { tier: TIER.T1b })).status).toBe(200);
    expect((await osh.act(alert, 'renew')).json()).toMatchObject({ code: 'not-owner' });
    expect((await lawyer.act(alert, 'renew', { tier: TIER.T1b })).status).toBe(200);
  });

  it('the mails say nothing: no name, no alert, no place, three lines and the desk', () => {
    expect(sink.mails.length).toBeGreaterThan(20);
    for (const mail of sink.mails) expectNeutral(mail);
  });
});

function expectNeutral({ parsed, raw, to }: SunkMail): void {
  const lines = (parsed.text ?? '').split('\n').filter((line) => line.trim() !== '');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toBe('http://localhost:8080/desk');
  const text = raw.toString('latin1').replaceAll(to, '');
  for (const word of ['partner-osh', 'bishkek', 'lawyers', 'eu-delegation', 'jardam', 'alert', 'defender']) expect(text.toLowerCase()).not.toContain(word);
}

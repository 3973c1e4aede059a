import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { toBase64url } from '@jardam/protocol';
import { ArmedPackets } from '../../src/intake/armed/armed-packets.js';
import { ArmedStates } from '../../src/intake/armed/armed-state.js';
import { CheckIns } from '../../src/intake/armed/check-ins.js';
import { ArmedHousekeeping } from '../../src/intake/armed/housekeeping.js';
import { takeNotices, type Notice } from '../../src/intake/armed/notices.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import type { Tx } from '../../src/platform/database/database.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster } from '../support/coalition.js';
import { signIn } from '../support/desk-client.js';
import { sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealPacket, type SealedPacket } from '../support/sealed-packet.js';
import { demoCoalition, DUTY_DESK_ADDRESS, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

const coalitionId = DEFAULT_COALITION;
const hour = 3_600_000;

describe('a check-in', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let mail: MailSink;
  let checkIns: CheckIns;
  let owner: Uint8Array;

  beforeAll(async () => {
    mail = await startMailSink();
    app = await testApp({ config: sendingTo(mail.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    checkIns = app.service.app.get(CheckIns);
  });
  afterAll(async () => {
    await app.stop();
    await mail.stop();
  });
  beforeEach(() => {
    owner = coalition.p.randomBytes(32);
  });

  const inTx = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => app.database.transaction(work);
  const keyOf = ({ locator }: SealedPacket) => ({ coalitionId, owner, locator });
  const schedule = (sealed: SealedPacket, over: { dueAt?: Date; graceMinutes?: number; repeat?: 'none' | 'daily' } = {}) =>
    inTx((tx) =>
      checkIns.schedule(tx, {
        coalitionId,
        owner,
        packet: sealed.packet,
        releaseSecret: sealed.releaseSecret,
        dueAt: new Date(Date.now() + 2 * hour),
        graceMinutes: 20,
        repeat: 'none',
        ...over,
      }),
    );
  const one = async () => (await app.service.app.get(ArmedStates).of(app.database, coalitionId, owner)).checkIns[0];
  const heard = () => inTx((tx) => checkIns.heardFromChannel(tx, coalitionId));
  const exists = async ({ alertId }: SealedPacket): Promise<boolean> =>
    (await app.database.query('SELECT FROM alert WHERE alert_id = $1', [Buffer.from(alertId)])).rowCount === 1;
  const noticed: Notice[] = [];
  /** The clock rings; what the owner is then told. */
  const ring = async (sealed: SealedPacket): Promise<Notice> => {
    await app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
    return until('the owner is told', async () => {
      noticed.push(...(await inTx((tx) => takeNotices(tx, 100))));
      const at = noticed.findIndex((notice) => Buffer.from(sealed.locator).equals(notice.locator));
      return at < 0 ? null : noticed.splice(at, 1)[0];
    });
  };
  const arrived = (sealed: SealedPacket, { what, round }: Notice) => inTx((tx) => checkIns.reached(tx, keyOf(sealed), what as 'ask', round));

  it('that nobody answers reminds, asks, prompts silently and is then sent', async () => {
    const sealed = sealPacket(coalition, { t: 'check-in' });
    expect(await schedule(sealed)).toMatchObject({ checkIn: { stage: 'scheduled' } });
    for (const what of ['reminder', 'ask', 'silent_prompt']) {
      const notice = await ring(sealed);
      expect(notice).toMatchObject({ what, round: 1 });
      await arrived(sealed, notice);
    }
    expect(await one()).toMatchObject({ stage: 'prompted' });
    await heard();
    expect(await ring(sealed)).toMatchObject({ what: 'fired', alertId: Buffer.from(sealed.alertId) });
    expect((await viewOf(app, sealed.alertId)).events[1]).toMatchObject({ type: 'TRIGGER', detail: { by: 'silence' } });
    expect(await inTx((tx) => checkIns.answer(tx, keyOf(sealed), 'ok'))).toEqual({ refused: 'already-fired', alertId: Buffer.from(sealed.alertId) });
  });

  it('whose question did not arrive is not sent: a person decides, and the owner is asked again', async () => {
    const sealed = sealPacket(coalition, { t: 'check-in' });
    await schedule(sealed);
    await heard();
    for (const what of ['reminder', 'ask', 'silent_prompt', 'ask', 'ask']) expect(await ring(sealed)).toMatchObject({ what });
    expect(await one()).toMatchObject({ stage: 'undelivered' });
    expect(await exists(sealed)).toBe(false);
    await app.service.app.get(ArmedHousekeeping).run();
    const toDesk = () => mail.mails.filter(({ to }) => to === DUTY_DESK_ADDRESS);
    expect(toDesk()).toHaveLength(1);
    await app.service.app.get(ArmedHousekeeping).run();
    expect(toDesk()).toHaveLength(1);
    const { people } = coalition;
    const osh = await signIn(app.url, coalition, people.osh);
    const listed = async (): Promise<string[]> => (await osh.get('/desk/check-ins')).json<{ checkIns: { locator: string }[] }>().checkIns.map(({ locator }) => locator);
    const locator = toBase64url(sealed.locator);
    expect(await listed()).toContain(locator);
    const decide = async (decision: string): Promise<number> => (await osh.send('POST', `/desk/check-ins/${locator}/decision`, { json: { decision } })).status;
    expect([await decide('wait'), await decide('perhaps'), await decide('send'), await decide('send')]).toEqual([204, 400, 204, 409]);
    await until('it is sent', () => exists(sealed));
    expect((await viewOf(app, sealed.alertId)).events[1]).toMatchObject({ detail: { by: 'desk', decidedBy: people.osh.ridHex } });
    expect(await listed()).not.toContain(locator);
  });

  it('is not sent for anybody when Telegram was away while the answers should have come', async () => {
    const all = Array.from({ length: 4 }, () => sealPacket(coalition, { t: 'check-in' }));
    for (const sealed of all) {
      await schedule(sealed);
      for (let n = 0; n < 3; n++) await arrived(sealed, await ring(sealed));
    }
    await app.database.query(`UPDATE answer_channel SET heard_at = now() - interval '10 minutes'`);
    for (const sealed of all) expect(await ring(sealed)).toMatchObject({ what: 'ask' });
    for (const sealed of all) expect(await exists(sealed)).toBe(false);
    const first = all[0];
    if (first === undefined) throw new Error('no check-in');
    // The question arrives after all: the whole grace is counted from here.
    await arrived(first, { what: 'ask', round: 1 } as Notice);
    const again = (await app.service.app.get(ArmedStates).of(app.database, coalitionId, owner)).checkIns.find(({ locator }) => Buffer.from(first.locator).equals(locator));
    expect(again?.stage).toBe('asked');
  });

  it('answered OK is over and its packet gone; a daily one goes on tomorrow', async () => {
    const [once, daily] = [sealPacket(coalition), sealPacket(coalition)];
    await schedule(once);
    expect(await inTx((tx) => checkIns.answer(tx, keyOf(once), 'ok'))).toEqual({ goesOn: null });
    expect(await one()).toBeUndefined();
    const dueAt = new Date(Date.now() + 2 * hour);
    await schedule(daily, { repeat: 'daily', dueAt });
    await inTx((tx) => checkIns.answer(tx, keyOf(daily), 'ok'));
    expect(await one()).toMatchObject({ deadlineAt: new Date(dueAt.getTime() + 24 * hour), round: 2, stage: 'scheduled' });
  });

  it('answered with "help" is sent at once, by its owner only', async () => {
    const sealed = sealPacket(coalition, { t: 'check-in' });
    await schedule(sealed);
    const stranger = { ...keyOf(sealed), owner: coalition.p.randomBytes(32) };
    expect(await inTx((tx) => checkIns.answer(tx, stranger, 'help'))).toEqual({ refused: 'unknown-check-in' });
    expect(await inTx((tx) => checkIns.answer(tx, keyOf(sealed), 'help'))).toMatchObject({ fired: true });
    expect((await viewOf(app, sealed.alertId)).state).toBe('notifying');
  });

  it('can be put off, stood down, and prepared five times at most', async () => {
    const sealed = sealPacket(coalition);
    const dueAt = new Date(Date.now() + hour);
    await schedule(sealed, { dueAt });
    await inTx((tx) => checkIns.answer(tx, keyOf(sealed), 'extend'));
    expect((await one())?.deadlineAt).toEqual(new Date(dueAt.getTime() + 30 * 60_000));
    expect(await inTx((tx) => checkIns.standDown(tx, keyOf(sealed)))).toEqual({ ended: true });
    expect(await inTx((tx) => checkIns.standDown(tx, keyOf(sealed)))).toEqual({ refused: 'unknown-check-in' });
    for (let n = 0; n < 5; n++) expect(await schedule(sealPacket(coalition))).toHaveProperty('checkIn');
    expect(await schedule(sealPacket(coalition))).toEqual({ refused: 'too-many-check-ins' });
  });

  it('does not get in the way of the button, and is refused outside its bounds', async () => {
    const [tap, checkIn] = [sealPacket(coalition), sealPacket(coalition)];
    await inTx((tx) => app.service.app.get(ArmedPackets).arm(tx, { coalitionId, owner, packet: tap.packet, releaseSecret: tap.releaseSecret, countdownSeconds: 10 }));
    expect(await schedule(checkIn, { dueAt: new Date(Date.now() + 1_000) })).toEqual({ refused: 'too-soon' });
    expect(await schedule(checkIn, { graceMinutes: 1 })).toEqual({ refused: 'bad-grace' });
    expect(await schedule(checkIn, { dueAt: new Date(NaN) })).toEqual({ refused: 'too-soon' });
    expect(await schedule(checkIn)).toMatchObject({ repeated: false });
    expect(await schedule(checkIn)).toMatchObject({ repeated: true });
    const state = await app.service.app.get(ArmedStates).of(app.database, coalitionId, owner);
    expect([state.tap !== null, state.checkIns.length]).toEqual([true, 1]);
  });

  it('whose list of people has changed, or that grows old, asks once to be armed again', async () => {
    const sealed = sealPacket(coalition);
    await schedule(sealed);
    const mine = async (): Promise<string[]> => {
      await app.service.app.get(ArmedHousekeeping).run();
      const taken = await inTx((tx) => takeNotices(tx, 1_000));
      return taken.filter(({ locator }) => Buffer.from(sealed.locator).equals(locator)).map(({ what }) => what);
    };
    expect(await mine()).toEqual([]);
    await app.database.query(`UPDATE armed_packet SET expires_at = now() + interval '2 days' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
    expect([await mine(), await mine()]).toEqual([['arm_again'], []]);
    const roster = nextRoster(coalition, (body) => ({ issued: body.issued }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, roster));
    expect([await mine(), await mine()]).toEqual([['arm_again'], []]);
  });
});

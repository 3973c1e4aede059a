import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verifyEventChain } from '@jardam/protocol';
import pg from 'pg';
import { Acts } from '../../src/escalation/acts.js';
import { ClockGuard, steadyMs } from '../../src/escalation/clock-guard.js';
import { Engine } from '../../src/escalation/engine.js';
import { Tick } from '../../src/escalation/tick.js';
import { INSTANCE_CONFIG as INSTANCE } from '../../src/platform/config/slices.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { TIER } from '../support/coalition.js';
import { installMovedClock, moveClock } from '../simulation/moved-clock.js';
import { testDatabaseUrl } from '../support/database.js';
import { signIn, submit } from '../support/desk-client.js';
import { advance, deliveriesOf, sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, signAct, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

const minute = 60_000;

describe('two instances on one database', () => {
  let sink: MailSink;
  let first: TestApp;
  let second: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    first = await testApp({ config: sendingTo(sink.port, { tickIntervalMs: 50 }) });
    const keys = first.service.app.get<{ dataDir: string }>(INSTANCE).dataDir;
    second = await testApp({ config: { ...sendingTo(sink.port, { tickIntervalMs: 50 }), instance: { dataDir: keys } }, databaseUrl: first.databaseUrl });
    coalition = await demoCoalition(first.database, { contacts: first.service.app.get(ContactBook) });
  });
  afterAll(async () => {
    await second.stop();
    await first.stop();
    await sink.stop();
  });

  it('send every message once and enter every tier once', async () => {
    const alerts: SealedAlert[] = [];
    for (let number = 0; number < 25; number++) {
      const alert = sealAlert(coalition, { severity: number % 2 ? 'S1' : 'S2' });
      await submit(number % 3 ? first.url : second.url, alert);
      alerts.push(alert);
    }
    for (let step = 0; step < 3; step++) {
      await until('everything is sent', async () => (await unsent(alerts)) === 0, 30_000);
      await Promise.all(alerts.map((alert) => advance(first.database, alert.alertId, 75 * minute)));
      await until('everybody is one tier further', async () => (await Promise.all(alerts.map((alert) => viewOf(first, alert.alertId)))).every(({ gen }) => gen >= step + 2), 30_000);
    }
    await until('everything is sent', async () => (await unsent(alerts)) === 0, 30_000);
    const { rows } = await first.database.query<{ copies: number }>(
      `SELECT count(*) FILTER (WHERE outcome = 'accepted') AS copies FROM delivery_attempt GROUP BY delivery_id`,
    );
    expect(new Set(rows.map(({ copies }) => copies))).toEqual(new Set([1]));
    // The mail server's own log agrees: no Message-ID twice, and none that has no attempt on record.
    const ids = sink.mails.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(rows.length);
    for (const alert of alerts) {
      const view = await viewOf(first, alert.alertId);
      const entered = view.events.filter(({ type }) => type === 'ENTER').map(({ tier }) => tier ?? 0);
      expect(entered).toEqual([...entered].sort((a, b) => a - b));
      expect(new Set(entered).size).toBe(entered.length);
      await expectUnbrokenChain(alert);
    }
  }, 120_000);

  it('an acknowledgement against the tick has one winner, and the events agree', async () => {
    const osh = await signIn(first.url, coalition, coalition.people.osh);
    for (let round = 0; round < 8; round++) {
      const alert = sealAlert(coalition, { severity: 'S1' });
      await submit(first.url, alert);
      await until('sent', async () => (await unsent([alert])) === 0);
      const { body } = await osh.sign(alert, 'ack');
      const [answer] = await Promise.all([
        osh.send('POST', `/desk/alerts/${alert.alertIdHex}/statements`, { json: body }),
        advance(first.database, alert.alertId, 5 * minute),
      ]);
      expect(answer.status).toBe(200);
      await first.service.app.get(Engine).run();
      const view = await viewOf(first, alert.alertId);
      const order = view.events.filter(({ type }) => type === 'ENTER' || type === 'ACK').map(({ type }) => type);
      // Either the tier was entered before the acknowledgement, or not at all; never after it.
      expect([['ENTER', 'ACK'], ['ENTER', 'ENTER', 'ACK']]).toContainEqual(order);
      expect(view).toMatchObject({ state: 'acknowledged', owner: true });
    }
  });

  async function unsent(alerts: readonly SealedAlert[]): Promise<number> {
    const all = await Promise.all(alerts.map((alert) => deliveriesOf(first.database, alert.alertId)));
    return all.flat().filter(({ state }) => !['sent', 'cancelled'].includes(state)).length;
  }

  async function expectUnbrokenChain(alert: SealedAlert): Promise<void> {
    const { rows } = await first.database.query<{ body: Buffer }>('SELECT body FROM event WHERE alert_id = $1 ORDER BY n', [Buffer.from(alert.alertId)]);
    expect(verifyEventChain(coalition.p, rows.map(({ body }) => body))).not.toHaveProperty('refused');
  }
});

describe('an engine that was away', () => {
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    // Only the doors: nobody rings the timers until the test does.
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
  });
  afterAll(() => app.stop());

  async function waiting(severity: 'S1' | 'S2', overdueMs: number): Promise<SealedAlert> {
    const alert = sealAlert(coalition, { severity, consents: { un: true } });
    await submit(app.url, alert);
    await app.database.query(`UPDATE delivery SET state = 'sent', attempt = 1 WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    await app.database.query(`UPDATE alert_timer SET due_kind = 'escalate', due_at = now() WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    await advance(app.database, alert.alertId, overdueMs);
    return alert;
  }

  it('enters one tier for each alert in the first pass, critical ones first, and skips none', async () => {
    const ordinary = await Promise.all([1, 2, 3].map(() => waiting('S2', 300 * minute)));
    const critical = await Promise.all([1, 2].map(() => waiting('S1', 100 * minute)));
    const tick = app.service.app.get(Tick);
    expect(await tick.pass(2, true)).toBe(2);
    for (const alert of critical) expect((await viewOf(app, alert.alertId)).gen).toBe(2);
    for (const alert of ordinary) expect((await viewOf(app, alert.alertId)).gen).toBe(1);

    expect(await tick.pass(500, true)).toBe(3);
    expect(await tick.pass(500, true)).toBe(0);
    for (const alert of [...ordinary, ...critical]) {
      const view = await viewOf(app, alert.alertId);
      expect(view.events.filter(({ type }) => type === 'ENTER').map(({ tier }) => tier)).toEqual([TIER.T1, TIER.T1b]);
    }
    // New time is counted from now: 30 min for S2; a critical alert makes up for lost time in steps of 60 s.
    const dueIn = async (alert?: SealedAlert) => Math.round((Date.parse((await viewOf(app, alert?.alertId ?? new Uint8Array())).next?.at ?? '') - Date.now()) / 1000);
    expect(Math.abs((await dueIn(ordinary[0])) - 30 * 60)).toBeLessThan(10);
    expect(Math.abs((await dueIn(critical[0])) - 60)).toBeLessThan(10);
  });

  it('a critical alert that is a little late keeps the shorter time when its messages have left, and says so', async () => {
    const alert = await waiting('S1', 7 * minute);
    const id = [Buffer.from(alert.alertId)];
    const tick = app.service.app.get(Tick);
    const nextIn = async () => Math.round((Date.parse((await viewOf(app, alert.alertId)).next?.at ?? '') - Date.now()) / 1000);
    await tick.pass(500, true);
    expect(Math.abs((await nextIn()) - 180)).toBeLessThan(10);
    // A minute on, the messages of the tier have left: the rest of its time is two minutes, not four.
    await app.database.query(`UPDATE delivery SET state = 'sent', attempt = 1 WHERE alert_id = $1`, id);
    await advance(app.database, alert.alertId, 61_000);
    await tick.pass(500, true);
    const view = await viewOf(app, alert.alertId);
    expect([view.gen, view.due?.kind]).toEqual([2, 'escalate']);
    expect(Math.abs((await nextIn()) - 119)).toBeLessThan(10);
  });

  it('the look of every second finds what came due within the last minute, the sweep also what is older', async () => {
    const old = await waiting('S2', 10 * minute);
    const tick = app.service.app.get(Tick);
    expect(await tick.pass(500, false)).toBe(0);
    expect(await tick.pass(500, true)).toBe(1);
    expect((await viewOf(app, old.alertId)).gen).toBe(2);
    await waiting('S2', 1_000);
    expect(await tick.pass(500, false)).toBe(1);
  });

  it('an alert that cannot be decided is put off, and holds up no other', async () => {
    const broken = await waiting('S1', 2_000);
    const good = await waiting('S1', 1_000);
    await app.database.query('UPDATE alert_timer SET policy_version_id = 77 WHERE alert_id = $1', [Buffer.from(broken.alertId)]);
    await app.service.app.get(Engine).run();
    await until('the good one goes on', async () => (await viewOf(app, good.alertId)).gen === 2);
    const { rows } = await app.database.query<{ later: boolean }>(`SELECT due_at > now() + interval '50 seconds' AS later FROM alert_timer WHERE alert_id = $1`, [
      Buffer.from(broken.alertId),
    ]);
    expect(rows).toEqual([{ later: true }]);
    expect(app.log.some((line) => line.includes('could not be escalated and was put off'))).toBe(true);
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 day' WHERE alert_id = $1`, [Buffer.from(broken.alertId)]);
  });

  it('two close requests at once close a critical alert exactly once, and destroy its release keys', async () => {
    const alert = await waiting('S1', 0);
    const acts = app.service.app.get(Acts);
    const people = [coalition.people.osh, coalition.people.lawyer] as const;
    const results = await Promise.all(
      people.map((person) => {
        const signed = signAct(coalition, person, alert, { type: 'close', prevEventHash: new Uint8Array(32), detail: { outcome: 'resolved' } });
        const actor = { rid: person.rid, org: person.org, tier: person.tiers[0] ?? 1 };
        const act = { coalitionId: 1, alertId: alert.alertId, actor, gen: 1, statement: signed.bytes, signature: signed.signature };
        return app.database.transaction((tx) => acts.close(tx, act, 'resolved'));
      }),
    );
    expect(results.map((result) => ('closed' in result ? result.closed : result)).sort()).toEqual([false, true]);
    const types = (await viewOf(app, alert.alertId)).events.map(({ type }) => type);
    expect(types.filter((type) => type === 'CLOSE')).toHaveLength(1);
    expect(types.filter((type) => type === 'GATE_DESTROYED')).toHaveLength(2);
  });

  it('when the clock of the database goes back, the ladder stands still with an alarm, and then keeps the promised lengths', async () => {
    const [alert, soon] = [await waiting('S2', 0), await waiting('S2', 0)];
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 hour 10 minutes' WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    // On the earlier clock this one is due while the ladder stands still.
    await app.database.query(`UPDATE alert_timer SET due_at = now() + interval '1 hour 0.5 seconds' WHERE alert_id = $1`, [Buffer.from(soon.alertId)]);
    // Entered an hour and a half ago, and told again: its tier ends by when it was entered.
    const long = await waiting('S2', 0);
    await app.database.query(`UPDATE alert_timer SET due_kind = 'repeat', due_at = now() + interval '1 hour 10 minutes' WHERE alert_id = $1`, [Buffer.from(long.alertId)]);
    await app.database.query(`UPDATE tier_entry SET entered_at = now() - interval '30 minutes' WHERE alert_id = $1 AND tier = $2`, [Buffer.from(long.alertId), TIER.T1]);
    await app.database.query(`INSERT INTO channel_health (coalition_id, key, state, open_until) VALUES (1, 'a-provider', 'open', now() + interval '1 hour 15 seconds')`);
    // As an instance leaves it that saw a clock one hour ahead of today's.
    await app.database.query(`INSERT INTO engine_heartbeat (instance, at) VALUES (gen_random_uuid(), now() + interval '1 hour')`);
    const guard = new ClockGuard(app.database, 1_500);
    await guard.start();
    const now = async (): Promise<Date> => (await app.database.query<{ now: Date }>('SELECT clock_timestamp() AS now')).rows[0]?.now ?? new Date(0);
    expect(await guard.admits(await now(), steadyMs())).toBe(false);
    expect(guard.frozenForMs()).toBeGreaterThan(0);
    await until('the earlier clock is accepted', async () => guard.admits(await now(), steadyMs()));
    const due = Date.parse((await viewOf(app, alert.alertId)).due?.at ?? '');
    expect(Math.abs(due - Date.now() - 10 * minute)).toBeLessThan(15_000);
    expect(Date.parse((await viewOf(app, soon.alertId)).due?.at ?? '')).toBeLessThan(Date.now() + 5_000);
    const entered = (await viewOf(app, long.alertId)).tiers.find(({ tier }) => tier === TIER.T1)?.enteredAt;
    expect(Math.abs(Date.now() - Date.parse(entered ?? '') - 90 * minute)).toBeLessThan(15_000);
    const resting = await app.database.query(`SELECT FROM channel_health WHERE open_until > clock_timestamp() + interval '1 minute'`);
    expect(resting.rowCount).toBe(0);
    const { rows } = await app.database.query('SELECT FROM engine_heartbeat WHERE at > clock_timestamp()');
    expect(rows).toHaveLength(0);
  });
});

describe('a clock that is put forward', () => {
  it('is told from a delay: by the steady clock of the machine, which a slow answer or a stopped process cannot fool', async () => {
    const app = await testApp({ config: { instance: { roles: ['http'] } } });
    const guard = new ClockGuard(app.database);
    const from = Date.now();
    const at = (ms: number) => new Date(from + ms);
    expect(await guard.admits(at(0), 1_000, 1_010)).toBe(true);
    expect(await guard.admits(at(15_000), 1_500, 16_010)).toBe(true); // asked, and answered a quarter of a minute later
    expect(await guard.admits(at(30 * minute), 1_500 + 30 * minute, 1_510 + 30 * minute)).toBe(true); // stopped for half an hour
    expect(guard.leap).toBe(null);
    expect(await guard.admits(at(90 * minute), 2_000 + 30 * minute, 2_010 + 30 * minute)).toBe(true);
    expect(guard.leap).toEqual({ at: from + 90 * minute, byMs: 60 * minute - 510 });
    await app.stop();
  });

  it('costs a critical alert one tier, and the next one has its whole time', async () => {
    const { url, drop } = await testDatabaseUrl();
    const owner = new pg.Client({ connectionString: url });
    await owner.connect();
    await installMovedClock(owner, new URL(url).pathname.slice(1));
    const sink = await startMailSink();
    const app = await testApp({ config: sendingTo(sink.port), databaseUrl: url });
    const coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    const alert = sealAlert(coalition, { severity: 'S1', consents: { un: true } });
    await submit(app.url, alert);
    await until('the first tier is told', async () => (await viewOf(app, alert.alertId)).tiers[0]?.sent === 1);
    await moveClock(owner, 60 * minute);
    const view = await until('the second tier is entered', async () => {
      const now = await viewOf(app, alert.alertId);
      return now.gen > 1 ? now : null;
    });
    expect(view.events.filter(({ type }) => type === 'ENTER').map(({ tier }) => tier)).toEqual([TIER.T1, TIER.T1b]);
    expect(Math.abs(Date.parse(view.next?.at ?? '') - Date.now() - 65 * minute)).toBeLessThan(20_000);
    expect(app.log.some((line) => line.includes('the clock of the database went forward by'))).toBe(true);
    await app.stop();
    await sink.stop();
    await owner.end();
    await drop();
  });
});

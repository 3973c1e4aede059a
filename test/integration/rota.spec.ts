import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Rid } from '../../src/domain/alert.js';
import { dutyAt } from '../../src/domain/on-duty.js';
import type { Rotation, ShiftOverride } from '../../src/domain/rota.js';
import { Policies } from '../../src/escalation/policies.js';
import { EvidenceLog } from '../../src/evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { addHolidays, addOverride, addRotation, clearHolidays, clearHours, clearQuietHours, readRota, removeOverride, removeRotation, setHours, setQuietHours } from '../../src/roster/rota-store.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster, TIER, type PersonName } from '../support/coalition.js';
import { submit } from '../support/desk-client.js';
import { deliveriesOf, sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert, type AlertOptions, type SealedAlert } from '../support/sealed-alert.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

const hour = 3_600_000;
const day = 24 * hour;

/** T1b has two people: a lawyer and the reserve of the partner in Osh. They are whom these stories are about. */
describe('who has duty', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;
  let lawyer: Rid;
  let reserve: Rid;

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    lawyer = coalition.people.lawyer.ridHex;
    reserve = coalition.people.oshReserve.ridHex;
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
  });
  beforeEach(async () => {
    const rota = await readRota(app.database, DEFAULT_COALITION, new Date(0));
    await app.database.transaction(async (tx) => {
      for (const { rotationId } of rota.rotations) await removeRotation(tx, DEFAULT_COALITION, rotationId);
      for (const { overrideId } of rota.overrides) await removeOverride(tx, DEFAULT_COALITION, overrideId);
      for (const { rid } of rota.quiet) await clearQuietHours(tx, DEFAULT_COALITION, rid);
      for (const { org } of rota.hours) await clearHours(tx, DEFAULT_COALITION, org);
      for (const org of new Set(rota.holidays.map((each) => each.org))) await clearHolidays(tx, DEFAULT_COALITION, org);
    });
  });

  const rotation = (turns: Rid[][], more: Partial<Rotation> = {}): Promise<string> =>
    app.database.transaction(async (tx) => {
      const rota = { tier: TIER.T1b, zone: 'Asia/Bishkek', firstHandOver: '2026-01-01T09:00', every: { count: 1, unit: 'weeks' as const }, turns, until: null, ...more };
      const added = await addRotation(tx, DEFAULT_COALITION, rota);
      if ('refused' in added) throw new Error(added.refused);
      return added.rotationId;
    });
  const override = (people: Rid[], from: number, to: number, more: Partial<ShiftOverride> = {}) =>
    app.database.transaction((tx) => addOverride(tx, DEFAULT_COALITION, { tier: TIER.T1b, span: { start: from, end: to }, insteadOf: null, people, ...more }, null));
  const daysOff = (org: string): Promise<number> => {
    const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
    const holiday = { org, uid: `${org}@example.org`, zone: 'UTC', firstDay: iso(Date.now() - day), dayAfter: iso(Date.now() + 3 * day), title: 'Days off' };
    return app.database.transaction((tx) => addHolidays(tx, DEFAULT_COALITION, [holiday]));
  };

  /** An alert that has just come to T1b, and who was told there. */
  async function atT1b(options: AlertOptions = {}): Promise<{ alert: SealedAlert; told: PersonName[] }> {
    const alert = sealAlert(coalition, { consents: { abroad: false, eu: false }, exclude: [], ...options });
    await submit(app.url, alert);
    await until('the first tier is told', async () => (await viewOf(app, alert.alertId)).tiers[0]?.status === 'notified');
    // What the first tier was promised is not what this is about.
    await app.database.query(`UPDATE alert_timer SET due_at = now(), due_kind = 'escalate' WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    await until('the second tier has had its turn', async () => (await viewOf(app, alert.alertId)).tiers[1]?.enteredAt);
    const ids = (await deliveriesOf(app.database, alert.alertId)).filter(({ tier }) => tier === TIER.T1b).map(({ contact_id }) => contact_id);
    return { alert, told: [...coalition.contactIds].filter(([, id]) => ids.includes(id)).map(([name]) => name) };
  }

  it('is everybody of a tier until somebody says otherwise', async () => {
    expect((await atT1b()).told.sort()).toEqual(['lawyer', 'oshReserve']);
  });

  it('are not those who sleep, but for a critical alert; a tier of sleepers is passed at once and never silent', async () => {
    // Quiet from an hour ago until in an hour, wherever the hand of the clock stands now.
    const clock = (ms: number): string => new Date(Date.now() + ms).toISOString().slice(11, 16);
    const sleeps = (rid: Rid) => app.database.transaction((tx) => setQuietHours(tx, DEFAULT_COALITION, { rid, zone: 'UTC', from: clock(-hour), to: clock(hour) }));
    await sleeps(lawyer);
    expect((await atT1b({ severity: 'S2' })).told).toEqual(['oshReserve']);
    expect((await atT1b({ severity: 'S1' })).told.sort()).toEqual(['lawyer', 'oshReserve']);
    await sleeps(reserve);
    const { alert, told } = await atT1b({ severity: 'S2' });
    expect(told).toEqual([]);
    await until('the next tier is told', async () => (await viewOf(app, alert.alertId)).tiers[2]?.status === 'notified');
    expect((await viewOf(app, alert.alertId)).tiers[1]?.status).toBe('not_reached');
  });

  it('are the people of the turn, from the next tick on; an override beats it, and ends by being taken away', async () => {
    const id = await rotation([[lawyer]]);
    expect((await atT1b()).told).toEqual(['lawyer']);
    const taken = await override([reserve], Date.now() - hour, Date.now() + hour, { insteadOf: lawyer });
    expect((await atT1b()).told).toEqual(['oshReserve']);
    if ('refused' in taken) throw new Error(taken.refused);
    await app.database.transaction((tx) => removeOverride(tx, DEFAULT_COALITION, taken.overrideId));
    expect((await atT1b()).told).toEqual(['lawyer']);
    await app.database.transaction((tx) => removeRotation(tx, DEFAULT_COALITION, id));
    expect((await atT1b()).told).toHaveLength(2);
  });

  it('nobody on duty: the next tier at once, and the tier shown as not reached, with the reason', async () => {
    await override([], Date.now() - hour, Date.now() + hour);
    const { alert, told } = await atT1b();
    expect(told).toEqual([]);
    const view = await until('the next tier is told', async () => {
      const now = await viewOf(app, alert.alertId);
      return now.tiers[2]?.enteredAt ? now : null;
    });
    expect(view.tiers[1]).toMatchObject({ status: 'not_reached', reason: 'nobody_on_duty' });
    const [passed, entered] = [view.tiers[1]?.enteredAt, view.tiers[2]?.enteredAt].map((at) => Date.parse(at ?? ''));
    expect((entered ?? NaN) - (passed ?? NaN)).toBeLessThan(10_000); // the tick looks every second; the rest is the machine's
  });

  it('days off and closed offices hold back everything but a critical alert', async () => {
    await daysOff('lawyers');
    const never = { org: 'partner-osh', zone: 'Asia/Bishkek', weekly: [{ weekdays: [new Date(Date.now() + 3 * day).getUTCDay() || 7], opens: '09:00', closes: '10:00' }] };
    expect((await atT1b({ severity: 'S2' })).told).toEqual(['oshReserve']);
    await app.database.transaction((tx) => setHours(tx, DEFAULT_COALITION, never));
    const alert = sealAlert(coalition, { severity: 'S2', consents: { abroad: false, eu: false } });
    await submit(app.url, alert);
    const view = await until('the coordinator is told, whose office is open', async () => {
      const now = await viewOf(app, alert.alertId);
      return now.tiers[2]?.status === 'notified' ? now : null;
    });
    expect(view.tiers.slice(0, 2).map(({ reason }) => reason)).toEqual(['nobody_on_duty', 'nobody_on_duty']);
    expect((await atT1b({ severity: 'S1' })).told.sort()).toEqual(['lawyer', 'oshReserve']);
  });

  it('a low alert waits for the first shift after the days off', async () => {
    await daysOff('partner-osh');
    const end = (await readRota(app.database, DEFAULT_COALITION)).holidays[0]?.dayAfter;
    const alert = sealAlert(coalition, { severity: 'S4', consents: { abroad: false, eu: false } });
    await submit(app.url, alert);
    const view = await viewOf(app, alert.alertId);
    expect(view.tiers[0]).toMatchObject({ status: 'waiting' });
    expect(Date.parse(view.next?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(`${end}T00:00:00Z`));
  });

  it('a running alert keeps its ladder when a new policy is published, and its people are whoever has duty then', async () => {
    const alert = sealAlert(coalition, { consents: { abroad: false, eu: false } });
    await submit(app.url, alert);
    const before = await until('the first tier is told', async () => {
      const now = await viewOf(app, alert.alertId);
      return now.tiers[0]?.status === 'notified' ? now : null;
    });
    const slower = { ...coalition.policy.body, version: 100, tiers: coalition.policy.body.tiers.map((tier) => (tier.tier === TIER.T1b ? { ...tier, afterMs: { ...tier.afterMs, S1: 9 * 60_000 } } : tier)) };
    const log = new EvidenceLog(coalition.p);
    expect(await app.database.transaction((tx) => new Policies(log).publish(tx, DEFAULT_COALITION, slower))).toHaveProperty('policyVersionId');
    await rotation([[reserve]]);
    expect((await viewOf(app, alert.alertId)).next).toEqual(before.next);
    await app.database.query(`UPDATE alert_timer SET due_at = now(), due_kind = 'escalate' WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    await until('the second tier is told', async () => (await viewOf(app, alert.alertId)).tiers[1]?.enteredAt);
    const told = (await deliveriesOf(app.database, alert.alertId)).filter(({ tier }) => tier === TIER.T1b).map(({ contact_id }) => contact_id);
    expect(told).toEqual([coalition.contactIds.get('oshReserve')]);
    // T2 follows after 5 min, as it did when the alert came in, and not after 1.
    const { next } = await viewOf(app, alert.alertId);
    expect(Date.parse(next?.at ?? '') - Date.now()).toBeGreaterThan(3 * 60_000);
    await expect(app.database.query(`UPDATE policy_version SET version = version + 1`)).rejects.toThrow();
  });

  it('is the same in the database as it was set, by the clocks of its zone', async () => {
    const start = Date.parse('2027-03-28T00:00:00Z');
    await rotation([[lawyer], [reserve]], { zone: 'Europe/Brussels', firstHandOver: '2027-03-27T02:30', every: { count: 1, unit: 'days' } });
    const rota = await readRota(app.database, DEFAULT_COALITION);
    expect(rota.rotations).toMatchObject([{ zone: 'Europe/Brussels', firstHandOver: '2027-03-27T02:30', turns: [[lawyer], [reserve]] }]);
    const members = [lawyer, reserve].map((rid) => ({ rid, org: 'any' }));
    // 02:30 does not exist on 28 March: the lawyer has duty until 03:30 summer time.
    expect([...dutyAt(rota, TIER.T1b, members, start + 1.49 * hour).critical]).toEqual([lawyer]);
    expect([...dutyAt(rota, TIER.T1b, members, start + 1.5 * hour).critical]).toEqual([reserve]);
  });

  it('refuses people whom the roster does not name in the tier', async () => {
    const stranger = coalition.people.euFocal.ridHex;
    await expect(rotation([[lawyer, stranger]])).rejects.toThrow('not-in-tier');
    expect(await override([lawyer], 0, hour, { insteadOf: stranger })).toEqual({ refused: 'not-in-tier', rid: stranger });
  });

  it('refuses overrides that cross; one that lies inside is narrower and wins', async () => {
    const from = Date.now() - hour;
    const wide = await override([lawyer], from, from + 10 * hour);
    if ('refused' in wide) throw new Error(wide.refused);
    const span = { start: from, end: from + 10 * hour };
    expect(await override([reserve], from - hour, from + hour)).toEqual({ refused: 'crosses', overrideId: wide.overrideId, span });
    expect(await override([reserve], from, from + 10 * hour)).toMatchObject({ refused: 'crosses' });
    expect(await override([reserve], from - hour, from + 11 * hour)).toMatchObject({ refused: 'crosses' });
    expect(await override([reserve], from + hour / 2, from + 2 * hour)).toHaveProperty('overrideId');
    expect((await atT1b()).told).toEqual(['oshReserve']);
  });

  it('keeps two people who set the same time at the same moment apart', async () => {
    const outcomes = await Promise.allSettled([0, 1, 2, 3].map((minutes) => override([lawyer], day + minutes * 60_000, 2 * day)));
    const set = outcomes.filter((each) => each.status === 'fulfilled' && 'overrideId' in each.value);
    const { rows } = await app.database.query<{ crossing: number }>(
      `SELECT count(*)::int AS crossing FROM shift_override a JOIN shift_override b ON a.tier = b.tier AND a.override_id < b.override_id
         AND a.span && b.span AND NOT (a.span <@ b.span OR b.span <@ a.span)`,
    );
    expect(set.length).toBeGreaterThanOrEqual(1);
    expect(rows[0]?.crossing).toBe(0);
    // Past every look of ours, the table itself refuses what overlaps.
    const again = app.database.query(
      `INSERT INTO shift_override (coalition_id, tier, span, people, depth, scope) SELECT coalition_id, tier, span, people, depth, scope FROM shift_override`,
    );
    await expect(again).rejects.toMatchObject({ code: '23P01', constraint: 'overrides_do_not_cross' });
  });

  it('whoever is revoked has no duty any more, without a change of the rota', async () => {
    await rotation([[lawyer, reserve]]);
    const revoked = nextRoster(coalition, ({ responders }) => ({ responders: responders.map((each) => (each.rid === lawyer ? { ...each, status: 'revoked' } : each)) }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, revoked));
    const { told } = await atT1b({});
    expect(told).toEqual(['oshReserve']);
  });
});

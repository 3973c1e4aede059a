import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import ICAL from 'ical.js';
import { GapWatch } from '../../src/delivery/gap-watch.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { testApp, type TestApp } from '../support/app.js';
import { nextRoster, TIER, type PersonName } from '../support/coalition.js';
import { request, signIn, submit, type DeskClient } from '../support/desk-client.js';
import { sendingTo, until, viewOf } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition, DUTY_DESK_ADDRESS, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';

const hour = 3_600_000;
const day = 24 * hour;

interface ShiftsAnswer {
  readonly tiers: readonly {
    readonly key: string;
    readonly now: { readonly critical: string[] };
    readonly next: { readonly critical: string[]; readonly from: string } | null;
    readonly gaps: readonly { readonly kind: string; readonly from: string }[];
    readonly readiness: { readonly people: number; readonly reachable: number; readonly lastDrill: { readonly answeredAfterMs: number | null } | null };
  }[];
  readonly overrides: readonly { readonly id: string }[];
}

describe('shifts at the desk', () => {
  let sink: MailSink;
  let app: TestApp;
  let coalition: StoredCoalition;
  const iso = (ms: number): string => new Date(ms).toISOString();

  beforeAll(async () => {
    sink = await startMailSink();
    app = await testApp({ config: sendingTo(sink.port) });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    // The lawyers get a second person and a coordinator of their own: the reserve of Osh changes sides for these stories.
    const roster = nextRoster(coalition, ({ responders }) => ({
      responders: responders.map((each) => (each.rid === coalition.people.oshReserve.ridHex ? { ...each, org: 'lawyers', role: 'coordinator' } : each)),
    }));
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, roster));
  });
  afterAll(async () => {
    await app.stop();
    await sink.stop();
  });

  const desk = (name: PersonName): Promise<DeskClient> => signIn(app.url, coalition, coalition.people[name]);
  const rid = (name: PersonName): string => coalition.people[name].ridHex;
  const read = async (client: DeskClient): Promise<ShiftsAnswer> => (await client.get('/desk/shifts')).json<ShiftsAnswer>();
  const t1b = ({ tiers }: ShiftsAnswer) => tiers.find(({ key }) => key === 'T1b');

  it('a coordinator puts people of the own organisation in; everybody sees who has duty, and what lacks', async () => {
    const coordinator = await desk('oshReserve');
    const lawyer = await desk('lawyer');
    const body = { tier: TIER.T1b, from: iso(Date.now() + day), to: iso(Date.now() + 2 * day), people: [rid('oshReserve')], insteadOf: rid('lawyer') };
    expect((await lawyer.send('POST', '/desk/shifts/overrides', { json: body })).json()).toMatchObject({ code: 'not-a-coordinator' });
    const other = await (await desk('coordinator')).send('POST', '/desk/shifts/overrides', { json: body });
    expect([other.status, other.json().code]).toEqual([403, 'not-your-organisation']);
    const added = await coordinator.send('POST', '/desk/shifts/overrides', { json: body });
    expect(added.status).toBe(201);
    const seen = t1b(await read(lawyer));
    expect(seen).toMatchObject({ gaps: [{ kind: 'thin', from: body.from }], next: { critical: [rid('oshReserve')], from: body.from }, readiness: { people: 2, reachable: 2, lastDrill: null } });
    expect(seen?.now.critical).toHaveLength(2);

    const again = await coordinator.send('POST', '/desk/shifts/overrides', { json: { ...body, to: iso(Date.now() + 3 * day) } });
    expect([again.status, again.json()]).toEqual([409, expect.objectContaining({ code: 'crosses', override: added.json().id })]);
    const wrong = await coordinator.send('POST', '/desk/shifts/overrides', { json: { ...body, to: body.from } });
    expect([wrong.status, JSON.stringify(wrong.json())]).toEqual([400, expect.stringContaining('later than')]);
    const stranger = await coordinator.send('POST', '/desk/shifts/overrides', { json: { ...body, people: [rid('euFocal')] } });
    expect([stranger.status, stranger.json().code]).toEqual([422, 'not-in-tier']);
    const path = `/desk/shifts/overrides/${String(added.json().id)}`;
    expect([(await lawyer.send('DELETE', path)).status, (await coordinator.send('DELETE', path)).status, (await coordinator.send('DELETE', path)).status]).toEqual([403, 204, 404]);
  });

  it('a personal calendar opens by its secret address alone, tells times alone, and ends when it is closed', async () => {
    const lawyer = await desk('lawyer');
    const open = async (): Promise<string> => new URL((await lawyer.send('POST', '/desk/shifts/calendar')).json<{ url: string }>().url).pathname.replace('/api/v1', '');
    const first = await open();
    const answer = await request(app.url, 'GET', first);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/calendar; charset=utf-8']);
    const text = new TextDecoder().decode(answer.bytes);
    expect(new ICAL.Component(ICAL.parse(text) as unknown[]).getAllSubcomponents('vevent').map((each) => each.getFirstPropertyValue('summary'))).toEqual(['Duty']);
    expect(text).not.toMatch(new RegExp(`${rid('lawyer')}|lawyer|T1b|jardam`, 'i'));
    const second = await open();
    expect([(await request(app.url, 'GET', first)).status, (await request(app.url, 'GET', second)).status]).toEqual([404, 200]);
    expect((await lawyer.send('DELETE', '/desk/shifts/calendar')).status).toBe(204);
    expect((await request(app.url, 'GET', second)).status).toBe(404);
    expect((await request(app.url, 'GET', '/desk/calendars/no-token.ics')).status).toBe(404);
    const stored = await app.database.query<{ found: number }>(`SELECT count(*)::int AS found FROM shift_calendar`);
    expect(stored.rows[0]?.found).toBe(0);
    expect(app.log.join('\n')).not.toContain(first.slice(-20));
  });

  it('a gap is told a week ahead, once, to the coordinators and the duty desk, without saying which', async () => {
    const watch = app.service.app.get(GapWatch);
    const coordinator = await desk('oshReserve');
    await watch.look(); // tiers of one person are told first, so that they do not disturb
    const before = sink.mails.length;
    expect(await watch.look()).toBe(0);
    const body = { tier: TIER.T1b, from: iso(Date.now() + 6 * day), to: iso(Date.now() + 6 * day + hour), people: [] };
    const added = await coordinator.send('POST', '/desk/shifts/overrides', { json: body });
    expect(t1b(await read(coordinator))?.gaps).toMatchObject([{ kind: 'uncovered' }]);
    expect(await watch.look()).toBe(1);
    const mails = sink.mails.slice(before);
    expect(mails.map(({ to }) => to).sort()).toEqual([coalition.people.coordinator.email, coalition.people.oshReserve.email, DUTY_DESK_ADDRESS].sort());
    expect(mails.find(({ to }) => to === DUTY_DESK_ADDRESS)?.parsed.text).toContain('Shifts of the coming days lack people.');
    expect(mails.map(({ parsed }) => parsed.text ?? '').join('\n')).not.toMatch(/T1b|lawyer/i);
    expect(await watch.look()).toBe(0);
    await coordinator.send('DELETE', `/desk/shifts/overrides/${String(added.json().id)}`);
  });

  it('a drill takes the same path and shows how ready a tier is', async () => {
    const alert = sealAlert(coalition, { drill: true, severity: 'S2' });
    await submit(app.url, alert);
    await until('the first tier is told', async () => (await viewOf(app, alert.alertId)).tiers[0]?.status === 'notified');
    const osh = await desk('osh');
    expect((await read(osh)).tiers[0]?.readiness.lastDrill).toMatchObject({ answeredAfterMs: null });
    await osh.act(alert, 'ack');
    const { lastDrill } = (await read(osh)).tiers[0]?.readiness ?? {};
    expect(lastDrill?.answeredAfterMs).toBeGreaterThanOrEqual(0);
    expect(lastDrill?.answeredAfterMs).toBeLessThan(hour);
  });
});

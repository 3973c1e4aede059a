// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeStatement } from '@jardam/protocol';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { withAdmin } from '../support/database-server.js';
import { advance } from '../support/ladder.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { eventually, postUntilConfirmed } from './support/alerts.js';
import { DeskPage, Desks } from './support/desk-page.js';
import { said } from './support/locale.js';
import { faultsOf } from './support/looks.js';
import { PASSPHRASE, shortLadder, startWorld, type World } from './support/world.js';

/** A story in several browsers on a busy machine. */
const storyMs = 120_000;
const hourMs = 3_600_000;

describe('a working day at the desk, in real browsers', () => {
  let world: World;
  let browser: Browser;
  let desks: Desks;

  beforeAll(async () => {
    browser = await openBrowser();
    // The reserve hears in ten minutes: nothing climbs by itself while these stories last.
    const policy = shortLadder(600_000);
    const snoozeMostMs = { S1: null, S2: 4 * hourMs, S3: 48 * hourMs, S4: 168 * hourMs };
    world = await startWorld({ coalition: { policy: { ...policy, ack: { ...policy.ack, snoozeMostMs } } } });
    desks = new Desks(browser, world);
  }, storyMs);
  afterAll(async () => {
    await browser.close();
    await world.stop();
  });
  afterEach(async () => {
    expect(await desks.close()).toEqual([]);
  });

  async function reported(what: string): Promise<SealedAlert> {
    const alert = sealAlert(world.coalition, { severity: 'S1', answers: { what } });
    await postUntilConfirmed(world.url, alert);
    return alert;
  }
  async function timerOf(alert: SealedAlert): Promise<{ state: string; owner: string | null; leftMs: number }> {
    const { rows } = await world.database.query<{ state: string; owner: string | null; left_s: string }>(
      `SELECT state, encode(owner_rid, 'hex') AS owner, extract(epoch FROM ack_expires_at - now()) AS left_s FROM alert_timer WHERE alert_id = $1`,
      [Buffer.from(alert.alertId)],
    );
    const [row] = rows;
    if (row === undefined) throw new Error('there is no such alert');
    return { state: row.state, owner: row.owner, leftMs: Number(row.left_s) * 1000 };
  }
  const ownedBy = (alert: SealedAlert, rid: string) => eventually(() => timerOf(alert), ({ owner }) => owner === rid);
  const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.textContent ?? '');
  const waitUntilFocused = (page: Page, text: string): Promise<string> => eventually(() => focused(page), (found) => found.includes(text));

  it('an alert is found, opened, taken, answered and handed in with the keyboard alone', async () => {
    const alert = await reported('The quiet harbour is closed');
    const { osh } = world.coalition.people;
    const { page } = await desks.open();
    await page.goto(world.personalLink('osh'));
    await page.getByRole('heading', { name: said('desk.sign-in.title') }).waitFor();
    // Every key at once, as practised hands press them, on a slow machine: no step may wait for the browser to paint.
    const machine = await page.context().newCDPSession(page);
    await machine.send('Emulation.setCPUThrottlingRate', { rate: 8 });
    await page.keyboard.type(PASSPHRASE);
    await page.keyboard.press('Enter');
    await page.getByText('The quiet harbour is closed').first().waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'The quiet harbour is closed', level: 2 }).waitFor();
    expect((await timerOf(alert)).owner).toBe(null);
    await page.keyboard.press('a');
    await ownedBy(alert, osh.ridHex);
    // The button that was pressed is gone; the focus is not.
    await page.getByRole('button', { name: said('desk.deeds.renew') }).waitFor();
    expect(await page.evaluate(() => document.activeElement === document.body)).toBe(false);

    await page.keyboard.press('r');
    await page.keyboard.type('A boat is on its way'); // has an a and a j in it, which are letters here
    await page.keyboard.press('Tab');
    await waitUntilFocused(page, said('desk.message.send-reply'));
    await page.keyboard.press('Enter');
    await page.locator('.said', { hasText: 'A boat is on its way' }).waitFor();

    // Escape leads back to the row that was left; the help says all of this.
    await page.keyboard.press('Escape');
    await waitUntilFocused(page, 'The quiet harbour is closed');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: said('desk.help.title') }).waitFor();
    await page.keyboard.press('a'); // belongs to the dialog, not to the alert behind it
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await waitUntilFocused(page, 'The quiet harbour is closed');
  }, storyMs);

  it('a new alert comes by itself into an open queue, is announced, and leaves whoever is reading where they are', async () => {
    const first = await reported('The upper mill is watched');
    const { page } = await desks.signedIn('osh');
    await page.getByText('The upper mill is watched').first().waitFor();
    await page.keyboard.press('j');
    // A row takes the focus before it has been opened.
    const here = await eventually(() => focused(page), (row) => /The \w/.test(row));
    const title = await page.title();

    // It is due before all others: every row moves, also the one with the focus.
    const urgent = await reported('The lower mill is on fire');
    await world.database.query(`UPDATE alert_timer SET due_at = now() + interval '2 minutes', due_kind = 'escalate' WHERE alert_id = $1`, [Buffer.from(urgent.alertId)]);
    await page.getByText('The lower mill is on fire').first().waitFor();
    await eventually(() => page.locator('.row-text').allTextContents(), (rows) => rows[0] === 'The lower mill is on fire');
    await page.getByText(said('desk.news', 'en', { n: '1', severity: said('shared.severity.S1') })).waitFor({ state: 'attached' });
    expect(await focused(page)).toContain(/The [\w ]+/.exec(here)?.[0]);
    expect(await page.title()).not.toBe(title); // the number in the tab
    expect([(await timerOf(first)).state, (await timerOf(urgent)).state]).toEqual(['notifying', 'notifying']);
  }, storyMs);

  it('who cannot take it says so: the next tier is told at once, and still finds the alert open', async () => {
    const alert = await reported('The school road is blocked');
    const { lawyer } = world.coalition.people;
    const osh = await desks.signedIn('osh');
    await osh.openAlert('The school road is blocked');
    await osh.press('desk.deeds.decline');
    const dialog = osh.page.getByRole('dialog');
    await dialog.getByRole('radio', { name: said('desk.decline.reason-conflict') }).check();
    await dialog.getByRole('button', { name: said('desk.decline.confirm') }).click();
    await osh.says('desk.people.decline');
    await world.mail.waitFor(({ to }) => to === lawyer.email, 60_000);

    const { rows } = await world.database.query<{ statement: Buffer }>(`SELECT statement FROM ack WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    expect(rows.map(({ statement }) => decodeStatement(statement)?.detail)).toEqual(['{"reason":"conflict"}']);
    const theirs = await desks.signedIn('lawyer');
    await theirs.openAlert('The school road is blocked');
    await theirs.take();
    await ownedBy(alert, lawyer.ridHex);
    await osh.page.locator('.people', { hasText: said('desk.people.ack') }).waitFor();
  }, storyMs);

  it('hands over: it stays with the one who has it until the other accepts, on both pages', async () => {
    const alert = await reported('The old inn has been searched');
    const { osh, lawyer } = world.coalition.people;
    const mine = await desks.signedIn('osh');
    await mine.openAlert('The old inn has been searched');
    await mine.take();
    const theirs = await desks.signedIn('lawyer');
    await theirs.page.getByText('The school road is blocked').first().waitFor();
    expect(await theirs.page.getByText('The old inn has been searched').count()).toBe(0); // not their turn yet

    await mine.press('desk.deeds.hand-over');
    const dialog = mine.page.getByRole('dialog');
    await dialog.getByRole('combobox').selectOption(`rid:${lawyer.ridHex}`);
    await dialog.getByRole('button', { name: said('desk.hand-over.confirm') }).click();
    await mine.page.getByText(/not accepted yet/).waitFor();
    expect((await timerOf(alert)).owner).toBe(osh.ridHex);

    await theirs.openAlert('The old inn has been searched');
    await theirs.page.getByText(/asks you to take this over/).waitFor();
    await theirs.press('desk.hand-over.accept');
    await ownedBy(alert, lawyer.ridHex);
    await theirs.page.getByRole('button', { name: said('desk.deeds.renew') }).waitFor();
    await mine.page.getByText(/not accepted yet/).waitFor({ state: 'detached' });
    await mine.page.locator('.row', { hasText: 'The old inn has been searched' }).getByText(/Duty lawyers/).waitFor();
  }, storyMs);

  it('keeps an alert whose acknowledgement is about to expire, after the reminder', async () => {
    const alert = await reported('The watchman has not come back');
    const { osh } = world.coalition.people;
    const { page } = await desks.signedIn('osh').then(async (desk) => {
      await desk.openAlert('The watchman has not come back');
      await desk.take();
      return desk;
    });
    const clock = page.locator('.alert-head .clock');
    await clock.getByText(said('desk.clock.reminder')).waitFor();
    const full = (await timerOf(alert)).leftMs;
    const mails = (): number => world.mail.mails.filter(({ to }) => to === osh.email).length;
    const before = mails();
    // The reminder comes at four fifths of the time.
    await advance(world.database, alert.alertId, full * 0.8);
    await clock.getByText(said('desk.clock.ack_expiry')).waitFor();
    await eventually(() => Promise.resolve(mails()), (count) => count > before, 60_000);
    const left = (await timerOf(alert)).leftMs;
    expect(left).toBeLessThan(full / 2);
    await page.getByRole('button', { name: said('desk.deeds.renew') }).click();
    await clock.getByText(said('desk.clock.reminder')).waitFor();
    expect(await timerOf(alert)).toMatchObject({ state: 'acknowledged', owner: osh.ridHex });
    expect((await timerOf(alert)).leftMs).toBeGreaterThan(left);
  }, storyMs);

  it('tells of reports that may be about one incident; a note binds them, and each keeps its own state', async () => {
    const one = await reported('Three neighbours were taken from the carpentry workshop in a white minibus');
    const other = await reported('A white minibus stands before the carpentry workshop, they took neighbours away');
    const { page } = await desks.signedIn('osh', 360);
    const desk = new DeskPage(page);
    await desk.openAlert('Three neighbours were taken');
    await desk.take();
    const same = page.getByRole('region', { name: said('desk.same.title') });
    await same.getByRole('button', { name: /A white minibus stands/ }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    await same.getByRole('button', { name: said('desk.same.note') }).click();
    await same.getByText(said('desk.same.noted')).waitFor();
    expect(await same.getByRole('button', { name: said('desk.same.note') }).count()).toBe(0);

    // From one to the other, where the same is known; and only the first was taken.
    await same.getByRole('button', { name: /A white minibus stands/ }).click();
    await page.getByRole('heading', { level: 2, name: /A white minibus stands/ }).waitFor();
    await page.locator('.said', { hasText: said('desk.same.note-text', 'en', { tag: Buffer.from(one.alertId).toString('hex').slice(0, 8) }) }).waitFor();
    await same.getByText(said('desk.same.noted')).waitFor();
    expect([(await timerOf(one)).state, (await timerOf(other)).state]).toEqual(['acknowledged', 'notifying']);
  }, storyMs);

  it('people add an address of their own, prove and try it; and put off what can wait', async () => {
    const alert = sealAlert(world.coalition, { severity: 'S2', answers: { what: 'The orchard wall was painted' } });
    await postUntilConfirmed(world.url, alert);
    const { page } = await desks.signedIn('osh', 360);
    await page.getByRole('button', { name: said('desk.contacts.open'), exact: true }).click();
    const dialog = page.getByRole('dialog', { name: said('desk.contacts.title') });
    const own = dialog.getByRole('listitem');
    await own.getByText('o…@example.org').waitFor();
    // All by keyboard: the address, the code that came there, the test, and its place before the first one.
    await dialog.getByRole('textbox', { name: said('desk.contacts.address') }).focus();
    await page.keyboard.type('harbour@example.net');
    await page.keyboard.press('Enter');
    const added = own.filter({ hasText: 'h…@example.net' });
    await added.getByText(said('desk.contacts.unproved')).waitFor();
    await added.getByText(said('desk.contacts.code-sent')).waitFor();
    const mail = await world.mail.waitFor(({ to }) => to === 'harbour@example.net', 60_000);
    await added.getByRole('textbox').focus();
    await page.keyboard.type(/\d{8}/.exec(mail.parsed.text ?? '')?.[0] ?? 'no code');
    await page.keyboard.press('Enter');
    await added.getByText(/^Proved: /).waitFor();
    await added.getByRole('button', { name: said('desk.contacts.test') }).focus();
    await page.keyboard.press('Enter');
    await added.getByText(/^Last test: taken for delivery, .*smtp-250/).waitFor();
    const earlier = added.getByRole('button', { name: said('desk.contacts.earlier') });
    await earlier.focus();
    await page.keyboard.press('Enter');
    await eventually(() => own.first().textContent(), (text) => text?.includes('h…@example.net') === true);
    expect(await faultsOf(page)).toEqual([]);
    // A lost session must not be able to silence its owner: the other one may go, then this one is the last.
    for (const expected of [1, 1]) {
      await own.last().getByRole('button', { name: said('desk.contacts.remove') }).click();
      await page.getByRole('dialog', { name: said('desk.contacts.remove-title') }).getByRole('button', { name: said('desk.contacts.remove') }).click();
      await eventually(() => own.count(), (count) => count === expected);
    }
    await dialog.getByText(said('desk.contacts.last-contact')).waitFor();
    await page.keyboard.press('Escape');

    const desk = new DeskPage(page);
    await desk.openAlert('The orchard wall was painted');
    await desk.take();
    const before = (await timerOf(alert)).leftMs;
    await desk.press('desk.snooze.title');
    const putOff = page.getByRole('dialog', { name: said('desk.snooze.title') });
    await putOff.getByRole('radio', { name: '4 h' }).check();
    await putOff.getByRole('button', { name: said('desk.snooze.confirm') }).click();
    // That was all that the policy allows: the button is gone, and the alert is still theirs.
    const after = await eventually(() => timerOf(alert), ({ leftMs }) => leftMs > before + 3 * hourMs);
    expect(after).toMatchObject({ state: 'acknowledged', owner: world.coalition.people.osh.ridHex });
    await page.getByRole('button', { name: said('desk.deeds.renew') }).waitFor();
    await page.getByRole('button', { name: said('desk.snooze.title'), exact: true }).waitFor({ state: 'detached' });
  }, storyMs);

  it('shows who has duty; a coordinator changes it, and takes a calendar along', async () => {
    const { page } = await desks.signedIn('coordinator');
    await page.getByRole('button', { name: said('desk.shifts.open'), exact: true }).click();
    const dialog = page.getByRole('dialog', { name: said('desk.shifts.title') });
    await dialog.getByText(said('desk.shifts.now')).first().waitFor();
    const field = (key: string) => dialog.getByLabel(said(key), { exact: true });
    await dialog.getByRole('button', { name: said('desk.shifts.add'), exact: true }).click();
    await dialog.getByText(said('desk.shifts.incomplete')).waitFor();
    await dialog.getByRole('checkbox').first().check();
    const year = new Date().getFullYear() + 1;
    await field('desk.shifts.from').fill(`${year}-05-04T09:00`);
    await field('desk.shifts.to').fill(`${year}-05-06T09:00`);
    await dialog.getByRole('button', { name: said('desk.shifts.add'), exact: true }).click();
    const back = dialog.getByRole('button', { name: said('desk.shifts.remove'), exact: true });
    await back.waitFor();
    await dialog.getByRole('button', { name: said('desk.shifts.calendar-open') }).click();
    const address = await field('desk.shifts.calendar-address').inputValue();
    expect((await fetch(address)).status).toBe(200);
    await page.setViewportSize({ width: 360, height: 800 });
    expect(await faultsOf(page)).toEqual([]);
    await back.click();
    await back.waitFor({ state: 'detached' });
    await dialog.getByRole('button', { name: said('desk.shifts.calendar-close') }).click();
    await dialog.getByText(said('desk.shifts.calendar-closed')).waitFor();
    expect((await fetch(address)).status).toBe(404);
  }, storyMs);

  it('says calmly, in every language, when the server’s account of an alert is not true', async () => {
    const alert = await reported('The ferry has not come');
    const { lawyer } = world.coalition.people;
    const { page } = await desks.signedIn('osh').then(async (desk) => {
      await desk.openAlert('The ferry has not come');
      return desk;
    });
    await page.getByRole('button', { name: /^Take this report/ }).waitFor();
    expect(await page.locator('.record-warning').count()).toBe(0);

    // Whoever has the server makes it look as if the lawyer were on it.
    await world.database.query(
      `UPDATE alert_timer SET state = 'acknowledged', owner_rid = $2, due_at = now() + interval '1 day', due_kind = 'reminder', ack_expires_at = now() + interval '2 days' WHERE alert_id = $1`,
      [Buffer.from(alert.alertId), Buffer.from(lawyer.rid)],
    );
    const warning = page.locator('.record-warning');
    await warning.getByText(said('desk.record.shown-otherwise')).waitFor();
    await page.locator('.row', { hasText: 'The ferry has not come' }).getByText(said('desk.row.doubtful')).waitFor();
    for (const lang of ['ru', 'ky', 'uz', 'tg', 'en']) {
      await page.locator('.bar').getByRole('combobox').selectOption(lang);
      for (const key of ['title', 'shown-otherwise', 'do', 'content-holds']) await warning.getByText(said(`desk.record.${key}`, lang)).waitFor();
    }
    expect(await faultsOf(page)).toEqual([]);
    // Nothing of it keeps anybody from helping.
    await page.getByRole('button', { name: /^Take this report/ }).click();
    await eventually(
      async () => (await world.database.query(`SELECT FROM ack WHERE alert_id = $1`, [Buffer.from(alert.alertId)])).rowCount,
      (count) => count === 1,
    );

    // Or rewrites what has happened; the table refuses that, but not to its owner.
    await withAdmin(world.databaseUrl, async (client) => {
      await client.query('SET session_replication_role = replica');
      await client.query(`UPDATE event SET body = set_byte(body, 60, get_byte(body, 60) # 1) WHERE alert_id = $1 AND n = 1`, [Buffer.from(alert.alertId)]);
    });
    const another = await desks.signedIn('osh');
    await another.openAlert('The ferry has not come');
    await another.page.locator('.record-warning').getByText(said('desk.record.chain')).waitFor();
    const faults = await desks.close();
    expect(faults.filter((text) => !text.includes(said('desk.record.title')) && text !== said('desk.row.doubtful'))).toEqual([]);
    expect(faults.length).toBeGreaterThan(0);
  }, storyMs);
});

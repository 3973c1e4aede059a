// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { eventually, postUntilConfirmed } from './support/alerts.js';
import { DeskPage, Desks } from './support/desk-page.js';
import { said } from './support/locale.js';
import { coveredWhenFocused, faultsOf } from './support/looks.js';
import { PASSPHRASE, startWorld, type World } from './support/world.js';

describe('the desk, in a real browser against the real service', () => {
  let world: World;
  let browser: Browser;
  let desks: Desks;

  beforeAll(async () => {
    browser = await openBrowser();
    // The reserve hears in ten minutes: nothing climbs while these stories last.
    world = await startWorld({ stepMs: 600_000 });
    desks = new Desks(browser, world);
  }, 120_000);
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
  async function stateOf(alert: SealedAlert): Promise<string | undefined> {
    const { rows } = await world.database.query<{ state: string }>(`SELECT state FROM alert_timer WHERE alert_id = $1`, [Buffer.from(alert.alertId)]);
    return rows[0]?.state;
  }

  it('a life is at stake: one person alone cannot close the alert, a second one can', async () => {
    const alert = await reported('The old mill is watched');
    const first = await desks.signedIn('osh');
    await first.openAlert('The old mill is watched');
    await first.take();
    const ask = first.page.getByRole('button', { name: said('desk.close.ask') });
    await ask.click();
    await first.page.getByRole('dialog').getByRole('button', { name: said('desk.close.ask') }).click();
    await first.page.getByText(/Somebody else must confirm; until then it stays open/).waitFor();
    expect(await ask.count()).toBe(0);
    expect(await first.page.getByRole('button', { name: said('desk.close.confirm-second') }).count()).toBe(0);
    expect(await stateOf(alert)).toBe('acknowledged');

    // The second person is asked by the first: the next tier is told at once.
    await first.page.getByRole('button', { name: said('desk.deeds.escalate') }).click();
    await first.page.getByRole('button', { name: said('desk.deeds.escalate-now') }).click();
    await world.mail.waitFor(({ to }) => to === world.coalition.people.lawyer.email);
    const second = await desks.signedIn('lawyer');
    await second.openAlert('The old mill is watched');
    await second.page.getByText(/asked at .* to close this as: Resolved/).waitFor();
    await second.page.getByRole('button', { name: said('desk.close.confirm-second') }).click();
    await eventually(() => stateOf(alert), (state) => state === 'resolved');
    await first.page.getByText(said('desk.state.resolved')).first().waitFor();
  }, 60_000);

  it('says what is wrong with a passphrase, a recovery code or a link, and sends none of them', async () => {
    const sent: string[] = [];
    const { page } = await desks.open();
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.goto(world.personalLink('osh'));
    await page.locator('input[name=passphrase]').fill('seven quiet houses by the lake');
    await page.getByRole('button', { name: said('desk.sign-in.enter'), exact: true }).click();
    await page.getByText(said('desk.sign-in.wrong-passphrase')).waitFor();
    await page.getByRole('button', { name: said('desk.sign-in.use-recovery') }).click();
    await page.locator('input[name=recovery]').fill('AAAA-BBBB-CCCC-DDDD-EEEE-FFFF-GGGG-HHHH');
    await page.getByRole('button', { name: said('desk.sign-in.enter'), exact: true }).click();
    await page.getByText(said('desk.sign-in.wrong-recovery-code')).waitFor();

    await page.getByRole('button', { name: said('desk.sign-in.other-person') }).click();
    await page.getByLabel(said('desk.link.field')).fill('https://example.org/');
    await page.getByRole('button', { name: said('desk.link.go-on') }).click();
    await page.getByText(said('desk.link.wrong')).waitFor();
    await page.getByLabel(said('desk.link.field')).fill(`${world.url}/desk#v=${'A'.repeat(22)}`);
    await page.getByRole('button', { name: said('desk.link.go-on') }).click();
    expect(await page.locator('input[name=passphrase]').inputValue()).toBe(''); // nothing is left for the next person
    await page.locator('input[name=passphrase]').fill(PASSPHRASE);
    await page.getByRole('button', { name: said('desk.sign-in.enter'), exact: true }).click();
    await page.getByText(said('desk.sign-in.no-vault')).waitFor();
    expect(sent.filter((each) => /quiet|AAAA-BBBB|#v=/.test(decodeURIComponent(each)))).toEqual([]);
  }, 60_000);

  it('whoever is not on the list yet sees their words to compare, and no alert', async () => {
    await reported('The white bridge is guarded');
    const { page } = await desks.open();
    await new DeskPage(page).signIn(world.personalLink('newcomer'));
    await page.getByRole('heading', { name: said('desk.waiting.title') }).waitFor();
    await page.getByText(said('desk.waiting.read')).waitFor();
    expect(await page.getByText('The white bridge is guarded').count()).toBe(0);
  }, 90_000);

  it('is readable and workable in the dark, in forced colours, without motion, and at 400 % zoom, in the other languages too', async () => {
    const title = 'The narrow gorge is under water.';
    await reported(`${title} Nobody can get through.`);
    // 400 % of a screen of 1280 by 1024.
    const { page } = await desks.signedIn('osh');
    await page.setViewportSize({ width: 320, height: 256 });
    const faulty: Record<string, string[]> = {};
    const look = async (name: string): Promise<void> => {
      const all = [...(await faultsOf(page)), ...(await coveredWhenFocused(page))];
      if (all.length > 0) faulty[name] = all;
    };
    for (const lang of ['uz', 'tg']) {
      await page.getByRole('combobox').first().selectOption(lang);
      await page.getByRole('button', { name: title }).first().click();
      await page.getByRole('button', { name: said('desk.deeds.take', lang) }).first().waitFor();
      await look(`alert in ${lang}`);
      await page.getByRole('button', { name: said('desk.alert.back', lang) }).click();
      await page.getByRole('combobox').first().waitFor();
      await look(`queue in ${lang}`);
    }
    await page.getByRole('button', { name: title }).first().click();
    await page.getByRole('heading', { level: 2, name: title }).waitFor();
    for (const [name, media] of [
      ['dark', { colorScheme: 'dark' }],
      ['forced colours', { colorScheme: 'light', forcedColors: 'active' }],
    ] as const) {
      await page.emulateMedia(media);
      await look(name);
    }
    await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce' });
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    // The clock of what is due next is larger than anything else on the page.
    const sizes = await page.evaluate(() =>
      [...document.querySelectorAll('.alert *')].map((each) => [each.className, parseFloat(getComputedStyle(each).fontSize)] as const),
    );
    const largest = Math.max(...sizes.map(([, size]) => size));
    expect(sizes.filter(([, size]) => size === largest).map(([name]) => name)).toEqual(['clock-figures figures']);
    expect(faulty).toEqual({});
  }, 90_000);

  it.each(['en', 'ru', 'ky'])('has no fault that axe finds on a narrow phone, in %s', async (lang) => {
    await reported(`The long road is empty (${lang}). Nobody has passed since morning.`);
    const { page } = await desks.open(360);
    const button = (key: string) => page.getByRole('button', { name: said(key, lang), exact: true }).first();
    const faulty: Record<string, string[]> = {};
    const look = async (name: string): Promise<void> => {
      const all = await faultsOf(page);
      if (all.length > 0) faulty[name] = all;
    };

    await page.goto(`${world.url}/desk`);
    await page.getByRole('combobox').selectOption(lang);
    await page.getByRole('heading', { name: said('desk.link.title', lang) }).waitFor();
    await look('no link');
    await page.goto('about:blank');
    await page.goto(world.personalLink('osh'));
    await page.getByRole('heading', { name: said('desk.sign-in.title', lang) }).waitFor();
    await look('sign in');
    await page.locator('input[name=passphrase]').fill('wrong');
    await button('desk.sign-in.enter').click();
    await page.getByText(said('desk.sign-in.wrong-passphrase', lang)).waitFor();
    await look('wrong passphrase');
    await page.locator('input[name=passphrase]').fill(PASSPHRASE);
    await button('desk.sign-in.enter').click();
    const title = `The long road is empty (${lang}).`;
    const row = page.getByRole('button', { name: title }).first();
    await row.waitFor();
    await look('queue');

    for (const [opens, dialog] of [['desk.help.open', 'desk.help.title'], ['desk.settings.open', 'desk.settings.title']] as const) {
      await button(opens).click();
      await page.getByRole('dialog', { name: said(dialog, lang) }).waitFor();
      await look(dialog);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }

    await row.click();
    await page.getByRole('heading', { level: 2, name: title }).waitFor();
    await look('alert');
    for (const opens of ['desk.deeds.decline', 'desk.deeds.escalate'] as const) {
      await button(opens).click();
      await page.getByRole('dialog').waitFor();
      await look(opens);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: said('desk.deeds.take', lang) }).first().click();
    await button('desk.deeds.hand-over').click();
    await page.getByRole('dialog').waitFor();
    await look('hand over');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await look('taken');
    await button('desk.lock').click();
    await page.getByText(said('desk.sign-in.locked', lang)).waitFor();
    await look('locked');
    expect(faulty).toEqual({});
  }, 90_000);
});

// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { toBase64url } from '@jardam/protocol';
import type { Browser, Page } from 'playwright-core';
import { Invitations } from '../../src/desk/invitations.js';
import { openBrowser } from '../support/browser.js';
import { nextRoster, TIER, type Coalition } from '../support/coalition.js';
import { sealAlert, type SealedAlert } from '../support/sealed-alert.js';
import { publishRoster } from '../support/stored-coalition.js';
import { eventually, postUntilConfirmed } from './support/alerts.js';
import { DeskPage, Desks } from './support/desk-page.js';
import { said } from './support/locale.js';
import { coveredWhenFocused, faultsOf } from './support/looks.js';
import { PASSPHRASE, startWorld, type World } from './support/world.js';

const storyMs = 180_000;
const dayMs = 86_400_000;

describe('a responder’s keys, in real browsers', () => {
  let world: World;
  let browser: Browser;
  let desks: Desks;

  beforeAll(async () => {
    browser = await openBrowser();
    world = await startWorld({ stepMs: 600_000 });
    desks = new Desks(browser, world);
  }, storyMs);
  afterAll(async () => {
    await browser.close();
    await world.stop();
  });
  afterEach(async () => {
    expect(await desks.close()).toEqual([]);
  });

  async function reported(what: string, coalition: Coalition = world.coalition): Promise<SealedAlert> {
    const alert = sealAlert(coalition, { severity: 'S1', answers: { what } });
    await postUntilConfirmed(world.url, alert);
    return alert;
  }
  const ownerOf = async (alert: SealedAlert): Promise<string | null | undefined> => {
    const { rows } = await world.database.query<{ owner: string | null }>(`SELECT encode(owner_rid, 'hex') AS owner FROM alert_timer WHERE alert_id = $1`, [
      Buffer.from(alert.alertId),
    ]);
    return rows[0]?.owner;
  };
  /** The custodians put everybody who has enrolled on the list, and sign it. */
  async function signedWithNewcomers(): Promise<{ coalition: Coalition; rids: readonly string[] }> {
    const { rows } = await world.database.query<{ rid: string; org: string; role: string; tiers: number[]; sig_pk: Buffer; kem_pk: Buffer }>(
      `SELECT encode(rid, 'hex') AS rid, org, role, tiers, sig_pk, kem_pk FROM enrolment`,
    );
    const roster = nextRoster(world.coalition, ({ responders }) => ({
      responders: [
        ...responders,
        ...rows.map(({ rid, org, role, tiers, sig_pk, kem_pk }) => ({
          ...(responders[0] as (typeof responders)[number]),
          rid,
          org,
          role,
          tiers,
          sig_pk: toBase64url(sig_pk),
          kem_pk: toBase64url(kem_pk),
        })),
      ],
    }));
    await world.database.transaction((tx) => publishRoster(tx, world.database, world.coalition, roster));
    return { coalition: { ...world.coalition, roster }, rids: rows.map(({ rid }) => rid) };
  }
  async function enterWith(page: Page, passphrase: string): Promise<void> {
    await page.locator('input[name=passphrase]').fill(passphrase);
    await page.getByRole('button', { name: said('desk.sign-in.enter'), exact: true }).click();
  }

  it('the first day: from the invitation to keys, over probation to the first alert; then in a browser without WebAssembly', async () => {
    const { token } = await world.database.transaction((tx) =>
      new Invitations(world.coalition.p, world.coalition.contacts).create(tx, { org: 'lawyers', role: 'lawyer', tiers: [TIER.T1], lifetimeMs: dayMs }),
    );
    const colleague = await desks.signedIn('osh'); // signed in under the list that does not name the newcomer
    const mine = await desks.open(360);
    const { page } = mine;
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));

    const faulty: Record<string, string[]> = {};
    const look = async (name: string): Promise<void> => {
      const all = [...(await faultsOf(page)), ...(await coveredWhenFocused(page))];
      if (all.length > 0) faulty[name] = all;
    };

    await page.goto(`${world.url}/desk#invite=${token}`);
    await page.getByRole('heading', { name: said('desk.first.title') }).waitFor();
    await mine.says('desk.role.lawyer');
    await look('invitation');
    await page.getByLabel(said('desk.first.email')).fill('first-day@example.org');
    await mine.press('desk.first.begin');
    await page.locator('input[name=new-passphrase]').fill('password1234');
    await page.locator('input[name=new-passphrase-again]').fill('password1234');
    await mine.press('desk.passphrase.make');
    await mine.says('desk.passphrase.wrong-weak');
    await look('passphrase');
    await mine.press('desk.passphrase.suggest');
    await eventually(() => page.locator('input[name=new-passphrase]').inputValue(), (value) => value.split(' ').length === 6);
    const passphrase = await page.locator('input[name=new-passphrase]').inputValue();
    await mine.press('desk.passphrase.make');
    await mine.says('desk.passphrase.wrong-differ');
    await page.locator('input[name=new-passphrase-again]').fill(passphrase);
    await mine.press('desk.passphrase.make');

    await page.getByRole('heading', { name: said('desk.recovery.title') }).waitFor({ timeout: 90_000 });
    const groups = await page.locator('.recovery li').allTextContents();
    expect(groups).toHaveLength(8);
    await look('recovery code');
    await mine.press('desk.recovery.written');
    const asked = Number(/\d+/.exec(await page.locator('label.field .field-name').innerText())?.[0]);
    await page.keyboard.type('ZZZZ'); // the field has the focus
    await mine.press('desk.recovery.go-on');
    await mine.says('desk.recovery.wrong');
    await look('recovery code, checked');
    await page.getByRole('textbox').fill((groups[asked - 1] ?? '').toLowerCase());
    await mine.press('desk.recovery.go-on');

    await page.getByRole('heading', { name: said('desk.done.title') }).waitFor();
    const fingerprint = await page.locator('.words li').allTextContents();
    expect(fingerprint).toHaveLength(8);
    const link = await page.locator('.link-text').innerText();
    await look('end of the first day');
    expect(sent.filter((each) => each.includes(passphrase) || each.includes(groups.join('-')) || each.includes(groups.join('')))).toEqual([]);
    await mine.press('desk.done.sign-in');
    await enterWith(page, passphrase);
    await page.getByRole('heading', { name: said('desk.waiting.title') }).waitFor({ timeout: 90_000 });
    expect(await page.locator('.words li').allTextContents()).toEqual(fingerprint);
    await look('probation');
    expect(faulty).toEqual({});

    const { coalition, rids } = await signedWithNewcomers();
    const [rid] = rids;
    expect(rids).toHaveLength(1);
    const alert = await reported('The bell has been rung twice', coalition);
    await mine.press('desk.waiting.again');
    await enterWith(page, passphrase);
    await page.getByText('The bell has been rung twice').first().waitFor({ timeout: 90_000 });
    await mine.openAlert('The bell has been rung twice');
    await mine.take();
    await eventually(() => ownerOf(alert), (owner) => owner === rid);
    // The colleague's page verifies the new list by itself, instead of taking a stranger's signature for a forgery.
    await colleague.page.locator('.row', { hasText: 'The bell has been rung twice' }).getByText(/Duty lawyers/).waitFor();
    expect(await colleague.page.locator('.doubtful').count()).toBe(0);

    // The same keys by the paper, where the browser allows neither WebAssembly nor compiled JavaScript, as Tor
    // Browser's "Safer" and Lockdown Mode do. The passphrase would do too, but Argon2id is minutes of waiting there.
    const second = await reported('The bell has been rung again', coalition);
    const hardened = await openBrowser(['--js-flags=--jitless']);
    try {
      const slow = new DeskPage(await hardened.newPage({ locale: 'en-GB' }));
      slow.page.setDefaultTimeout(120_000);
      await slow.page.goto(link);
      await slow.press('desk.sign-in.use-recovery');
      expect(await slow.page.evaluate(() => typeof WebAssembly)).toBe('undefined');
      await slow.page.locator('input[name=recovery]').fill(groups.join('-'));
      await slow.press('desk.sign-in.enter');
      await slow.openAlert('The bell has been rung again');
      await slow.take();
      await eventually(() => ownerOf(second), (owner) => owner === rid, 60_000);
      await slow.write('To the sender', 'We have heard it');
      expect(await slow.page.locator('.record-warning').count()).toBe(0);
    } finally {
      await hardened.close();
    }
  }, storyMs);

  it('another passphrase: the old one opens nothing any more, the new one everything', async () => {
    const desk = await desks.signedIn('coordinator');
    const { page } = desk;
    await desk.press('desk.settings.open');
    const dialog = page.getByRole('dialog', { name: said('desk.settings.title') });
    const next = 'nine slow boats behind the island';
    const change = async (current: string): Promise<void> => {
      await dialog.locator('input[autocomplete=current-password]').fill(current);
      await dialog.locator('input[name=new-passphrase]').fill(next);
      await dialog.locator('input[name=new-passphrase-again]').fill(next);
      await dialog.getByRole('button', { name: said('desk.settings.change') }).click();
    };
    await change('this is not the old one');
    await dialog.getByText(said('desk.sign-in.wrong-passphrase')).waitFor();
    await change(PASSPHRASE);
    await dialog.getByText(said('desk.settings.changed')).waitFor({ timeout: 90_000 });
    await page.keyboard.press('Escape');
    await desk.press('desk.lock');
    await enterWith(page, PASSPHRASE);
    await desk.says('desk.sign-in.wrong-passphrase');
    await enterWith(page, next);
    await page.getByRole('heading', { name: said('desk.name'), level: 1 }).waitFor({ timeout: 90_000 });
  }, storyMs);
});

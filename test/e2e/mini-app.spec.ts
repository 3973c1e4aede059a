// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { checkPhrase, fromBase64url, openEnvelope, parseEnvelope, parsePayload, releaseKeysOf, toBase64url, type ArmedPayload, type Language } from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import type { Browser } from 'playwright-core';
import { Gatekeeper } from '../../src/gatekeeper/gatekeeper.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { signedInitData } from '../support/bot-api/init-data.js';
import type { TelegramPerson } from '../support/bot-api/person.js';
import { openBrowser } from '../support/browser.js';
import { TIER } from '../support/coalition.js';
import { until, viewOf } from '../support/ladder.js';
import { sealPacket } from '../support/sealed-packet.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';
import { findCanaries } from './support/canaries.js';
import { said } from './support/locale.js';
import { faultsOf } from './support/looks.js';
import { MiniAppPage } from './support/mini-app-page.js';

/** What nobody but the responders and Telegram may see. */
const CANARY = {
  text: 'Көк-жал бөрү: call my sister first',
  checkIn: 'Ала-барс: on the road to the lake',
  name: 'Айсулуу-канарейка',
  phrase: 'seven grey foals',
};

describe('the Mini App: Telegram, its bot and the service around it', () => {
  let world: TelegramWorld;
  let browser: Browser;
  let mini: MiniAppPage;

  beforeAll(async () => {
    world = await telegramWorld();
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await world.stop();
  });
  beforeEach(async () => {
    mini = await MiniAppPage.on(browser, world);
  });
  afterEach(async () => {
    await mini.close();
    expect(mini.faults).toEqual([]);
  });

  const query = async <R extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<R[]> => (await world.app.database.query<R>(text, values)).rows;
  /** A request as the page makes it, in the name of whom `initData` shows. */
  const ask = async (initData: string, method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
    const answer = await fetch(`${world.app.url}/api/v1/telegram${path}`, {
      method,
      headers: { authorization: `tma ${initData}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const initDataOf = (person: TelegramPerson, more: { token?: string; at?: number; languageCode?: string } = {}): string =>
    signedInitData({ token: world.telegram.token, userId: person.id, ...more });
  const packetBody = (): Record<string, unknown> => {
    const { packet, releaseSecret } = sealPacket(world.coalition);
    return { packet: toBase64url(packet), releaseSecret: toBase64url(releaseSecret) };
  };
  /** The clock of a packet rings now: the end of a countdown, the next step of a check-in. */
  const ring = (locator: Uint8Array) => query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1 AND due_at IS NOT NULL`, [locator]);

  const packetOf = async (alertId: Uint8Array): Promise<Uint8Array> =>
    (await query<{ sealed: Buffer }>('SELECT sealed FROM envelope WHERE alert_id = $1', [alertId]))[0]?.sealed ?? Buffer.alloc(0);
  /** What somebody of the first tier reads with the packet, the key of that tier and their own. */
  const readAlert = async (alertId: Uint8Array): Promise<ArmedPayload> => {
    const { p, people } = world.coalition;
    const { keys } = await world.app.database.transaction((tx) => world.app.service.app.get(Gatekeeper).release(tx, DEFAULT_COALITION, alertId, [TIER.T1]));
    return parsePayload(2, openEnvelope(p, await packetOf(alertId), { kemSecretKeys: [people.osh.keys.kem.secretKey], releaseKeys: keys }).data);
  };

  it('one tap, and a silence: sealed on the phone, sent from the chat, read by the first tier, found nowhere', async () => {
    // An id that, as a number in a file, is no other.
    const person = await world.joined('en', 2 ** 50 + randomInt(2 ** 47));
    const asOpened = { firstName: CANARY.name };
    await mini.open(person, asOpened);
    await mini.says(said('miniApp.arm.none'));

    // In peace.
    await mini.button(/Button in the chat/).click();
    await mini.page.getByLabel(said('miniApp.form.text')).fill(CANARY.text);
    await mini.page.getByLabel('EU mission').uncheck();
    await mini.page.getByLabel(said('miniApp.form.phrase')).fill(CANARY.phrase);
    await mini.button(said('miniApp.arm.do')).click();
    await mini.says(said('miniApp.form.phrase-differs'));
    await mini.page.getByLabel(said('miniApp.form.phrase-again')).fill(CANARY.phrase);
    await mini.page.getByLabel('30 s').check();
    await mini.button(said('miniApp.arm.do')).click();
    await mini.heading('miniApp.arm.done-title');
    await mini.button(said('defender.words.show')).click();
    const words = await mini.page.locator('.word-list li').allTextContents();
    expect(words).toHaveLength(7);
    const pinned = await until('the button is pinned in the chat', () => person.fromBot.find((message) => message.pinned));
    const data = pinned.keyboard.flat()[0]?.callback_data ?? '';
    const locator = fromBase64url(data.slice(1, 17), 12) ?? new Uint8Array();
    const releaseSecret = fromBase64url(data.slice(17), 32) ?? new Uint8Array();
    const [kept] = await query<{ secret_sealed: Buffer | null; alert_id: Buffer }>('SELECT secret_sealed, alert_id FROM armed_packet WHERE locator = $1', [locator]);
    if (kept === undefined) throw new Error('the packet is not there');
    expect(kept.secret_sealed).toBeNull();

    // The tap. While it counts down the Mini App throws nothing away, and says why.
    person.presses(said('telegram.armed-button'));
    await until('the countdown', () => person.fromBot.some(({ keyboard }) => keyboard.flat().some(({ text }) => text === said('telegram.cancel'))));
    await mini.open(person, asOpened);
    await mini.says(said('miniApp.arm.running'));
    await mini.button(/Button in the chat/).click();
    await mini.button(said('miniApp.arm.remove')).click();
    await mini.says(said('miniApp.fault.counting'));
    await ring(locator);
    await until('the button has become the status', () => /Received \d\d:\d\d/.test(person.screen));
    const alert = await readAlert(kept.alert_id);
    expect(alert).toMatchObject({ t: 'panic', severity: 'S1', answers: { what: CANARY.text }, consents: { abroad: true, eu: false } });
    expect(await agreedPhrase(alert, kept.alert_id)).toBe(true);
    // Without her consent the mission holds no key, even if every gate stood open.
    const { p, people } = world.coalition;
    const packet = await packetOf(kept.alert_id);
    const everyGate = releaseKeysOf(p, parseEnvelope(packet), releaseSecret) ?? new Map<number, Uint8Array>();
    expect(() => openEnvelope(p, packet, { kemSecretKeys: [people.euFocal.keys.kem.secretKey], releaseKeys: everyGate })).toThrow('not-a-recipient');

    // A check-in, and no answer to it.
    await mini.open(person, asOpened);
    await mini.says(said('miniApp.arm.none'));
    await mini.button(/Check-ins/).click();
    await mini.plansCheckIn(CANARY.checkIn);
    const [planned] = await query<{ locator: Buffer; alert_id: Buffer }>(`SELECT locator, alert_id FROM armed_packet WHERE purpose = 'check_in' AND state = 'armed'`);
    if (planned === undefined) throw new Error('the check-in is not there');
    for (const [key, stage] of [['telegram.check-in-reminder', 'reminded'], ['telegram.check-in-ask', 'asked'], ['telegram.check-in-silent_prompt', 'prompted']] as const) {
      await ring(planned.locator);
      const begin = said(key).split('{time}')[0] ?? '';
      await until(`the chat says: ${begin}`, () => person.screen.includes(begin));
      await until(stage, async () => (await query('SELECT FROM check_in WHERE locator = $1 AND stage = $2 AND asked_reached = ($2 <> $3)', [planned.locator, stage, 'reminded'])).length === 1);
    }
    await ring(planned.locator);
    await until('silence has sent it', async () => (await query('SELECT FROM alert WHERE alert_id = $1', [planned.alert_id])).length === 1);
    expect(await readAlert(planned.alert_id)).toMatchObject({ t: 'check-in', answers: { what: CANARY.checkIn } });
    for (const [alertId, by] of [[kept.alert_id, 'countdown'], [planned.alert_id, 'silence']] as const) {
      const { events } = await viewOf(world.app, alertId);
      expect(events.find(({ type }) => type === 'TRIGGER')?.detail).toMatchObject({ by });
    }

    // Who looks into what we keep and what we send finds none of it; what is there is found.
    const { telegram, app } = world;
    const left = { databaseUrl: app.databaseUrl, service: () => app, mail: { mails: [] } };
    const scratch = 'Кызыл-түлкү-2210';
    await query('INSERT INTO server_key (name, fingerprint) VALUES ($1, $2)', [scratch, Buffer.alloc(32)]);
    expect(await findCanaries(left, [scratch])).not.toEqual([]);
    const toTelegram = { ...left, messages: telegram.calls.map(({ parameters }) => parameters) };
    const readable = [...Object.values(CANARY), words.join(' '), telegram.token];
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(BigInt(person.id));
    // Telegram knows its own user and holds the key of the button; neither lies open with us.
    expect([...(await findCanaries(toTelegram, readable)), ...(await findCanaries(left, [String(person.id), number, Buffer.from(number).reverse(), releaseSecret]))]).toEqual([]);
  }, 180_000);

  async function agreedPhrase({ standDown }: ArmedPayload, alertId: Uint8Array): Promise<boolean> {
    if (standDown === undefined) return false;
    const known = {
      salt: fromBase64url(standDown.salt, 16) ?? new Uint8Array(),
      iterations: standDown.iterations,
      memoryBytes: standDown.memoryKiB * 1024,
      verifier: fromBase64url(standDown.verifier, 32) ?? new Uint8Array(),
    };
    return checkPhrase(world.coalition.p, await loadSodiumArgon2(), ` ${CANARY.phrase.replaceAll(' ', '  ')}`, alertId, known);
  }

  it('believes nobody but Telegram, about this bot, just now; and keeps one account from another’s', async () => {
    const [person, other] = [await world.joined(), await world.joined()];
    const good = initDataOf(person);
    const wrong: [string, number][] = [
      [good.replace(/hash=../, 'hash=zz'), 401],
      [good.replace(String(person.id), String(other.id)), 401],
      [initDataOf(person, { token: `${world.telegram.token.split(':')[0] ?? ''}:AAanother-token-of-this-bot-xxxx` }), 401],
      [initDataOf(person, { at: Date.now() - 2 * 3_600_000 }), 401],
      [initDataOf(world.telegram.person()), 403],
    ];
    const plan = { ...packetBody(), dueAt: new Date(Date.now() + 7_200_000).toISOString(), graceMinutes: 20, repeat: 'none' };
    for (const [initData, status] of wrong) {
      const statuses = [
        (await ask(initData, 'GET', '/me')).status,
        (await ask(initData, 'PUT', '/armed', { ...packetBody(), countdownSeconds: 5 })).status,
        (await ask(initData, 'POST', '/check-ins', plan)).status,
      ];
      expect(statuses).toEqual([status, status, status]);
    }
    const { status, json } = await ask(good, 'POST', '/check-ins', plan);
    expect(status).toBe(201);
    expect(await ask(initDataOf(other), 'DELETE', `/check-ins/${String(json['locator'])}`)).toMatchObject({ status: 404 });
    expect(await ask(initDataOf(other), 'GET', '/me')).toMatchObject({ json: { tap: null, checkIns: [] } });

    // The page says it, instead of showing an empty list; help stays one press away.
    await mini.open(person, { initData: wrong[3]?.[0] ?? null });
    await mini.says(said('miniApp.fault.account'));
    expect(await mini.button(/Button in the chat/).count()).toBe(0);
    expect(await mini.button(/^Send alert/).count()).toBe(1);

    await mini.open(person);
    await mini.button(/Check-ins/).click();
    await mini.button(said('miniApp.check-in.end')).click();
    await mini.page.getByText(/^Once: /).waitFor({ state: 'detached' });
    expect(await ask(good, 'GET', '/me')).toMatchObject({ json: { checkIns: [] } });
  }, 60_000);

  it('leaves nothing about the account in the browser, and nothing with Telegram but the state of its buttons', async () => {
    await mini.open(await world.joined(), { firstName: 'Canary' });
    await mini.button(/Check-ins/).click();
    await mini.heading('miniApp.check-in.title');
    const kept = await mini.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    expect(kept).not.toMatch(/Canary|50000000|query_id|tgWebApp/);
    const events = new Set(await mini.told());
    expect([...events].sort()).toEqual(['web_app_expand', 'web_app_ready', 'web_app_setup_back_button', 'web_app_setup_swipe_behavior']);
    await mini.page.evaluate(() => (window as unknown as { Telegram: { WebView: { receiveEvent: (name: string, data: unknown) => void } } }).Telegram.WebView.receiveEvent('back_button_pressed', null));
    await mini.heading('defender.home.title');
  }, 60_000);

  it('prepares nothing in Telegram Web or outside Telegram, and says why; alerts and reports stay possible', async () => {
    const person = world.telegram.person();
    await mini.open(person, { platform: 'weba' });
    await mini.says(said('miniApp.in-browser'));
    expect(await mini.button(/Button in the chat/).count()).toBe(0);
    expect(await mini.button(/^Send alert/).count()).toBe(1);
    await mini.open(person, { initData: null });
    await mini.says(said('miniApp.not-in-telegram'));
    expect(await mini.button(/Describe what happened/).count()).toBe(1);
  }, 60_000);

  it('sends a panic at once, where storage is refused as well, and leaves to the chat on quick exit', async () => {
    const { page } = mini;
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('refused', 'SecurityError'); } });
    });
    await mini.open(world.telegram.person());
    await mini.button(/^Send alert/).click();
    await mini.button('Send now').click();
    await page.getByText(/Received at/).first().waitFor({ timeout: 30_000 });
    await page.evaluate(() => {
      const proxy = (window as unknown as { TelegramWebviewProxy: { postEvent: (name: string) => void } }).TelegramWebviewProxy;
      const before = proxy.postEvent;
      proxy.postEvent = (name: string, ...rest: unknown[]) => {
        if (name === 'web_app_close') window.name = 'closed';
        (before as (...all: unknown[]) => void)(name, ...rest);
      };
    });
    await mini.button(/Quick exit/).click();
    await page.waitForURL('about:blank');
    expect(await page.evaluate(() => window.name)).toBe('closed');
  }, 60_000);

  it('may stand in a frame of Telegram Web, and no other page may in any', async () => {
    const headersOf = async (path: string): Promise<Headers> => (await fetch(world.app.url + path)).headers;
    const mini = await headersOf('/telegram');
    expect(mini.get('content-security-policy')).toContain('frame-ancestors https://web.telegram.org;');
    expect(mini.get('x-frame-options')).toBeNull();
    for (const path of ['/', '/desk']) {
      const headers = await headersOf(path);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
    const others = (policy: string | null) => policy?.split('; ').filter((each) => !each.startsWith('frame-ancestors'));
    expect(others(mini.get('content-security-policy'))).toEqual(others((await headersOf('/')).get('content-security-policy')));
  });

  it.each<Language>(['en', 'ru', 'ky', 'uz', 'tg'])('reads well at 360 px and with assistive technology (%s)', async (lang) => {
    const { page } = mini;
    const pictures = process.env['JARDAM_TEST_PICTURES'];
    const look = async (name: string): Promise<void> => {
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `mini-${name}-${lang}.png`), fullPage: true });
      }
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, 360]);
      // What axe sees differs between languages in words only; the longest words are the Kyrgyz ones.
      if (lang === 'ky') expect([name, await faultsOf(page)]).toEqual([name, []]);
    };
    const person = await world.joined(lang);
    const initData = initDataOf(person, { languageCode: lang });
    expect((await ask(initData, 'PUT', '/armed', { ...packetBody(), countdownSeconds: 10 })).status).toBe(200);
    const plan = { ...packetBody(), dueAt: new Date(Date.now() + 26 * 3_600_000).toISOString(), graceMinutes: 20, repeat: 'daily' };
    expect((await ask(initData, 'POST', '/check-ins', plan)).status).toBe(201);
    await mini.open(person, { lang, initData });
    await mini.says(said('miniApp.arm.ready', lang));
    await look('home');
    await mini.button(new RegExp(said('miniApp.arm.title', lang))).click();
    await page.getByLabel(said('miniApp.form.phrase', lang)).fill('abc');
    await mini.button(said('miniApp.arm.do-again', lang)).click();
    await mini.says(said('miniApp.form.phrase-short', lang));
    await look('arm');
    await mini.button(new RegExp(said('defender.back', lang))).click();
    await mini.button(new RegExp(said('miniApp.check-in.title', lang))).click();
    await page.getByRole('button', { name: said('miniApp.check-in.end', lang) }).waitFor();
    await look('check-ins');
    await mini.button(said('miniApp.check-in.new', lang)).click();
    await page.getByLabel(said('miniApp.check-in.when', lang)).waitFor();
    await look('plan');
  }, 60_000);
});

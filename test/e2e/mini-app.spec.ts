// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import axe from 'axe-core';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { checkPhrase, fromBase64url, openEnvelope, parseEnvelope, parsePayload, releaseKeysOf, splitSubmission } from '@jardam/protocol';
import { loadSodiumArgon2 } from '@jardam/protocol/sodium';
import { ArmedPackets } from '../../src/intake/armed/armed-packets.js';
import { ArmedStates } from '../../src/intake/armed/armed-state.js';
import { CheckIns } from '../../src/intake/armed/check-ins.js';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { testApp, type TestApp } from '../support/app.js';
import { openBrowser } from '../support/browser.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';
import { said } from './support/locale.js';

const coalitionId = DEFAULT_COALITION;
const INIT_DATA = `query_id=AAA&user=${encodeURIComponent(JSON.stringify({ id: 4711, first_name: 'Canary', language_code: 'en' }))}&auth_date=1&hash=00`;
const phrase = 'seven grey foals';

describe('the Mini App, in a browser with Telegram’s bridge around it', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let owner: Uint8Array;
  const faults: string[] = [];
  const asked: { readonly method: string; readonly path: string; readonly authorization: string | null; readonly body: Record<string, unknown> }[] = [];

  beforeAll(async () => {
    app = await testApp();
    coalition = await demoCoalition(app.database);
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });
  beforeEach(async () => {
    owner = coalition.p.randomBytes(32);
    asked.length = 0;
    faults.length = 0;
    context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    page = await context.newPage();
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(app.url)) faults.push(`request to ${new URL(request.url()).origin}`);
    });
    await page.addInitScript(() => {
      const told: unknown[] = [];
      Object.assign(window, { told, TelegramWebviewProxy: { postEvent: (name: string, data: string) => told.push([name, JSON.parse(data || 'null')]) } });
    });
    // The door for Telegram accounts is another part's; behind it stands the real service.
    await page.route('**/api/v1/telegram/**', door);
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });

  const door = async (route: Route): Promise<void> => {
    const request = route.request();
    const body = (request.postDataJSON() ?? {}) as Record<string, unknown>;
    const path = new URL(request.url()).pathname.replace('/api/v1/telegram', '');
    asked.push({ method: request.method(), path, authorization: await request.headerValue('authorization'), body });
    const service = app.service.app;
    const bytes = (name: string): Uint8Array => fromBase64url(String(body[name])) ?? new Uint8Array();
    const input = { coalitionId, owner, packet: bytes('packet'), releaseSecret: bytes('releaseSecret') };
    const outcome = await app.database.transaction(async (tx): Promise<object> => {
      if (path === '/armed' && request.method() === 'PUT') {
        return service.get(ArmedPackets).arm(tx, { ...input, countdownSeconds: body['countdownSeconds'] as number | null });
      }
      if (path === '/armed') return service.get(ArmedPackets).disarm(tx, { coalitionId, owner });
      if (path === '/check-ins') {
        const plan = { dueAt: new Date(String(body['dueAt'])), graceMinutes: Number(body['graceMinutes']), repeat: body['repeat'] as 'none' | 'daily' };
        return service.get(CheckIns).schedule(tx, { ...input, ...plan });
      }
      const locator = fromBase64url(path.slice('/check-ins/'.length), 12);
      if (locator !== null) return service.get(CheckIns).standDown(tx, { coalitionId, owner, locator });
      const { tap, checkIns } = await service.get(ArmedStates).of(tx, coalitionId, owner);
      const named = <T extends { locator: Uint8Array }>(each: T) => ({ ...each, locator: Buffer.from(each.locator).toString('base64url') });
      return { tap: tap && named(tap), checkIns: checkIns.map(named) };
    });
    const refused = 'refused' in outcome ? String(outcome.refused) : null;
    await route.fulfill({
      status: refused === null ? 200 : 422,
      contentType: 'application/json',
      body: JSON.stringify(refused === null ? outcome : { type: `urn:jardam:problem:${refused}` }),
    });
  };

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  async function open(options: { platform?: string; initData?: string | null; lang?: string } = {}): Promise<void> {
    const hash = new URLSearchParams({ tgWebAppVersion: '8.0', tgWebAppPlatform: options.platform ?? 'android' });
    const initData = options.initData === undefined ? INIT_DATA : options.initData;
    if (initData !== null) hash.set('tgWebAppData', initData.replace('language_code%22%3A%22en', `language_code%22%3A%22${options.lang ?? 'en'}`));
    await page.goto(`${app.url}/telegram#${hash.toString()}`);
    await page.getByText(said('defender.list.ready', options.lang)).waitFor();
  }
  const told = () => page.evaluate(() => (window as unknown as { told: [string, unknown][] }).told.map(([name]) => name));

  it('seals a packet on the phone that one tap sends and that the first tier can then open', async () => {
    await open();
    await button(/Button in the chat/).click();
    await page.getByLabel(said('miniApp.form.text')).fill('Call my sister first');
    await page.getByLabel('EU mission').uncheck();
    await page.getByLabel(said('miniApp.form.phrase')).fill(phrase);
    await button(said('miniApp.arm.do')).click();
    await page.getByText(said('miniApp.form.phrase-differs')).waitFor();
    await page.getByLabel(said('miniApp.form.phrase-again')).fill(phrase);
    await page.getByLabel('30 s').check();
    await button(said('miniApp.arm.do')).click();
    await page.getByRole('heading', { name: said('miniApp.arm.done-title') }).waitFor({ timeout: 60_000 });
    await button(said('defender.words.show')).click();
    expect(await page.locator('.word-list li').count()).toBe(7);

    const put = asked.find(({ method }) => method === 'PUT');
    expect(put).toMatchObject({ path: '/armed', authorization: expect.stringMatching(/^tma query_id=/), body: { countdownSeconds: 30, receipt: expect.anything() } });
    const releaseSecret = fromBase64url(String(put?.body['releaseSecret']), 32) ?? new Uint8Array();
    const split = splitSubmission(fromBase64url(String(put?.body['packet'])) ?? new Uint8Array());
    if ('refused' in split) throw new Error(split.refused);
    const parsed = parseEnvelope(split.envelope);
    const { rows } = await app.database.query<{ locator: Buffer }>('SELECT locator FROM armed_packet WHERE owner = $1', [Buffer.from(owner)]);
    const locator = rows[0]?.locator ?? new Uint8Array();
    const sent = await app.database.transaction((tx) => app.service.app.get(ArmedPackets).sendNow(tx, { coalitionId, owner, locator, releaseSecret }));
    expect(sent).toMatchObject({ fired: true });

    const releaseKeys = releaseKeysOf(coalition.p, parsed, releaseSecret) ?? new Map<number, Uint8Array>();
    const opened = openEnvelope(coalition.p, split.envelope, { kemSecretKeys: [coalition.people.osh.keys.kem.secretKey], releaseKeys });
    const payload = parsePayload(2, opened.data);
    expect(payload).toMatchObject({ t: 'panic', severity: 'S1', answers: { what: 'Call my sister first' }, consents: { abroad: true, eu: false } });
    expect(() => openEnvelope(coalition.p, split.envelope, { kemSecretKeys: [coalition.people.euFocal.keys.kem.secretKey], releaseKeys })).toThrow('not-a-recipient');
    const verifier = payload.standDown;
    if (verifier === undefined) throw new Error('the phrase is missing');
    const known = {
      salt: fromBase64url(verifier.salt, 16) ?? new Uint8Array(),
      iterations: verifier.iterations,
      memoryBytes: verifier.memoryKiB * 1024,
      verifier: fromBase64url(verifier.verifier, 32) ?? new Uint8Array(),
    };
    const argon2 = await loadSodiumArgon2();
    expect(await checkPhrase(coalition.p, argon2, 'Seven  grey foals', parsed.alertId, known)).toBe(true);
    expect(await checkPhrase(coalition.p, argon2, 'seven grey horses', parsed.alertId, known)).toBe(false);
  }, 120_000);

  it('leaves nothing about the account in the browser, and nothing with Telegram but the state of its buttons', async () => {
    await open();
    await button(/Check-ins/).click();
    await page.getByRole('heading', { name: said('miniApp.check-in.title') }).waitFor();
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    expect(kept).not.toMatch(/Canary|4711|query_id|tgWebApp/);
    const events = new Set(await told());
    expect([...events].sort()).toEqual(['web_app_expand', 'web_app_ready', 'web_app_setup_back_button', 'web_app_setup_swipe_behavior']);
    await page.evaluate(() => (window as unknown as { Telegram: { WebView: { receiveEvent: (name: string, data: unknown) => void } } }).Telegram.WebView.receiveEvent('back_button_pressed', null));
    await page.getByRole('heading', { name: said('defender.home.title') }).waitFor();
  });

  it('plans a check-in, shows it, and ends it', async () => {
    await open();
    await button(/Check-ins/).click();
    await button(said('miniApp.check-in.new')).click();
    await button(said('miniApp.check-in.do')).click();
    await page.getByText(said('miniApp.check-in.when-wrong')).waitFor();
    const dueAt = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 26 * 3_600_000);
    const local = new Date(dueAt.getTime() - dueAt.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await page.getByLabel(said('miniApp.check-in.when')).fill(local);
    await page.getByLabel(said('miniApp.check-in.daily')).check();
    await page.getByLabel('30 min').check();
    await button(said('miniApp.check-in.do')).click();
    await page.getByRole('heading', { name: said('miniApp.check-in.done-title') }).waitFor({ timeout: 60_000 });
    expect(asked.find(({ method }) => method === 'POST')?.body).toMatchObject({ dueAt: dueAt.toISOString(), graceMinutes: 30, repeat: 'daily' });
    await button(said('miniApp.words.without')).click();
    await page.getByText(/^Every day, next: /).waitFor();
    await button(said('miniApp.check-in.end')).click();
    await page.getByText(/^Every day, next: /).waitFor({ state: 'detached' });
  }, 120_000);

  it('prepares nothing in Telegram Web or outside Telegram, and says why; alerts and reports stay possible', async () => {
    await open({ platform: 'weba' });
    await page.getByText(said('miniApp.in-browser')).waitFor();
    expect(await button(/Button in the chat/).count()).toBe(0);
    expect(await button(/^Send alert/).count()).toBe(1);
    await page.goto('about:blank');
    await open({ initData: null });
    await page.getByText(said('miniApp.not-in-telegram')).waitFor();
    expect(await button(/Describe what happened/).count()).toBe(1);
  });

  it('sends a panic at once, where storage is refused as well, and leaves to the chat on quick exit', async () => {
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', { get: () => { throw new DOMException('refused', 'SecurityError'); } });
    });
    await open();
    await button(/^Send alert/).click();
    await button('Send now').click();
    await page.getByText(/Received at/).first().waitFor({ timeout: 30_000 });
    await page.evaluate(() => {
      const proxy = (window as unknown as { TelegramWebviewProxy: { postEvent: (name: string) => void } }).TelegramWebviewProxy;
      const before = proxy.postEvent;
      proxy.postEvent = (name: string, ...rest: unknown[]) => {
        if (name === 'web_app_close') window.name = 'closed';
        (before as (...all: unknown[]) => void)(name, ...rest);
      };
    });
    await button(/Quick exit/).click();
    await page.waitForURL('about:blank');
    expect(await page.evaluate(() => window.name)).toBe('closed');
  }, 60_000);

  it('may stand in a frame of Telegram Web, and no other page may in any', async () => {
    const headersOf = async (path: string): Promise<Headers> => (await fetch(app.url + path)).headers;
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

  it.each(['en', 'ru', 'ky', 'uz', 'tg'])('reads well at 360 px and with assistive technology (%s)', async (lang) => {
    const pictures = process.env['JARDAM_TEST_PICTURES'];
    const look = async (name: string): Promise<void> => {
      if (pictures !== undefined) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `mini-${name}-${lang}.png`), fullPage: true });
      }
      expect([name, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([name, 360]);
      // As Playwright hands it over: a script tag would be refused by the page's own policy, as it should be.
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => (await (window as unknown as { axe: typeof axe }).axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`));
      expect([name, found]).toEqual([name, []]);
    };
    await open({ lang });
    await look('home');
    await button(new RegExp(said('miniApp.arm.title', lang))).click();
    await page.getByLabel(said('miniApp.form.phrase', lang)).fill('abc');
    await button(said('miniApp.arm.do', lang)).click();
    await page.getByText(said('miniApp.form.phrase-short', lang)).waitFor();
    await look('arm');
    await button(new RegExp(said('defender.back', lang))).click();
    await button(new RegExp(said('miniApp.check-in.title', lang))).click();
    await look('check-ins');
    await button(said('miniApp.check-in.new', lang)).click();
    await page.getByLabel(said('miniApp.check-in.when', lang)).waitFor();
    await look('plan');
  }, 60_000);
});

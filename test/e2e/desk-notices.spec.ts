// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { PushDevice } from '../support/push-device.js';
import { sealAlert } from '../support/sealed-alert.js';
import { startWebReceiver, type ReceivedPost, type WebReceiver } from '../support/web-receiver.js';
import { eventually, postUntilConfirmed } from './support/alerts.js';
import { Desks } from './support/desk-page.js';
import { said } from './support/locale.js';
import { faultsOf } from './support/looks.js';
import { PushDelivery } from './support/push-delivery.js';
import { startWorld, type World } from './support/world.js';

const storyMs = 90_000;

/**
 * Everything is real but the push service of the browser's maker, which is on the internet: the subscription that it
 * would give leads to a receiver of ours, and what the service pushes there, encrypted to the device, is decrypted and
 * handed to the browser by its own debugging protocol. The service worker, its notifications and the desk are real.
 */
describe('a device that is notified', () => {
  let world: World;
  let browser: Browser;
  let desks: Desks;
  let pushService: WebReceiver;
  let device: PushDevice;

  beforeAll(async () => {
    pushService = await startWebReceiver();
    pushService.answer(() => ({ status: 201 }));
    device = new PushDevice(`${pushService.origin}/push/osh`);
    browser = await openBrowser();
    world = await startWorld({
      stepMs: 600_000,
      environment: {
        JARDAM_WEBPUSH_SUBJECT: 'mailto:operator@example.org',
        JARDAM_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
        JARDAM_OUTBOUND_CA_FILE: pushService.caFile,
      },
    });
    desks = new Desks(browser, world);
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await world.stop();
    await pushService.stop();
  });
  afterEach(async () => {
    expect(await desks.close()).toEqual([]);
  });

  async function openContacts(page: Page): Promise<void> {
    await page.getByRole('button', { name: said('desk.contacts.open'), exact: true }).click();
    await page.getByRole('heading', { name: said('desk.contacts.device-title') }).waitFor();
  }

  /** What the browser's maker would do: subscribe this page to our receiver, and remember it over visits. */
  async function givePushService(page: Page): Promise<void> {
    await page.addInitScript(({ endpoint, keys }) => {
      const subscribed = {
        endpoint,
        toJSON: () => ({ endpoint, keys }),
        unsubscribe: () => {
          localStorage.removeItem('test.subscribed');
          return Promise.resolve(true);
        },
      } as unknown as PushSubscription;
      PushManager.prototype.subscribe = (options) => {
        if (options?.userVisibleOnly !== true || typeof options.applicationServerKey !== 'string') return Promise.reject(new TypeError('not how one subscribes'));
        localStorage.setItem('test.subscribed', 'yes');
        return Promise.resolve(subscribed);
      };
      PushManager.prototype.getSubscription = () => Promise.resolve(localStorage.getItem('test.subscribed') === null ? null : subscribed);
    }, device.subscription);
  }

  const shown = (page: Page): Promise<{ title: string; body: string; lang: string }[]> =>
    page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration('/desk');
      return ((await registration?.getNotifications()) ?? []).map(({ title, body, lang }) => ({ title, body, lang }));
    });

  /** Presses a notification. Only people may bring a window to the front, so what the worker asks for is written down. */
  async function pressed(page: Page): Promise<{ closed: boolean; focused: string[]; opened: string[] }> {
    const [worker] = page.context().serviceWorkers();
    if (!worker) throw new Error('there is no service worker');
    return worker.evaluate(async () => {
      const scope = globalThis as unknown as { clients: { openWindow(url: string): Promise<void> }; WindowClient: { prototype: { focus(this: { url: string }): Promise<void> } } };
      const seen = { closed: false, focused: [] as string[], opened: [] as string[] };
      scope.WindowClient.prototype.focus = function () {
        seen.focused.push(new URL(this.url).origin + new URL(this.url).pathname);
        return Promise.resolve();
      };
      scope.clients.openWindow = (url) => Promise.resolve(void seen.opened.push(url));
      let work: Promise<unknown> = Promise.reject(new Error('nothing was done'));
      work.catch(() => undefined);
      const press = { notification: { close: () => (seen.closed = true) }, waitUntil: (asked: Promise<unknown>) => (work = asked) };
      dispatchEvent(Object.assign(new Event('notificationclick'), press));
      await work;
      return seen;
    });
  }

  const nthPost = (n: number): Promise<ReceivedPost> =>
    eventually(() => Promise.resolve(pushService.posts[n]), (post) => post !== undefined, 30_000) as Promise<ReceivedPost>;

  it('is switched on with one press, proves itself, rings for a report, opens the desk, and is switched off again', async () => {
    const { page } = await desks.open(360);
    await page.context().grantPermissions(['notifications'], { origin: world.url });
    await givePushService(page);
    const delivery = await PushDelivery.to(page, world.url);
    const signIn = async (): Promise<void> => {
      await page.goto(world.personalLink('osh'));
      await page.locator('input[name=passphrase]').fill('seven quiet horses by the lake');
      await page.getByRole('button', { name: said('desk.sign-in.enter'), exact: true }).click();
      await page.getByRole('heading', { name: said('desk.name'), level: 1 }).waitFor();
    };
    await signIn();
    await openContacts(page);
    await page.getByRole('button', { name: said('desk.contacts.device-switch-on') }).focus();
    await page.keyboard.press('Enter');
    await page.getByText(said('desk.contacts.device-waiting')).waitFor();
    await delivery.push(device.read(await nthPost(0)).toString());
    await page.getByText(said('desk.contacts.device-is-on')).waitFor();
    const own = page.getByRole('dialog').getByRole('listitem').filter({ hasText: said('desk.contacts.channel-web-push') });
    await own.getByText(/^Proved: /).waitFor();
    expect(await faultsOf(page)).toEqual([]);
    const [first] = await shown(page);
    expect(first?.title).toBe('Test');
    expect(JSON.stringify(first)).not.toMatch(/\d{8}/);

    // Tried first from now on, so that it is the one that rings.
    await own.getByRole('button', { name: said('desk.contacts.earlier') }).click();
    await eventually(() => page.getByRole('dialog').getByRole('listitem').first().textContent(), (text) => text?.includes(said('desk.contacts.channel-web-push')) === true);
    const before = pushService.posts.length;
    await postUntilConfirmed(world.url, sealAlert(world.coalition, { severity: 'S1', answers: { what: 'The boat was taken' } }));
    await delivery.push(device.read(await nthPost(before)).toString());
    const rung = await shown(page);
    expect(rung).toContainEqual({ title: 'New item', body: expect.stringContaining('desk'), lang: 'en' });
    expect(JSON.stringify(rung)).not.toContain('boat');

    expect(await pressed(page)).toEqual({ closed: true, focused: [`${world.url}/desk`], opened: [] });

    // Another visit: the device is known as the one that is notified.
    await page.goto('about:blank');
    await signIn();
    await openContacts(page);
    await page.getByText(said('desk.contacts.device-is-on')).waitFor();
    await page.getByRole('button', { name: said('desk.contacts.device-switch-off') }).click();
    await page.getByRole('button', { name: said('desk.contacts.device-switch-on') }).waitFor();
    await own.waitFor({ state: 'detached' });
    expect(await page.evaluate(() => localStorage.getItem('test.subscribed'))).toBeNull();
  }, storyMs);

  it('shows something also for what it cannot read, and keeps no part of the desk', async () => {
    const { page } = await desks.signedIn('lawyer');
    await page.context().grantPermissions(['notifications'], { origin: world.url });
    const delivery = await PushDelivery.to(page, world.url);
    await openContacts(page);
    // The real push service of this browser cannot be reached from here: exactly what a closed network looks like.
    await page.getByRole('button', { name: said('desk.contacts.device-switch-on') }).click();
    await page.getByText(said('desk.contacts.device-no-service')).waitFor();
    await delivery.push('{"title": 7, "body"');
    expect(await shown(page)).toEqual([{ title: '•', body: '', lang: '' }]);
    expect(await page.evaluate(async () => (await caches.keys()).length)).toBe(0);
    const script = await fetch(`${world.url}/notices.js`);
    expect([script.headers.get('cache-control'), script.headers.get('content-security-policy')]).toEqual(['no-cache', "default-src 'none'"]);
  }, storyMs);

  it('says so when notifications are forbidden', async () => {
    const { page } = await desks.signedIn('osh'); // nothing was granted: a headless browser answers no
    await openContacts(page);
    await page.getByRole('button', { name: said('desk.contacts.device-switch-on') }).click();
    await page.getByText(said('desk.contacts.device-blocked')).waitFor();
  }, storyMs);
});

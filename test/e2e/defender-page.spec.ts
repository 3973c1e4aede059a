// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page, type Route } from 'playwright-core';
import axe from 'axe-core';
import {
  decryptAttachment,
  fromBase64url,
  isListed,
  openEnvelope,
  parsePayload,
  sealReply,
  toBase64url,
  type OpenedEnvelope,
  type ReportPayload,
  type SignedRoster,
} from '@jardam/protocol';
import { testApp, type TestApp } from '../support/app.js';
import { findBrowser, openBrowser } from '../support/browser.js';
import { nextRoster, TIER, type Person } from '../support/coalition.js';
import { demoCoalition, publishRoster, type StoredCoalition } from '../support/stored-coalition.js';
import { eventually } from './support/alerts.js';

describe('the defender’s page, in a real browser against the real service', () => {
  let app: TestApp;
  let coalition: StoredCoalition;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const faults: string[] = [];

  beforeAll(async () => {
    app = await testApp({ config: { instance: { roles: ['http'] } } });
    coalition = await demoCoalition(app.database);
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    page = await context.newPage();
    faults.length = 0;
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(app.url)) faults.push(`request to ${new URL(request.url()).origin}`);
    });
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const text = (content: string | RegExp) => page.getByText(content);

  async function open(): Promise<void> {
    await page.goto(`${app.url}/#en`);
    await text('The list of recipients is checked.').waitFor();
  }
  /** Red button, then "Send now". */
  async function panic(): Promise<void> {
    await button(/^Send alert/).click();
    await button('Send now').click();
  }
  async function newestReport(): Promise<{ alertId: Buffer; sealed: Uint8Array }> {
    const { rows } = await app.database.query<{ alert_id: Buffer; sealed: Buffer }>(
      'SELECT alert_id, sealed FROM envelope WHERE kind = 1 ORDER BY received_at DESC LIMIT 1',
    );
    const row = rows[0];
    if (row === undefined) throw new Error('nothing was received');
    return { alertId: row.alert_id, sealed: new Uint8Array(row.sealed) };
  }
  async function openAs(person: Person): Promise<{ opened: OpenedEnvelope; payload: ReportPayload }> {
    const { sealed } = await newestReport();
    const opened = openEnvelope(coalition.p, sealed, { kemSecretKeys: [person.keys.kem.secretKey] });
    return { opened, payload: parsePayload(1, opened.data) };
  }
  const count = async (): Promise<number> => {
    const { rows } = await app.database.query<{ n: number }>('SELECT count(*) AS n FROM alert');
    return rows[0]?.n ?? -1;
  };

  it('a panic is readable to those the page named, and to nobody whose box was unticked', async () => {
    await open();
    await button(/^Send alert/).click();
    await page.getByRole('checkbox', { name: /EU Delegation/ }).uncheck();
    // Touching a choice stops the clock: nobody decides under a countdown.
    await page.getByRole('heading', { name: 'Send the alert?' }).waitFor();
    await button('Send now').click();
    await text(/^Received at \d\d:\d\d$/).waitFor();

    const { payload, opened } = await openAs(coalition.people.osh);
    expect(payload).toMatchObject({ t: 'panic', severity: 'S1', lang: 'en', consents: { responders: true, abroad: true, eu: false, un: false } });
    expect(isListed(payload.recipients, coalition.people.osh.ridHex, opened.tier)).toBe(true);
    expect(opened.parsed.gates).toEqual([]);
    expect(opened.parsed.stanzaTiers).not.toContain(TIER.T4);
    await expect(openAs(coalition.people.euFocal)).rejects.toThrow('not-a-recipient');
    await expect(openAs(coalition.people.newcomer)).rejects.toThrow('not-a-recipient');
  });

  it('a panic that was cancelled reaches nobody', async () => {
    const before = await count();
    await open();
    await button(/^Send alert/).click();
    await button('Cancel').click();
    await text('Cancelled. Nothing was sent, and nobody was told.').waitFor();
    await page.waitForTimeout(11_000);
    expect(await count()).toBe(before);
  }, 90_000);

  it('without a hand on it a panic goes out after ten seconds, and a screen reader hears 10, 5 and 0 only', async () => {
    await open();
    await page.evaluate(() => {
      const heard: string[] = [];
      (globalThis as unknown as { heard: string[] }).heard = heard;
      new MutationObserver(() => {
        const said = document.querySelector('[aria-live=assertive]')?.textContent ?? '';
        if (said !== '' && said !== heard.at(-1)) heard.push(said);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
    await button(/^Send alert/).click();
    await text(/^Received at/).waitFor({ timeout: 45_000 });
    const heard = await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard);
    expect(heard.slice(0, 2)).toEqual(['The alert is sent in 10 s', 'The alert is sent in 5 s']);
    expect(heard.length).toBeLessThanOrEqual(3);
  }, 90_000);

  it('without a line it says NOT sent, keeps the sealed bytes, and sends exactly these when the line is back', async () => {
    await open();
    const bodies: Buffer[] = [];
    await page.route('**/api/v1/alerts', (route: Route) => {
      bodies.push(route.request().postDataBuffer() ?? Buffer.alloc(0));
      return bodies.length < 3 ? route.abort('internetdisconnected') : route.continue();
    });
    await panic();
    await page.getByRole('heading', { name: 'NOT sent yet' }).waitFor();
    await text(/kept sealed on this phone/).waitFor();
    expect(await text(/Received/).count()).toBe(0);
    await button('Try again now').click();
    await text(/^Received at/).waitFor();
    expect(bodies.length).toBeGreaterThanOrEqual(3);
    expect(new Set(bodies.map((body) => body.toString('hex'))).size).toBe(1);
    const kept = await page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('n');
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('no database'));
      });
      return new Promise<number>((resolve) => {
        const request = database.transaction('q').objectStore('q').count();
        request.onsuccess = () => resolve(request.result);
      });
    });
    expect(kept).toBe(0);
  }, 90_000);

  it('a packet that a reload interrupted is sent by the next visit, and told', async () => {
    await open();
    await page.route('**/api/v1/alerts', (route) => route.abort('internetdisconnected'));
    await panic();
    await text(/kept sealed on this phone/).waitFor();
    await page.reload();
    await text('An alert saved on this phone is NOT sent yet.').waitFor();
    const before = await count();
    await page.unroute('**/api/v1/alerts');
    await button('Try again now').click();
    await text(/^The alert saved on this phone was received at/).waitFor();
    expect(await count()).toBe(before + 1);
  }, 90_000);

  it('an answer that names other bytes is no receipt', async () => {
    await open();
    await page.route('**/api/v1/alerts', async (route) => {
      const answer = await route.fetch();
      const json = (await answer.json()) as Record<string, unknown>;
      return route.fulfill({ response: answer, json: { ...json, envelopeHash: toBase64url(new Uint8Array(32)) } });
    });
    await panic();
    await text(/does not belong to your alert/).waitFor();
    await page.getByRole('heading', { name: 'NOT sent yet' }).waitFor();
  });

  describe('a list of recipients that cannot be trusted', () => {
    const serve = (rosters: readonly SignedRoster[]) => page.route('**/api/v1/roster', (route) => route.fulfill({ json: { rosters } }));

    it('is refused when a key in it was swapped, and nothing can be sent to it', async () => {
      const { signed } = coalition.roster;
      const body = JSON.parse(Buffer.from(signed.body, 'base64url').toString()) as { responders: { kem_pk: string }[] };
      const stolen = coalition.p.xwing.keypair(coalition.p.randomBytes(32)).publicKey;
      for (const responder of body.responders) responder.kem_pk = toBase64url(stolen);
      await serve([{ ...signed, body: Buffer.from(JSON.stringify(body)).toString('base64url') }]);
      await page.goto(`${app.url}/#en`);
      await text('Stop: the list of recipients cannot be trusted').waitFor();
      expect(await button(/^Send alert/).count()).toBe(0);
      expect(await button(/Describe what happened/).count()).toBe(0);
    });

    it('is refused when it is older than what this browser has seen', async () => {
      const next = nextRoster(coalition, ({ responders }) => ({
        responders: responders.map((each) => (each.rid === coalition.people.abroad.ridHex ? { ...each, status: 'revoked' as const } : each)),
      }));
      await serve([coalition.roster.signed, next.signed]);
      await open();
      await page.unroute('**/api/v1/roster');
      await page.reload();
      await text(/older list than this browser has seen/).waitFor();
    });

    it('is refused when the policy beside it was changed to do without a consent', async () => {
      await page.route('**/api/v1/instance', async (route) => {
        const answer = await route.fetch();
        const json = (await answer.json()) as { policy: { text: string } };
        json.policy.text = json.policy.text.replaceAll('"consent":"eu"', '"consent":null');
        return route.fulfill({ response: answer, json });
      });
      await page.goto(`${app.url}/#en`);
      await text('Stop: the list of recipients cannot be trusted').waitFor();
    });
  });

  describe('after sending', () => {
    async function words(): Promise<string[]> {
      await button('Show the seven words').click();
      const shown = await page.locator('.word-list li').allTextContents();
      await button('I have written them down').click();
      const n = Number(/word (\d)/.exec((await page.getByRole('heading', { level: 1 }).textContent()) ?? '')?.[1]);
      await page.getByRole('textbox').fill('wrong');
      await button('Check').click();
      await text(`That is not word ${n}.`).waitFor();
      await page.getByRole('textbox').fill(shown[n - 1] ?? '');
      await button('Check').click();
      await text(/The words are gone from this phone/).waitFor();
      await button('Next').click();
      return shown;
    }
    async function reply(said: string, signSeed: Uint8Array): Promise<void> {
      const { opened, payload } = await openAs(coalition.people.osh);
      const kemPk = fromBase64url(payload.reply.kem);
      if (kemPk === null) throw new Error('no reply key');
      const sealed = sealReply(coalition.p, {
        kind: 4,
        alertId: opened.parsed.alertId,
        rosterVersion: coalition.roster.body.version,
        rosterHash: coalition.roster.hash,
        recipients: [{ kemPk, tier: 0 }],
        rid: coalition.people.osh.rid,
        signSeed,
        time: Date.now(),
        text: said,
      });
      await app.database.query(
        `INSERT INTO envelope (coalition_id, alert_id, sender_pk, seq, kind, envelope_hash, hh, author_rid, sealed)
         VALUES (1, $1, $2, 0, 4, $3, $4, $5, $6)`,
        [opened.parsed.alertId, coalition.p.randomBytes(32), sealed.envelopeHash, sealed.hh, coalition.people.osh.rid, sealed.bytes].map((each) => Buffer.from(each)),
      );
    }

    it('the seven words lead back from another browser to the ladder and the answers; a forged answer is not shown', async () => {
      await open();
      await panic();
      const shown = await words();
      await reply('We are on our way.', coalition.people.osh.keys.signSeed);
      await reply('Come out and sign this.', coalition.p.randomBytes(32));

      const elsewhere = await browser.newContext();
      const other = await elsewhere.newPage();
      await other.goto(`${app.url}/#en`);
      await other.getByRole('button', { name: /I have seven words/ }).click();
      await other.getByRole('textbox').fill(['xyzzy', ...shown.slice(1)].join(' '));
      await other.getByRole('button', { name: 'Open' }).click();
      await other.getByText('Word 1, “xyzzy”, is not in the list.').waitFor();
      await other.getByRole('textbox').fill([...shown.slice(1), 'zoom'].join(' '));
      await other.getByRole('button', { name: 'Open' }).click();
      await other.getByText('These seven words open nothing here.').waitFor();
      await other.getByRole('textbox').fill(shown.join(', ').toUpperCase());
      await other.getByRole('button', { name: 'Open' }).click();
      await other.getByText('We are on our way.').waitFor();
      await other.getByText(/A message came that no responder on the list has signed/).waitFor();
      expect(await other.getByText('Come out').count()).toBe(0);
      await other.getByRole('button', { name: /delete it from the server/ }).click();
      await other.getByText('Deleted from the server').waitFor();

      await other.getByRole('button', { name: 'Add a message or files' }).click();
      await other.getByLabel('Your message').fill('I have moved.');
      await other.getByRole('button', { name: 'Send' }).click();
      await other.getByText(/^Your addition arrived at/).waitFor();
      await elsewhere.close();
    }, 60_000);

    it('a request to stop is told to those who were told', async () => {
      await open();
      await panic();
      await button('I am safe: ask to stop').click();
      await button('Ask to stop').click();
      await page.getByRole('heading', { name: 'You asked to stop. Those who were told know it' }).waitFor({ timeout: 45_000 });
    }, 90_000);
  });

  it('a report carries its photo without the place in it, still a photo; the EU reads nothing before its turn', async () => {
    await open();
    await button(/Describe what happened/).click();
    await page.getByLabel('About somebody else').check();
    await button('Next').click();
    await page.getByRole('textbox').fill('Taken from his home.');
    await button('Next').click();
    for (let skipped = 0; skipped < 7; skipped++) await button('Skip').click();
    // A real JPEG of this browser, with a place written into it.
    const jpeg = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(40, 20);
      canvas.getContext('2d')?.fillRect(0, 0, 20, 20);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    const place = Buffer.from('Exif\0\0GPS 42.8746 74.5698', 'latin1');
    const exif = Buffer.concat([Buffer.from([0xff, 0xe1, 0, place.length + 2]), place]);
    const photo = Buffer.concat([Buffer.from(jpeg.slice(0, 2)), exif, Buffer.from(jpeg.slice(2))]);
    const film = readFileSync(join(import.meta.dirname, '../../packages/protocol/test/media/film.mp4'));
    await page.locator('input[type=file]').setInputFiles([
      { name: 'IMG_20261123.jpg', mimeType: 'image/jpeg', buffer: photo },
      { name: 'VID_20261123.mp4', mimeType: 'video/mp4', buffer: film },
      { name: 'IMG_2.heic', mimeType: 'image/heic', buffer: Buffer.from('\0\0\0\x18ftypheic', 'latin1') },
      { name: 'cut.jpg', mimeType: 'image/jpeg', buffer: photo.subarray(0, 60) },
      { name: 'large.mp4', mimeType: 'video/mp4', buffer: Buffer.alloc(26_214_401) },
    ]);
    await eventually(() => text('Hidden data removed').count(), (count) => count === 2);
    await text(/IMG_2\.heic is a HEIC photo/).waitFor();
    await text(/cut\.jpg is damaged or cut short/).waitFor();
    await text(/large\.mp4 is too large \(26 MB\)\. The limit is 25 MB\./).waitFor();
    for (let step = 0; step < 3; step++) await button('Next').click();
    await button('Skip').click();
    await page.getByLabel('I agree', { exact: true }).check();
    for (const name of ['Next', 'Skip', 'Skip']) await button(name).click();
    await button('Send').click();
    await text(/^Received at/).waitFor({ timeout: 45_000 });
    await text('IMG_20261123.jpg: arrived').waitFor({ timeout: 45_000 });

    const { payload, opened } = await openAs(coalition.people.osh);
    expect(payload).toMatchObject({ t: 'report', answers: { who: 'other', what: 'Taken from his home.' }, consents: { eu: true, abroad: false, publication: false } });
    expect(opened.parsed.gates.map(({ tier }) => tier)).toContain(TIER.T4);
    await expect(openAs(coalition.people.euFocal)).rejects.toThrow('gate-closed');

    const [entry, second] = payload.attachments;
    if (entry === undefined) throw new Error('the photo is not in the report');
    expect(second).toMatchObject({ name: '2.mp4', type: 'video/mp4', size: film.length });
    expect(entry).toMatchObject({ name: '1.jpg', type: 'image/jpeg' });
    const { rows } = await app.database.query<{ sealed: Buffer }>(
      'SELECT sealed FROM attachment_chunk WHERE object_id = $1 ORDER BY start_byte',
      [Buffer.from(entry.objectId, 'hex')],
    );
    const file = decryptAttachment(coalition.p, {
      contentKey: opened.contentKey,
      entry,
      ciphertext: new Uint8Array(Buffer.concat(rows.map(({ sealed }) => sealed))),
    });
    if ('refused' in file) throw new Error(file.refused);
    expect(Buffer.from(file.bytes).includes('GPS')).toBe(false);
    const size = await page.evaluate(async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }));
      return [bitmap.width, bitmap.height];
    }, [...file.bytes]);
    expect(size).toEqual([40, 20]);
  }, 60_000);

  it('Shift three times leaves at once, and nothing is left behind the back button', async () => {
    await open();
    await button(/Describe what happened/).click();
    await button('Skip').click();
    await page.getByRole('textbox').fill('a secret');
    for (let press = 0; press < 3; press++) await page.keyboard.press('Shift');
    await page.waitForURL('about:blank');
    await page.goBack().catch(() => null);
    expect(await page.content()).not.toContain('a secret');
    expect(await page.title()).not.toMatch(/alert|rights|help/i);
  });

  it('everything can be done with the keyboard alone, from the language to the receipt', async () => {
    await page.goto(app.url);
    const pressOn = async (name: RegExp): Promise<void> => {
      for (let tabs = 0; tabs < 40; tabs++) {
        await page.keyboard.press('Tab');
        const focused = await page.evaluate(() => document.activeElement?.textContent ?? '');
        if (name.test(focused)) return page.keyboard.press('Enter');
      }
      throw new Error(`the keyboard does not reach ${name.source}`);
    };
    await pressOn(/English/);
    await text('The list of recipients is checked.').waitFor();
    await pressOn(/^Send alert/);
    await page.getByRole('heading', { name: /The alert is sent in/ }).waitFor();
    await pressOn(/Send now/);
    await text(/^Received at/).waitFor();
  }, 90_000);

  it.each(['ky', 'ru', 'uz', 'tg', 'en'])('has no fault that axe finds, and no sideways scrolling at 320 px, in %s', async (lang) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(`${app.url}/#${lang}`);
    await page.locator('.panic').waitFor();
    const faultsOf = async (): Promise<string[]> => {
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 80)).join(' | ')}`);
      });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      return sideways > 0 ? [...found, `scrolls ${sideways} px sideways`] : found;
    };
    const faulty: Record<string, string[]> = {};
    const look = async (name: string): Promise<void> => {
      await page.locator('h1').waitFor();
      const all = await faultsOf();
      if (all.length > 0) faulty[name] = all;
    };
    await look('home');
    const foot = page.locator('.foot button');
    for (const [i, name] of ['who', 'settings'].entries()) {
      await foot.nth(i).click();
      await page.waitForTimeout(200);
      await look(name);
      await page.locator('.bar button').first().click();
    }
    await page.locator('.way').nth(1).click();
    await page.getByRole('textbox').waitFor();
    await look('words');
    await page.locator('.bar button').first().click();
    await page.locator('.way').nth(0).click();
    for (let step = 0; step < 18; step++) {
      await page.waitForTimeout(60);
      await look(`report ${step}`);
      const next = page.locator('button[type=submit]');
      if ((await next.count()) === 0) break;
      await next.click();
    }
    await page.reload();
    await page.locator('.panic').click();
    await page.locator('.panic-cancel').waitFor();
    await look('confirm');
    await page.locator('.button-panic').click();
    await page.locator('.words-offer .button-main').waitFor({ timeout: 45_000 });
    await look('alert');
    await page.locator('.words-offer .button-main').click();
    await page.locator('.word-list').waitFor();
    await look('seven words');
    expect(faulty).toEqual({});
  }, 90_000);

  it('keeps what a shaking hand must hit at 64 px or more', async () => {
    await open();
    const height = async (selector: string): Promise<number> => (await page.locator(selector).boundingBox())?.height ?? 0;
    expect(await height('.panic')).toBeGreaterThanOrEqual(64);
    await button(/^Send alert/).click();
    for (const selector of ['.panic-cancel', '.panic-actions .button-panic', '.panic-actions .button-quiet']) {
      expect([selector, (await height(selector)) >= 64]).toEqual([selector, true]);
    }
  });

  // jitless: WebAssembly is gone and JavaScript as slow as on an old phone, like Tor Browser's "Safer" and Lockdown Mode.
  it('works to the last step where WebAssembly and storage are refused', async () => {
    const executablePath = findBrowser();
    if (executablePath === null) throw new Error('there is no browser');
    const hardened = await chromium.launch({
      executablePath,
      args: ['--js-flags=--jitless', '--disable-gpu', '--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
    });
    try {
      const other = await hardened.newPage();
      await other.addInitScript(() => {
        for (const name of ['localStorage', 'indexedDB']) {
          Object.defineProperty(globalThis, name, {
            get: () => {
              throw new DOMException('refused', 'SecurityError');
            },
          });
        }
      });
      await other.goto(`${app.url}/#en`);
      expect(await other.evaluate(() => typeof WebAssembly)).toBe('undefined');
      await other.getByRole('button', { name: /^Send alert/ }).click();
      await other.getByRole('button', { name: 'Send now' }).click();
      await other.getByText(/^Received at/).waitFor();
      await other.getByRole('button', { name: 'Show the seven words' }).click({ timeout: 200_000 });
      expect(await other.locator('.word-list li').count()).toBe(7);
    } finally {
      await hardened.close();
    }
  }, 240_000);

  it('seals again by itself when the list of recipients has changed meanwhile', async () => {
    const next = nextRoster(coalition, ({ responders }) => ({
      responders: responders.map((each) => (each.rid === coalition.people.oshReserve.ridHex ? { ...each, status: 'revoked' as const } : each)),
    }));
    await open();
    await app.database.transaction((tx) => publishRoster(tx, app.database, coalition, next));
    await panic();
    await text(/^Received at/).waitFor({ timeout: 45_000 });
    const { opened } = await openAs(coalition.people.osh);
    expect([1, 2]).toContain(opened.parsed.rosterVersion);
  }, 90_000);
});

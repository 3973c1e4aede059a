// Runs partly inside the page, so the types of both worlds are needed.
/// <reference lib="dom" />
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { signedInitData } from '../../support/bot-api/init-data.js';
import type { TelegramPerson } from '../../support/bot-api/person.js';
import type { TelegramWorld } from '../../support/telegram-world.js';
import { said } from './locale.js';

export interface OpenOptions {
  readonly lang?: string;
  readonly platform?: string;
  /** What Telegram signed; by default for this person, just now. null: opened outside Telegram. */
  readonly initData?: string | null;
  readonly firstName?: string;
}

/** A person's phone with the Mini App in it, and Telegram's bridge around the page. */
export class MiniAppPage {
  /** What must not happen: errors of the page, requests to others. */
  readonly faults: string[] = [];

  private constructor(
    private readonly world: TelegramWorld,
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  static async on(browser: Browser, world: TelegramWorld): Promise<MiniAppPage> {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
    const page = await context.newPage();
    const mini = new MiniAppPage(world, context, page);
    page.on('pageerror', ({ message }) => mini.faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(world.app.url)) mini.faults.push(`request to ${new URL(request.url()).origin}`);
    });
    await page.addInitScript(() => {
      const told: unknown[] = [];
      Object.assign(window, { told, TelegramWebviewProxy: { postEvent: (name: string, data: string) => told.push([name, JSON.parse(data || 'null')]) } });
    });
    return mini;
  }

  /** Opens it from the chat of this person, as Telegram does, and waits until alerts can be sent. */
  async open(person: TelegramPerson, options: OpenOptions = {}): Promise<void> {
    const { lang = 'en', platform = 'android', firstName } = options;
    const hash = new URLSearchParams({ tgWebAppVersion: '8.0', tgWebAppPlatform: platform });
    const named = firstName === undefined ? {} : { firstName };
    const initData = options.initData === undefined ? signedInitData({ token: this.world.telegram.token, userId: person.id, languageCode: lang, ...named }) : options.initData;
    if (initData !== null) hash.set('tgWebAppData', initData);
    // Another fragment alone would not load the page anew.
    await this.page.goto('about:blank');
    await this.page.goto(`${this.world.app.url}/telegram#${hash.toString()}`);
    await this.page.getByText(said('defender.list.ready', lang)).waitFor({ timeout: 30_000 });
  }

  button(name: string | RegExp): ReturnType<Page['getByRole']> {
    return this.page.getByRole('button', { name });
  }

  async heading(key: string): Promise<void> {
    await this.page.getByRole('heading', { name: said(key) }).waitFor({ timeout: 60_000 });
  }

  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor().catch(async (error: unknown) => {
      throw new Error(`${String(error)}\nthe page says: ${await this.page.locator('body').innerText()}`);
    });
  }

  /** On the screen of the check-ins: plans a daily one from tomorrow, and leaves the words where they are. */
  async plansCheckIn(text: string): Promise<void> {
    await this.button(said('miniApp.check-in.new')).click();
    await this.button(said('miniApp.check-in.do')).click();
    await this.says(said('miniApp.check-in.when-wrong'));
    // What is wrong lies far above the button that was pressed.
    await this.page.locator('input[type=datetime-local]:focus').waitFor();
    const dueAt = new Date(Math.ceil(Date.now() / 60_000) * 60_000 + 26 * 3_600_000);
    const local = new Date(dueAt.getTime() - dueAt.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
    await this.page.getByLabel(said('miniApp.check-in.when')).fill(local);
    await this.page.getByLabel(said('miniApp.check-in.daily')).check();
    await this.page.getByLabel('30 min').check();
    await this.page.getByLabel(said('miniApp.form.text')).fill(text);
    await this.button(said('miniApp.check-in.do')).click();
    await this.heading('miniApp.check-in.done-title');
    await this.button(said('miniApp.words.without')).click();
    await this.says(/^Every day, next: /);
  }

  /** Names of the events that the page sent to Telegram. */
  told(): Promise<string[]> {
    return this.page.evaluate(() => (window as unknown as { told: [string, unknown][] }).told.map(([name]) => name));
  }

  close(): Promise<void> {
    return this.context.close();
  }
}

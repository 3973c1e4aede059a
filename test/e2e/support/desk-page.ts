import type { Browser, Page } from 'playwright-core';
import type { PersonName } from '../../support/coalition.js';
import { said } from './locale.js';
import { PASSPHRASE, type World } from './world.js';

/** What a responder does on the desk, in English. */
export class DeskPage {
  constructor(readonly page: Page) {}

  /** Opens the personal link and signs in with the passphrase. */
  async signIn(personalLink: string, passphrase = PASSPHRASE): Promise<void> {
    await this.page.goto(personalLink);
    await this.page.locator('input[name=passphrase]').fill(passphrase);
    await this.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  /** Opens the row of the queue that shows this text. */
  async openAlert(text: string | RegExp): Promise<void> {
    await this.page.getByRole('button', { name: text }).first().click();
  }

  async take(): Promise<void> {
    await this.page.getByRole('button', { name: /^Take this report/ }).click();
    await this.page.getByRole('button', { name: /^Take this report/ }).waitFor({ state: 'detached' });
  }

  async write(to: 'To the sender' | 'Note for the team', text: string): Promise<void> {
    await this.page.getByRole('radio', { name: to }).check();
    const send = to === 'To the sender' ? 'Send to the sender' : 'Send to the team';
    await this.page.getByRole('textbox', { name: to }).fill(text);
    await this.page.getByRole('button', { name: send }).click();
    await this.page.locator('.said', { hasText: text }).waitFor();
  }

  /** Presses a button by the key of its text. */
  async press(key: string): Promise<void> {
    await this.page.getByRole('button', { name: said(key), exact: true }).click();
  }

  /** Waits until the page says the text of this key. */
  async says(key: string, values: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.page.getByText(said(key, 'en', values)).first().waitFor();
  }
}

/** The desks of one test, each in a browser of its own as every person has, and what none of them may do. */
export class Desks {
  private readonly pages: Page[] = [];
  private faults: string[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly world: World,
  ) {}

  async open(width = 1280): Promise<DeskPage> {
    const context = await this.browser.newContext({ viewport: { width, height: 800 }, locale: 'en-GB' });
    const page = await context.newPage();
    this.pages.push(page);
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(this.world.url)) this.faults.push(`request to ${new URL(request.url()).origin}`);
    });
    return new DeskPage(page);
  }

  async signedIn(name: PersonName, width?: number): Promise<DeskPage> {
    const desk = await this.open(width);
    await desk.signIn(this.world.personalLink(name));
    await desk.page.getByRole('heading', { name: said('desk.name'), level: 1 }).waitFor();
    return desk;
  }

  /** Closes all of them. Returns what went wrong in them: errors, requests to strangers, and records of alerts that the
   *  desk holds for forged, which in an honest world would be a false alarm. */
  async close(): Promise<readonly string[]> {
    for (const page of this.pages) {
      for (const text of await page.locator('.record-warning, .doubtful').allTextContents()) this.faults.push(text);
      await page.context().close();
    }
    const { faults } = this;
    this.pages.length = 0;
    this.faults = [];
    return faults;
  }
}

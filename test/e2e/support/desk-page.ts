import type { Page } from 'playwright-core';
import { PASSPHRASE } from './world.js';

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
}

import type { Page } from 'playwright-core';

/** What a defender does on the page, in her words; English, because the other languages have tests of their own. */
export class DefenderPage {
  constructor(
    readonly page: Page,
    private readonly url: string,
  ) {}

  async open(): Promise<void> {
    await this.page.goto(`${this.url}/#en`);
    await this.page.getByText('The list of recipients is checked.').waitFor();
  }

  async panic(consents: { readonly eu: boolean } = { eu: true }): Promise<void> {
    await this.button(/^Send alert/).click();
    if (!consents.eu) await this.page.getByRole('checkbox', { name: /EU Delegation/ }).uncheck();
    await this.button('Send now').click();
    await this.received();
  }

  /** Goes through the questions one by one and answers those that are given; the others are skipped. */
  async report(answers: { readonly what: string; readonly medical: 'Yes' | 'No'; readonly eu: boolean; readonly photo?: { name: string; buffer: Buffer } }): Promise<void> {
    await this.button(/Describe what happened/).click();
    const heading = this.page.getByRole('heading', { level: 1 });
    let before = '';
    while ((await this.page.getByRole('button', { name: 'Send', exact: true }).count()) === 0) {
      const asked = (await heading.textContent()) ?? '';
      if (asked === before) throw new Error(`the page still asks "${asked}"`);
      before = asked;
      await this.answer(asked, answers);
      await this.page.waitForFunction((old) => document.querySelector('h1')?.textContent !== old, asked);
    }
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
    await this.received();
  }

  private async answer(asked: string, { what, medical, eu, photo }: Parameters<DefenderPage['report']>[0]): Promise<void> {
    if (asked.includes('What happened?')) {
      await this.page.getByRole('textbox').first().fill(what);
    } else if (asked.includes('hurt')) {
      await this.page.getByRole('group', { name: 'Is medical help needed?' }).getByLabel(medical, { exact: true }).check();
    } else if (photo !== undefined && (await this.page.locator('input[type=file]').count()) > 0) {
      await this.page.locator('input[type=file]').setInputFiles([{ ...photo, mimeType: 'image/jpeg' }]);
      await this.page.getByText('Hidden data removed').waitFor();
    } else if (asked.includes('EU mission')) {
      await this.page.getByLabel(eu ? 'I agree' : 'I do not agree', { exact: true }).check();
    } else {
      const skip = this.page.getByRole('button', { name: 'Skip', exact: true });
      await ((await skip.count()) > 0 ? skip : this.button('Next')).click();
      return;
    }
    await this.button('Next').click();
  }

  /** Writes the seven words down, proves it, and returns them. */
  async takeWords(): Promise<string[]> {
    await this.button('Show the seven words').click();
    const words = await this.page.locator('.word-list li').allTextContents();
    await this.button('I have written them down').click();
    const asked = (await this.page.getByRole('heading', { level: 1 }).textContent()) ?? '';
    await this.page.getByRole('textbox').fill(words[Number(/word (\d)/.exec(asked)?.[1]) - 1] ?? '');
    await this.button('Check').click();
    await this.page.getByText(/The words are gone from this phone/).waitFor();
    await this.button('Next').click();
    return words;
  }

  /** Comes back with nothing but the words. */
  async comeBackWith(words: readonly string[]): Promise<void> {
    await this.page.goto(`${this.url}/#en`);
    await this.button(/I have seven words/).click();
    await this.page.getByRole('textbox').fill(words.join(' '));
    await this.button('Open').click();
    await this.page.locator('.ladder').waitFor();
  }

  async addMessage(text: string): Promise<void> {
    await this.button('Add a message or files').click();
    await this.page.getByLabel('Your message').fill(text);
    await this.button('Send').click();
    await this.page.getByText(/^Your addition arrived at/).waitFor();
  }

  /** A real JPEG of this browser with a place written into its hidden data. */
  async photoWithPlace(place: string): Promise<Buffer> {
    const plain = await this.page.evaluate(async () => {
      const canvas = new OffscreenCanvas(40, 20);
      canvas.getContext('2d')?.fillRect(0, 0, 20, 20);
      const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
      return [...new Uint8Array(await blob.arrayBuffer())];
    });
    const hidden = Buffer.from(`Exif\0\0${place}`, 'latin1');
    const segment = Buffer.concat([Buffer.from([0xff, 0xe1, 0, hidden.length + 2]), hidden]);
    return Buffer.concat([Buffer.from(plain.slice(0, 2)), segment, Buffer.from(plain.slice(2))]);
  }

  private async received(): Promise<void> {
    await this.page.getByText(/^Received at \d\d:\d\d$/).waitFor({ timeout: 45_000 });
  }

  private button(name: string | RegExp) {
    return this.page.getByRole('button', { name });
  }
}

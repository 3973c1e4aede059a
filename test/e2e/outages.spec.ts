import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { openBrowser } from '../support/browser.js';
import { DatabaseLine } from '../support/database-line.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { DefenderPage } from './support/defender-page.js';
import { said } from './support/locale.js';
import { startServiceProcess, type ServiceProcess } from './support/service-process.js';
import { startWorld, type World } from './support/world.js';

describe('something is down while a defender sends', () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  let defender: DefenderPage;

  beforeAll(async () => {
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
  });
  beforeEach(async () => {
    world = await startWorld({ stepMs: 60_000 });
    context = await browser.newContext({ viewport: { width: 360, height: 740 }, locale: 'en-GB' });
    defender = new DefenderPage(await context.newPage(), world.url);
  }, 60_000);
  afterEach(async () => {
    await context.close();
    await world.stop();
  });

  const storedAlerts = async (): Promise<number> => {
    const { rows } = await world.database.query<{ n: number }>('SELECT count(*) AS n FROM alert');
    return rows[0]?.n ?? -1;
  };

  it('the mail server: the alert is received all the same, and the mail goes out when the server is back', async () => {
    const osh = world.coalition.people.osh.email;
    await world.mail.stop();
    let back: MailSink | undefined;
    try {
      await defender.open();
      await defender.panic();
      expect(await storedAlerts()).toBe(1);
      // Told the truth meanwhile: on its way, not delivered.
      await defender.page.getByText(said('shared.ladder.sending')).first().waitFor();
      back = await startMailSink(world.mail.port);
      await back.waitFor(({ to }) => to === osh, 60_000);
      expect(back.mails.filter(({ to }) => to === osh)).toHaveLength(1);
      await defender.page.getByText(said('shared.ladder.not-opened')).first().waitFor();
    } finally {
      await back?.stop();
    }
  }, 120_000);

  describe('the database', () => {
    let line: DatabaseLine;
    let service: ServiceProcess;

    beforeEach(async () => {
      await world.service().end();
      line = await DatabaseLine.to(world.databaseUrl);
      service = await startServiceProcess(
        {
          DATABASE_URL: line.url,
          JARDAM_DATA_DIR: world.dataDir,
          JARDAM_PUBLIC_URL: world.url,
          JARDAM_MAIL_HOST: '127.0.0.1',
          JARDAM_MAIL_PORT: String(world.mail.port),
          JARDAM_MAIL_SECURITY: 'none',
          JARDAM_MAIL_FROM: 'notice@example.org',
        },
        Number(new URL(world.url).port),
      );
    }, 60_000);
    afterEach(async () => {
      await service.kill();
      await line.cut();
    });

    it('the page says NOT sent until it is, then received; the alert is there once, and the first people are told', async () => {
      const { page } = defender;
      await defender.open();
      await line.cut();
      await page.getByRole('button', { name: /^Send alert/ }).click();
      await page.getByRole('button', { name: 'Send now' }).click();
      await page.getByRole('heading', { name: said('defender.send.not-sent') }).waitFor();
      await page.getByText(said('defender.send.busy')).waitFor();
      expect(await page.getByText(/^Received at/).count()).toBe(0);
      expect(await storedAlerts()).toBe(0);

      await line.restore();
      await page.getByText(/^Received at \d\d:\d\d$/).waitFor({ timeout: 60_000 });
      expect(await storedAlerts()).toBe(1);
      await world.mail.waitFor(({ to }) => to === world.coalition.people.osh.email);
    }, 120_000);
  });
});

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES } from '@jardam/protocol';
import { findCanaries } from '../e2e/support/canaries.js';
import { freePort } from '../e2e/support/service-process.js';
import { inEveryLanguage, receivedLine } from '../support/every-language.js';
import { until } from '../support/ladder.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

describe('a bot that Telegram calls', () => {
  let world: TelegramWorld;
  let publicUrl: string;

  beforeAll(async () => {
    const port = await freePort();
    publicUrl = `http://127.0.0.1:${port}`;
    world = await telegramWorld({ http: { port }, instance: { publicUrl }, telegram: { receive: 'webhook' } });
    await until('Telegram knows where to call', () => world.telegram.state.webhook !== null);
  }, 60_000);
  afterAll(() => world.stop());
  const readWith = async (text: string) => (await world.readBy('osh')).filter(({ report }) => report?.answers.what === text);

  it('takes updates from Telegram, and answers only when they are safe', async () => {
    const person = await world.joined();
    person.writes('called and passed on');
    await until('a responder can read it', async () => (await world.readBy('osh')).some(({ report }) => report?.answers.what === 'called and passed on'));
    await until('Telegram is told', () => world.telegram.state.updates.pending().length === 0);
    expect(world.telegram.calls.some(({ method }) => method === 'getUpdates')).toBe(false);
  });

  it('is called again when its answer is lost, and takes what it is told once', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      world.telegram.fail('webhook', { kind: 'drop-after' }, 2);
      const text = `the answer to this one is lost (${lang})`;
      person.writes(text);
      await until('it is passed on, and called received', async () => (await readWith(text)).length > 0 && receivedLine(say).test(person.screen));
      await until('Telegram is told', () => world.telegram.state.updates.pending().length === 0);
      expect(await readWith(text)).toHaveLength(1);
    }));

  it('fails while the database is away, is called until it can be kept, and takes it once', async () => {
    const people = await Promise.all(LANGUAGES.map(async (lang) => ({ lang, person: await world.joined(lang) })));
    const owner = new pg.Client({ connectionString: world.app.databaseUrl });
    await owner.connect();
    world.telegram.state.webhookError = null;
    for (const { lang, person } of people) person.writes(`nobody can keep this yet (${lang})`);
    // Every connection of the service is cut again and again, until Telegram has heard a no.
    await until('Telegram hears that it did not work', async () => {
      await owner.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'jardam'`);
      return world.telegram.state.webhookError?.includes('50') === true;
    });
    await owner.end();
    await inEveryLanguage(async (lang, say) => {
      const text = `nobody can keep this yet (${lang})`;
      await until('it is passed on', async () => (await readWith(text)).length > 0);
      await until('it is called received', () => receivedLine(say).test(people.find((each) => each.lang === lang)?.person.screen ?? ''));
      expect(await readWith(text)).toHaveLength(1);
    });
  });

  it('believes nobody else', async () => {
    const person = await world.joined();
    const forged = { update_id: 1, message: { message_id: 1, date: 1, chat: { id: person.id, type: 'private' }, from: { id: person.id, is_bot: false }, text: 'forged' } };
    for (const secret of [undefined, '', 'wrong', 'A'.repeat(43)]) {
      const answer = await fetch(`${publicUrl}/api/v1/telegram/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(secret === undefined ? {} : { 'x-telegram-bot-api-secret-token': secret }) },
        body: JSON.stringify(forged),
      });
      expect(answer.status).toBe(404);
    }
    expect((await world.app.database.query('SELECT FROM telegram_update WHERE update_id = 1')).rowCount).toBe(0);
  });

  it('tells somebody who has not joined that nothing was passed on, and where to go', async () => {
    const before = (await world.app.database.query('SELECT FROM alert')).rowCount;
    const stranger = world.telegram.person({ languageCode: 'en' });
    stranger.writes('help me');
    await until('the truth', () => stranger.screen.includes('NOT sent') && stranger.screen.includes(publicUrl));
    expect((await world.app.database.query('SELECT FROM alert')).rowCount).toBe(before);
  });

  it('has left nothing readable: database, WAL, log, and what was said to Telegram', async () => {
    const secret = world.telegram.state.webhook?.secretToken ?? '';
    const { telegram, app } = world;
    const said = telegram.calls.filter(({ method }) => method !== 'setWebhook').map(({ parameters }) => parameters);
    const searched = { databaseUrl: app.databaseUrl, service: () => ({ log: app.log }), mail: { mails: [] }, messages: said };
    const written = ['called and passed on', 'the answer to this one is lost', 'nobody can keep this yet', 'help me'];
    expect(await findCanaries(searched, [...written, telegram.token.split(':')[1] ?? telegram.token, secret])).toEqual([]);
  }, 180_000);
});

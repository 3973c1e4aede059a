import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DEFAULT_COALITION } from '../../src/platform/coalition.js';
import { ContactBook } from '../../src/roster/contact-book.js';
import { ContactLinks, DESK_LINK_PREFIX } from '../../src/roster/contact-links.js';
import { testApp, type TestApp } from '../support/app.js';
import { startBotApi, type BotApiServer } from '../support/bot-api/bot-api-server.js';
import { submit } from '../support/desk-client.js';
import { deliveriesOf, sendingTo, until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { sealAlert } from '../support/sealed-alert.js';
import { demoCoalition, type StoredCoalition } from '../support/stored-coalition.js';

describe('a responder with Telegram', () => {
  let sink: MailSink;
  let telegram: BotApiServer;
  let app: TestApp;
  let coalition: StoredCoalition;

  beforeAll(async () => {
    sink = await startMailSink();
    telegram = await startBotApi();
    const bot = { token: telegram.token, apiRoot: telegram.url, pollTimeoutMs: 1_000 };
    app = await testApp({ config: { ...sendingTo(sink.port), instance: { roles: ['http', 'engine', 'telegram'] }, telegram: bot } });
    coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
    await app.database.query('UPDATE contact SET priority = 9');
  });
  afterAll(async () => {
    await app.stop();
    await telegram.stop();
    await sink.stop();
  });

  it('gives us the chat by a link that works once, is told there, and by mail once the bot is blocked', async () => {
    const { rid } = coalition.people.osh;
    const owner = { coalitionId: DEFAULT_COALITION, purpose: 'responder', rid, channel: 'telegram', lang: 'ru', priority: 1 } as const;
    const token = await app.database.transaction((tx) => app.service.app.get(ContactLinks).create(tx, owner));
    const person = telegram.person();
    person.start(`${DESK_LINK_PREFIX}${token}`);
    await until('the chat is known', () => person.screen.includes('этот чат сообщит'), 25_000);
    const other = telegram.person();
    other.start(`${DESK_LINK_PREFIX}${token}`);
    await until('somebody else is refused', () => other.fromBot.length > 0, 25_000);
    expect((await app.database.query(`SELECT FROM contact WHERE channel = 'telegram' AND verified_at IS NOT NULL`)).rowCount).toBe(1);

    const alert = sealAlert(coalition);
    await submit(app.url, alert);
    await until('the chat is told', () => /Вас ждёт новое обращение/.test(person.screen), 25_000);

    telegram.fail('sendMessage', { kind: 'refuse', code: 403, description: 'Forbidden: bot was blocked by the user' }, 9);
    const second = sealAlert(coalition);
    await submit(app.url, second);
    await until('the mail is sent', async () => (await deliveriesOf(app.database, second.alertId)).some(({ channel, state }) => channel === 'email' && state === 'sent'), 25_000);
    expect((await app.database.query(`SELECT disabled_reason FROM contact WHERE channel = 'telegram'`)).rows).toEqual([{ disabled_reason: 'telegram-403' }]);
    expect(app.log.join('\n')).not.toContain(telegram.token);
  }, 90_000);
});

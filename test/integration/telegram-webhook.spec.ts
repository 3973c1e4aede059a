import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../e2e/support/service-process.js';
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

  it('takes updates from Telegram, and answers only when they are safe', async () => {
    const person = await world.joined();
    person.writes('called and passed on');
    await until('a responder can read it', async () => (await world.readBy('osh')).some(({ report }) => report?.answers.what === 'called and passed on'));
    await until('Telegram is told', () => world.telegram.state.updates.pending().length === 0);
    expect(world.telegram.calls.some(({ method }) => method === 'getUpdates')).toBe(false);
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
    const stranger = world.telegram.person({ languageCode: 'en' });
    stranger.writes('help me');
    await until('the truth', () => stranger.screen.includes('NOT sent') && stranger.screen.includes(publicUrl));
    expect((await world.app.database.query('SELECT FROM alert')).rowCount).toBe(1);
  });
});

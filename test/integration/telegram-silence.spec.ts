import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../support/ladder.js';
import { miniAppClient, type MiniAppClient } from '../support/mini-app-client.js';
import type { SealedPacket } from '../support/sealed-packet.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

// What the silence of somebody who planned a check-in is worth.
describe('the channel by which people answer', () => {
  let world: TelegramWorld;
  let app: MiniAppClient;

  beforeAll(async () => {
    world = await telegramWorld();
    app = miniAppClient(world);
  }, 60_000);
  afterAll(() => world.stop());

  const ring = ({ locator }: SealedPacket) =>
    world.app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1`, [Buffer.from(locator)]);
  const inStage = ({ locator }: SealedPacket, stage: string, reached: boolean) =>
    until(`it is ${stage}`, async () => {
      const { rowCount } = await world.app.database.query('SELECT FROM check_in WHERE locator = $1 AND stage = $2 AND asked_reached = $3', [Buffer.from(locator), stage, reached]);
      return rowCount === 1;
    });

  it('hears of Telegram with every poll, also when nobody writes', async () => {
    const since = new Date();
    const heard = await until('a poll that brings nothing counts', async () => {
      const { rows } = await world.app.database.query<{ heard_at: Date }>('SELECT heard_at FROM answer_channel WHERE heard_at > $1', [since]);
      return rows[0];
    });
    await until('and the next one again', async () => {
      const { rowCount } = await world.app.database.query('SELECT FROM answer_channel WHERE heard_at > $1', [heard.heard_at]);
      return rowCount === 1;
    });
  });

  it('takes silence for silence only while Telegram works', async () => {
    const person = await world.joined();
    const sealed = await app.schedule(person);
    for (const stage of ['reminded', 'asked'] as const) {
      await ring(sealed);
      await inStage(sealed, stage, stage === 'asked');
    }
    // The question has arrived; then the line goes, and the person could say nothing.
    world.telegram.down();
    await ring(sealed);
    await inStage(sealed, 'prompted', true);
    await world.app.database.query(`UPDATE answer_channel SET heard_at = now() - interval '3 minutes'`);
    await ring(sealed);
    await inStage(sealed, 'undelivered', true);
    expect(await app.wasSent(sealed)).toBe(false);
    world.telegram.up();
    await until('the question is there when Telegram is', () => person.fromBot.filter(({ text }) => text.includes('All well?')).length === 2);
    await inStage(sealed, 'asked', true);
    await until('the line is heard of again', async () => (await world.app.database.query(`SELECT FROM answer_channel WHERE heard_at > now() - interval '1 minute'`)).rowCount === 1);
    await ring(sealed);
    await inStage(sealed, 'prompted', true);
    await ring(sealed);
    await until('now silence sends it', () => app.wasSent(sealed));
  });
});

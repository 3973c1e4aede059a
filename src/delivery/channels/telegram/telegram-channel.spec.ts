import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startBotApi, type BotApiServer } from '../../../../test/support/bot-api/bot-api-server.js';
import type { TelegramPerson } from '../../../../test/support/bot-api/person.js';
import type { OutgoingMessage } from '../../channel.js';
import { MessageTexts } from '../../message-texts.js';
import { TelegramChannel } from './telegram-channel.js';

const desk = 'https://desk.example.org/desk';

describe('a line in a chat', () => {
  let telegram: BotApiServer;
  let person: TelegramPerson;
  let channel: TelegramChannel;
  const texts = new MessageTexts();

  beforeAll(async () => {
    telegram = await startBotApi();
    channel = telegramAt(telegram.url);
  });
  beforeEach(() => {
    telegram.state.faults.clear();
    person = telegram.person();
    person.start();
  });
  afterAll(() => telegram.stop());

  const telegramAt = (apiRoot: string, deskUrl = desk, token = telegram.token): TelegramChannel => new TelegramChannel({ token, apiRoot, sendTimeoutMs: 10_000 }, deskUrl, texts);
  const send = (more: Partial<OutgoingMessage> = {}, by = channel, signal = AbortSignal.timeout(10_000)) =>
    by.send({ deliveryId: '0c6f5a1e-8f0b-4b8f-9a59-7f6b2d3c4e5f', address: String(person.id), lang: 'uz', purpose: 'notify', severity: 2, pgpKey: null, tag: 'x', ...more }, { signal });

  it('is in the language of its reader, says nothing, and has one button that opens the desk', async () => {
    expect(await send()).toMatchObject({ kind: 'accepted', code: 'telegram-ok', providerMessageId: expect.stringMatching(/^\d+$/) });
    expect(person.screen).toBe('Sizni yangi murojaat kutmoqda. Iltimos, navbatchi sahifasini oching.');
    expect(telegram.calls.at(-1)?.parameters).toMatchObject({ reply_markup: { inline_keyboard: [[{ text: 'Navbatchi sahifasini ochish', url: desk }]] } });
  });

  it('writes the address out where Telegram would refuse a button', async () => {
    await send({ lang: 'en' }, telegramAt(telegram.url, 'http://localhost:8080/desk'));
    expect(person.screen).toBe('A new item is waiting for you. Please open the desk.\nhttp://localhost:8080/desk');
    expect(telegram.calls.at(-1)?.parameters).not.toHaveProperty('reply_markup');
  });

  it('to somebody who has blocked the bot, or whom Telegram does not know: never again', async () => {
    telegram.fail('sendMessage', { kind: 'refuse', code: 403, description: 'Forbidden: bot was blocked by the user' });
    expect(await send()).toEqual({ kind: 'refused', code: 'telegram-403', contactIsDead: true });
    expect(await send({ address: '99' })).toEqual({ kind: 'refused', code: 'telegram-400', contactIsDead: true });
    telegram.fail('sendMessage', { kind: 'refuse', code: 400, description: 'Bad Request: message text is empty' });
    expect(await send()).toEqual({ kind: 'refused', code: 'telegram-400', contactIsDead: false });
  });

  it('under a wrong token: tried again, because it is nobody\'s address that is wrong', async () => {
    expect(await send({}, telegramAt(telegram.url, desk, '7000000001:AAother'))).toMatchObject({ kind: 'retry', code: 'telegram-401', providerTrouble: true });
  });

  it('429 is obeyed to the second', async () => {
    telegram.fail('sendMessage', { kind: 'flood', retryAfterSeconds: 35 });
    expect(await send()).toEqual({ kind: 'rate_limited', code: 'telegram-429', retryAfterMs: 35_000 });
  });

  it('500 and the 502 page of a proxy are tried again', async () => {
    telegram.fail('sendMessage', { kind: 'refuse', code: 500, description: 'Internal Server Error' });
    expect(await send()).toEqual({ kind: 'retry', code: 'telegram-500', providerTrouble: true });
    telegram.fail('sendMessage', { kind: 'bad-gateway' });
    expect(await send()).toMatchObject({ kind: 'retry', providerTrouble: true });
  });

  it('a connection that is cut after the message was taken, and a time that is up: perhaps sent', async () => {
    telegram.fail('sendMessage', { kind: 'drop-after' });
    expect(await send()).toMatchObject({ kind: 'ambiguous' });
    expect(person.fromBot).toHaveLength(1);
    telegram.fail('sendMessage', { kind: 'slow', ms: 3_000 });
    expect(await send({}, channel, AbortSignal.timeout(500))).toMatchObject({ kind: 'ambiguous' });
  });

  it('nobody there: not sent', async () => {
    expect(await send({}, telegramAt('http://127.0.0.1:1'))).toEqual({ kind: 'retry', code: 'econnrefused', providerTrouble: true });
  });

  it('no code holds the token, the chat or a text of Telegram', async () => {
    const codes: string[] = [];
    for (const fault of [{ kind: 'drop-before' }, { kind: 'bad-gateway' }, { kind: 'refuse', code: 400, description: `Bad Request: ${person.id}` }] as const) {
      telegram.fail('sendMessage', fault);
      codes.push(JSON.stringify(await send()));
    }
    await expect(telegramAt('http://127.0.0.1:1').linkFor('x')).rejects.toThrow(/^Telegram does not say who the bot is \(econnrefused\)$/);
    expect(codes.join()).not.toMatch(new RegExp(`${telegram.token}|${person.id}|Bad Request|127\\.0\\.0\\.1`));
  });

  it('knows the link through which somebody makes their chat known', async () => {
    expect(await channel.linkFor('AAAAAAAAAAAAAAAAAAAAAA')).toBe(`https://t.me/${telegram.username}?start=desk-AAAAAAAAAAAAAAAAAAAAAA`);
  });
});

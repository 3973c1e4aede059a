import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Api, GrammyError, HttpError } from 'grammy';
import { startBotApi, type BotApiServer } from '../support/bot-api/bot-api-server.js';

// The server that the bot is tested against has to say no where Telegram does. The client is the one the bot uses.
describe('the Bot API of the tests', () => {
  let telegram: BotApiServer;
  let api: Api;

  beforeEach(async () => {
    telegram = await startBotApi();
    api = new Api(telegram.token, { apiRoot: telegram.url });
  });

  afterEach(() => telegram.stop());

  const refusal = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'no refusal',
      (error: unknown) => (error instanceof GrammyError ? `${error.error_code} ${error.description}` : String(error)),
    );
  const raw = (method: string, parameters: object): Promise<unknown> =>
    (api.raw as unknown as Record<string, (parameters: object) => Promise<unknown>>)[method]?.(parameters) ?? Promise.reject(new Error(method));

  it('knows its token, its methods and nothing else', async () => {
    await expect(api.getMe()).resolves.toMatchObject({ is_bot: true, username: telegram.username });
    expect(await refusal(raw('sendTelegram', {}))).toBe('404 Not Found');
    expect(await refusal(raw('toString', {}))).toBe('404 Not Found');
    const stranger = new Api(`${telegram.token}x`, { apiRoot: telegram.url });
    expect(await refusal(stranger.getMe())).toBe('401 Unauthorized');
  });

  it('gives an update until a higher offset confirms it, waits for the next, and ends an older poller', async () => {
    const person = telegram.person({ languageCode: 'ky' });
    person.start('token');
    const [first] = await api.getUpdates({ timeout: 5 });
    expect(first?.message).toMatchObject({ text: '/start token', from: { id: person.id, language_code: 'ky' } });
    const again = await api.getUpdates({});
    expect(again.map(({ update_id }) => update_id)).toEqual([first?.update_id]);

    const offset = (first?.update_id ?? 0) + 1;
    const waiting = api.getUpdates({ offset, timeout: 20 });
    setTimeout(() => person.writes('more'), 50);
    expect((await waiting)[0]?.message?.text).toBe('more');

    const older = refusal(api.getUpdates({ offset: offset + 1, timeout: 20 }));
    setTimeout(() => void api.getUpdates({ offset: offset + 1 }), 50);
    expect(await older).toMatch(/^409 Conflict: terminated by other getUpdates/);
  });

  it('forgets after a day what nobody fetched, and kinds that nobody wants', async () => {
    const person = telegram.person();
    await api.getUpdates({ allowed_updates: ['message'] });
    person.blocks();
    person.unblocks();
    person.writes('old');
    telegram.state.aheadMs = 25 * 3_600_000;
    person.writes('new');
    expect((await api.getUpdates({})).map(({ message }) => message?.text)).toEqual(['new']);
  });

  it('calls a webhook with its secret until it hears success, and refuses to be polled meanwhile', async () => {
    const heard: { headers: IncomingHttpHeaders; body: string }[] = [];
    const bot = createServer((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString()));
      request.on('end', () => {
        heard.push({ headers: request.headers, body });
        response.writeHead(heard.length === 1 ? 500 : 200).end();
      });
    }).listen(0, '127.0.0.1');
    await once(bot, 'listening');
    expect(await refusal(api.setWebhook('https://example.org', { secret_token: 'not allowed!' }))).toMatch(/^400 .*unallowed characters/);
    await api.setWebhook(`http://127.0.0.1:${(bot.address() as AddressInfo).port}/hook`, { secret_token: 'a-secret' });
    expect(await refusal(api.getUpdates({}))).toMatch(/^409 .*webhook is active/);
    telegram.person().writes('called');
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(heard.map(({ headers }) => headers['x-telegram-bot-api-secret-token'])).toEqual(['a-secret', 'a-secret']);
    expect(heard[0]?.body).toBe(heard[1]?.body);
    await api.deleteWebhook();
    await expect(api.getUpdates({})).resolves.toEqual([]);
    bot.closeAllConnections();
    bot.close();
  });

  it('refuses texts, markup and buttons as Telegram does', async () => {
    const { id } = telegram.person();
    expect(await refusal(api.sendMessage(1, 'x'))).toBe('400 Bad Request: chat not found');
    expect(await refusal(api.sendMessage(id, 'x'))).toBe("403 Forbidden: bot can't initiate conversation with a user");
    const person = telegram.person();
    person.start();
    const send = (text: string, other: object = {}): Promise<string> => refusal(api.sendMessage(person.id, text, other));
    expect(await send('')).toBe('400 Bad Request: message text is empty');
    expect(await send('x'.repeat(4097))).toBe('400 Bad Request: message is too long');
    expect(await send('x'.repeat(4096))).toBe('no refusal');
    expect(await send('a < b', { parse_mode: 'HTML' })).toMatch(/can't parse entities/);
    expect(await send('<b>open', { parse_mode: 'HTML' })).toMatch(/can't parse entities/);
    expect(await send('14.02', { parse_mode: 'MarkdownV2' })).toMatch(/reserved and must be escaped/);
    expect(await send('x', { parse_mode: 'Latex' })).toBe('400 Bad Request: unsupported parse_mode');
    const button = (more: object): object => ({ reply_markup: { inline_keyboard: [[{ text: 'b', ...more }]] } });
    expect(await send('x', button({ callback_data: 'ж'.repeat(33) }))).toBe('400 Bad Request: BUTTON_DATA_INVALID');
    expect(await send('x', button({ callback_data: 'd'.repeat(64) }))).toBe('no refusal');
    expect(await send('x', button({}))).toMatch(/Text buttons are unallowed/);
    expect(await send('x', button({ web_app: { url: 'http://example.org' } }))).toMatch(/Only HTTPS links are allowed/);
  });

  it('lets a bot change, pin and delete what it may, while it may', async () => {
    const person = telegram.person();
    const typed = person.writes('typed by the person');
    const sent = await api.sendMessage(person.id, 'first');
    expect(await refusal(api.editMessageText(person.id, sent.message_id, 'first'))).toMatch(/message is not modified/);
    expect(await refusal(api.editMessageText(person.id, typed.id, 'x'))).toBe("400 Bad Request: message can't be edited");
    expect(await refusal(api.editMessageText(person.id, 9, 'x'))).toBe('400 Bad Request: message to edit not found');
    await api.editMessageText(person.id, sent.message_id, 'second');
    await api.pinChatMessage(person.id, sent.message_id);
    expect(person.messages.find(({ pinned }) => pinned)?.text).toBe('second');
    await api.unpinChatMessage(person.id, sent.message_id);
    expect(await refusal(api.unpinChatMessage(person.id))).toMatch(/message to unpin not found/);
    await api.deleteMessage(person.id, typed.id);
    expect(await refusal(api.deleteMessage(person.id, typed.id))).toMatch(/message to delete not found/);
    telegram.state.aheadMs = 49 * 3_600_000;
    expect(await refusal(api.deleteMessage(person.id, sent.message_id))).toBe("400 Bad Request: message can't be deleted for everyone");
    await api.deleteMessages(person.id, [sent.message_id, 9]);
    expect(person.fromBot.map(({ text }) => text)).toContain('second');
  });

  it('takes one answer to a callback, in time, from a button or from a client that makes it up', async () => {
    const person = telegram.person();
    person.start();
    await api.sendMessage(person.id, 'press', { reply_markup: { inline_keyboard: [[{ text: 'Go', callback_data: 'go:1' }]] } });
    const id = person.presses('Go');
    const query = (await api.getUpdates({})).at(-1)?.callback_query;
    expect(query).toMatchObject({ id, data: 'go:1', from: { id: person.id }, message: { text: 'press' } });
    expect(await refusal(api.answerCallbackQuery(id, { text: 'x'.repeat(201) }))).toMatch(/MESSAGE_TOO_LONG/);
    await api.answerCallbackQuery(id);
    expect(await refusal(api.answerCallbackQuery(id))).toMatch(/query is too old/);
    const late = person.presses('Go');
    telegram.state.aheadMs = 3_600_000;
    expect(await refusal(api.answerCallbackQuery(late))).toMatch(/query is too old/);
    expect(() => person.presses('Stop')).toThrow('no button Stop');
  });

  it('gives out files, but none above 20 MB', async () => {
    const person = telegram.person();
    person.sendsFile('photo', { bytes: Buffer.from('picture'), caption: 'here' });
    person.sendsFile('video', { bytes: Buffer.from('film'), reportedSize: 20_000_001, type: 'video/mp4' });
    const [photo, video] = await api.getUpdates({});
    const file = await api.getFile(photo?.message?.photo?.at(-1)?.file_id ?? '');
    const bytes = await fetch(`${telegram.url}/file/bot${telegram.token}/${file.file_path}`).then((answer) => answer.text());
    expect(bytes).toBe('picture');
    expect(await refusal(api.getFile(video?.message?.video?.file_id ?? ''))).toBe('400 Bad Request: file is too big');
    expect(await refusal(api.getFile('none'))).toMatch(/wrong file_id/);
  });

  it('shows the faults of the road: floods, bad gateways, connections that end before or after the effect', async () => {
    const person = telegram.person();
    person.start();
    telegram.fail('sendMessage', { kind: 'flood', retryAfterSeconds: 7 });
    const flood = await api.sendMessage(person.id, 'x').catch((error: unknown) => error as GrammyError);
    expect(flood).toMatchObject({ error_code: 429, parameters: { retry_after: 7 } });
    for (const kind of ['bad-gateway', 'drop-before', 'drop-after'] as const) {
      telegram.fail('sendMessage', { kind });
      await expect(api.sendMessage(person.id, kind)).rejects.toBeInstanceOf(HttpError);
    }
    expect(person.fromBot.map(({ text }) => text)).toEqual(['drop-after']);
    telegram.down();
    await expect(api.getMe()).rejects.toBeInstanceOf(HttpError);
    telegram.up();
    person.blocks();
    expect(await refusal(api.sendMessage(person.id, 'x'))).toBe('403 Forbidden: bot was blocked by the user');
    expect(telegram.calls.filter(({ method }) => method === 'sendMessage').map(({ outcome }) => outcome)).toEqual([429, 502, 'dropped-before', 'dropped-after', 403]);
  });
});

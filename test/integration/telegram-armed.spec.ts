import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES, toBase64url } from '@jardam/protocol';
import { BotTexts } from '../../src/telegram/texts.js';
import type { TelegramPerson } from '../support/bot-api/person.js';
import { nextRoster } from '../support/coalition.js';
import { until } from '../support/ladder.js';
import { sealPacket, type SealedPacket } from '../support/sealed-packet.js';
import { publishRoster } from '../support/stored-coalition.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

// Sealed on the phone, armed through the Mini App's endpoints, pressed in the chat.
describe('what was sealed beforehand', () => {
  let world: TelegramWorld;
  const texts = new BotTexts();

  beforeAll(async () => {
    world = await telegramWorld();
  }, 60_000);
  afterAll(() => world.stop());

  /** As Telegram signs it for a Mini App that this account opened. */
  const initData = (userId: number, at = Date.now(), token = world.telegram.token): string => {
    const fields = { auth_date: String(Math.floor(at / 1_000)), user: JSON.stringify({ id: userId, first_name: 'Person' }) };
    const text = `auth_date=${fields.auth_date}\nuser=${fields.user}`;
    const key = createHmac('sha256', 'WebAppData').update(token).digest();
    return new URLSearchParams({ ...fields, hash: createHmac('sha256', key).update(text).digest('hex') }).toString();
  };
  const ask = async (who: string, method: string, path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> => {
    const answer = await fetch(`${world.app.url}/api/v1/telegram/${path}`, {
      method,
      headers: { authorization: `tma ${who}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  };
  const arm = async (person: TelegramPerson, countdownSeconds: number | null, lang: (typeof LANGUAGES)[number] = 'en'): Promise<SealedPacket> => {
    const sealed = sealPacket(world.coalition);
    const body = { packet: toBase64url(sealed.packet), releaseSecret: toBase64url(sealed.releaseSecret), countdownSeconds };
    expect(await ask(initData(person.id), 'PUT', 'armed', body)).toMatchObject({ status: 200, json: { locator: toBase64url(sealed.locator) } });
    const locator = toBase64url(sealed.locator);
    await until('the button is pinned', () =>
      person.fromBot.some(({ pinned, text, keyboard }) => pinned && text === texts.in(lang)('telegram.armed-text') && keyboard[0]?.[0]?.callback_data?.includes(locator) === true),
    );
    return sealed;
  };
  const wasSent = async ({ alertId }: SealedPacket): Promise<boolean> =>
    (await world.app.database.query('SELECT FROM alert WHERE alert_id = $1', [Buffer.from(alertId)])).rowCount === 1;

  it.each(LANGUAGES)('arms, counts down, cancels, and sends by a second press, in %s', async (lang) => {
    const say = texts.in(lang);
    const person = await world.joined(lang);
    const sealed = await arm(person, 30, lang);
    const kept = await world.app.database.query('SELECT secret_sealed FROM armed_packet WHERE locator = $1', [Buffer.from(sealed.locator)]);
    expect(kept.rows).toEqual([{ secret_sealed: null }]);

    person.presses(say('telegram.armed-button'));
    await until('the countdown', () => person.screen.includes(say('telegram.countdown', { time: '' }).slice(-12)));
    person.presses(say('telegram.cancel'));
    await until('the button is back', () => person.fromBot.some(({ pinned, text }) => pinned && text === say('telegram.armed-text')));
    expect(await wasSent(sealed)).toBe(false);

    person.presses(say('telegram.armed-button'));
    person.presses(say('telegram.armed-button'));
    await until('the countdown again', () => person.fromBot.some(({ keyboard }) => keyboard.flat().some(({ text }) => text === say('telegram.send-now'))));
    person.presses(say('telegram.send-now'));
    person.presses(say('telegram.send-now'));
    await until('the button has become the status', () => new RegExp(say('telegram.received', { time: '\\d\\d:\\d\\d' })).test(person.screen));
    expect(await wasSent(sealed)).toBe(true);
    expect(person.fromBot.some(({ pinned }) => pinned)).toBe(false);
    expect(person.screen).not.toContain(say('telegram.honest'));
  });

  it('sends by itself when nothing is pressed for the time of the countdown, also a packet that has expired', async () => {
    const person = await world.joined();
    const sealed = await arm(person, 1);
    await world.app.database.query(`UPDATE armed_packet SET armed_at = armed_at - interval '31 days', expires_at = now() - interval '1 day' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
    person.presses('Open');
    await until('it is sent', () => wasSent(sealed));
    await until('the status', () => /Received \d\d:\d\d/.test(person.screen));
  });

  it('answers neither another account nor a button that was replaced', async () => {
    const [person, thief] = [await world.joined(), await world.joined()];
    const first = await arm(person, 0);
    const message = person.fromBot.find(({ pinned }) => pinned);
    const data = message?.keyboard.flat()[0]?.callback_data ?? '';
    const theirs = thief.fromBot[0];
    if (theirs === undefined) throw new Error('the other account has no message to press below');
    const query = thief.pressesData(data, theirs);
    const answer = await until('the press is answered', () => world.telegram.calls.find(({ method, parameters }) => method === 'answerCallbackQuery' && parameters.callback_query_id === query));
    expect(answer.parameters.text).toBe('This button no longer works.');
    expect(await wasSent(first)).toBe(false);

    const second = await arm(person, 0);
    await until('one button is left', () => person.fromBot.filter(({ pinned }) => pinned).length === 1);
    person.presses('Open');
    await until('the new one is sent', () => wasSent(second));
    expect(await wasSent(first)).toBe(false);
  });

  it('asks at the time of a check-in and takes the answer; help sends at once', async () => {
    const person = await world.joined();
    const sealed = sealPacket(world.coalition);
    const body = {
      packet: toBase64url(sealed.packet),
      releaseSecret: toBase64url(sealed.releaseSecret),
      dueAt: new Date(Date.now() + 7_200_000).toISOString(),
      graceMinutes: 20,
      repeat: 'none',
    };
    expect(await ask(initData(person.id), 'POST', 'check-ins', body)).toMatchObject({ status: 201 });
    expect(await ask(initData(person.id), 'GET', 'me')).toMatchObject({ json: { checkIns: [{ stage: 'scheduled', graceMinutes: 20 }] } });
    const ring = () => world.app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
    await ring();
    await until('the reminder', () => person.screen.includes('A reminder'));
    person.presses('Help now');
    await until('it is sent', () => wasSent(sealed));
  });

  it('shows the Mini App nothing without data that Telegram signed for this bot, just now, for somebody who joined', async () => {
    const person = await world.joined();
    const stranger = world.telegram.person();
    expect(await ask('', 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'not-telegram' } });
    expect(await ask(initData(person.id, Date.now(), `${world.telegram.token}x`), 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'not-telegram' } });
    expect(await ask(initData(person.id, Date.now() - 7_200_000), 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'expired' } });
    expect(await ask(initData(stranger.id), 'GET', 'me')).toMatchObject({ status: 403, json: { code: 'not-joined' } });
    expect(await ask(initData(person.id), 'PUT', 'armed', { packet: '!', releaseSecret: '', countdownSeconds: 5 })).toMatchObject({ status: 400, json: { code: 'bad-body', detail: 'packet: base64url' } });
    expect(await ask(initData(person.id), 'DELETE', 'check-ins/AAAAAAAAAAAAAAAA')).toMatchObject({ status: 404 });
  });

  it('is gone with the account after /stop', async () => {
    const person = await world.joined();
    await arm(person, 10);
    person.writes('/stop');
    await until('the farewell', () => person.screen.includes('You have left'));
    await until('the button is gone', () => !person.screen.includes('My list'));
    expect(await ask(initData(person.id), 'GET', 'me')).toMatchObject({ status: 403 });
  });

  it('asks neutrally to arm again when people have changed', async () => {
    const person = await world.joined();
    const { locator } = await arm(person, 10);
    const roster = nextRoster(world.coalition, (body) => ({ responders: body.responders.filter(({ role }) => role !== 'newcomer') }));
    await world.app.database.transaction((tx) => publishRoster(tx, world.app.database, world.coalition, roster));
    // What the packets' own housekeeping writes when it finds them older than the roster.
    await world.app.database.query(
      `INSERT INTO armed_notice (coalition_id, owner, locator, what) SELECT coalition_id, owner, locator, 'arm_again' FROM armed_packet WHERE locator = $1`,
      [Buffer.from(locator)],
    );
    await until('the request', () => person.screen.includes('Your list is out of date'));
    expect(person.fromBot.at(-1)?.text).not.toMatch(/responder|alert|button|roster|human/i);
  });
});

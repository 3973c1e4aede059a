import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES, toBase64url } from '@jardam/protocol';
import { ArmedHousekeeping } from '../../src/intake/armed/housekeeping.js';
import { BotTexts, type Say } from '../../src/telegram/texts.js';
import type { TelegramPerson } from '../support/bot-api/person.js';
import { findCanaries } from '../e2e/support/canaries.js';
import type { World } from '../e2e/support/world.js';
import { nextRoster } from '../support/coalition.js';
import { inEveryLanguage, receivedLine } from '../support/every-language.js';
import { until } from '../support/ladder.js';
import { startMailSink, type MailSink } from '../support/mail-sink.js';
import { miniAppClient, type MiniAppClient } from '../support/mini-app-client.js';
import type { PacketOptions, SealedPacket } from '../support/sealed-packet.js';
import { DUTY_DESK_ADDRESS, publishRoster } from '../support/stored-coalition.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

// Sealed on the phone, armed through the Mini App's endpoints, pressed in the chat.
describe('what was sealed beforehand', () => {
  let world: TelegramWorld;
  let app: MiniAppClient;
  let mail: MailSink;
  /** Of people who changed meanwhile. */
  let roster: TelegramWorld['coalition']['roster'] | undefined;
  const texts = new BotTexts();
  /** Begins all that is sealed in these stories; must be nowhere but with the responders. */
  const marker = `жасмин-${randomUUID()}`;

  beforeAll(async () => {
    mail = await startMailSink();
    world = await telegramWorld({ mail: { host: '127.0.0.1', port: mail.port, security: 'none', from: 'notice@example.org' } });
    app = miniAppClient(world);
  }, 60_000);
  afterAll(async () => {
    await world.stop();
    await mail.stop();
  });

  const packet = (): PacketOptions => ({ what: marker, ...(roster === undefined ? {} : { roster }) });
  const arm = async (person: TelegramPerson, countdownSeconds: number | null, lang: (typeof LANGUAGES)[number] = 'en'): Promise<SealedPacket> => {
    const sealed = await app.arm(person, countdownSeconds, packet());
    const locator = toBase64url(sealed.locator);
    await until('the button is pinned', () =>
      person.fromBot.some(({ pinned, text, keyboard }) => pinned && text === texts.in(lang)('telegram.armed-text') && keyboard[0]?.[0]?.callback_data?.includes(locator) === true),
    );
    return sealed;
  };
  const wasSent = (sealed: SealedPacket): Promise<boolean> => app.wasSent(sealed);

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

  it('sends by itself when nothing is pressed for the time of the countdown, also a packet that has expired', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const sealed = await arm(person, 1, lang);
      await world.app.database.query(`UPDATE armed_packet SET armed_at = armed_at - interval '31 days', expires_at = now() - interval '1 day' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
      person.presses(say('telegram.armed-button'));
      await until('it is sent', () => wasSent(sealed));
      await until('the status', () => receivedLine(say).test(person.screen));
    }));

  it('answers neither another account nor a button that was replaced', () =>
    inEveryLanguage(async (lang, say) => {
      const [person, thief] = [await world.joined(lang), await world.joined(lang)];
      const first = await arm(person, 0, lang);
      const message = person.fromBot.find(({ pinned }) => pinned);
      const data = message?.keyboard.flat()[0]?.callback_data ?? '';
      const theirs = thief.fromBot[0];
      if (theirs === undefined) throw new Error('the other account has no message to press below');
      const query = thief.pressesData(data, theirs);
      const answer = await until('the press is answered', () => world.telegram.calls.find(({ method, parameters }) => method === 'answerCallbackQuery' && parameters.callback_query_id === query));
      expect(answer.parameters.text).toBe(say('telegram.too-old'));
      expect(await wasSent(first)).toBe(false);

      const second = await arm(person, 0, lang);
      await until('one button is left', () => person.fromBot.filter(({ pinned }) => pinned).length === 1);
      // Pressed twice, as people do who are afraid: one alert.
      person.presses(say('telegram.armed-button'));
      person.presses(say('telegram.armed-button'));
      await until('the new one is sent', () => wasSent(second));
      expect(await wasSent(first)).toBe(false);
      await until('the status', () => receivedLine(say).test(person.screen));
    }));

  describe('whose button was sent without an answer from Telegram', () => {
    const twice = (person: TelegramPerson, say: Say): void =>
      world.telegram.fail('sendMessage', { kind: 'drop-after' }, 1, ({ chat_id: chat, text }) => String(chat) === String(person.id) && text === say('telegram.armed-text'));
    const withKeys = (person: TelegramPerson, label: string) => person.fromBot.filter(({ keyboard }) => keyboard.flat().some(({ text }) => text === label));

    it('is sent by the first of two buttons, which becomes the status; the other goes', () =>
      inEveryLanguage(async (lang, say) => {
        const person = await world.joined(lang);
        twice(person, say);
        const sealed = await arm(person, 30, lang);
        const [first] = withKeys(person, say('telegram.armed-button'));
        if (first === undefined) throw new Error('there is no button');
        expect(first.pinned).toBe(false);
        person.pressesData(first.keyboard[0]?.[0]?.callback_data ?? '', first);
        await until('the countdown', () => withKeys(person, say('telegram.send-now')).length === 1);
        await until('the other button is gone', () => withKeys(person, say('telegram.armed-button')).length === 0);
        await until('what was pressed is pinned', () => first.pinned);
        person.presses(say('telegram.send-now'));
        await until('the status', () => receivedLine(say).test(first.text));
        expect(await wasSent(sealed)).toBe(true);
        await until('nothing is pinned', () => !person.fromBot.some(({ pinned }) => pinned));
        expect(withKeys(person, say('telegram.send-now'))).toEqual([]);
      }));

    it('is sent by a press that is quicker than the second try, and no button is left', () =>
      inEveryLanguage(async (lang, say) => {
        const person = await world.joined(lang);
        twice(person, say);
        const sealed = await app.arm(person, 0, packet());
        await until('the button', () => withKeys(person, say('telegram.armed-button')).length > 0);
        person.presses(say('telegram.armed-button'));
        await until('it is sent', () => wasSent(sealed));
        await until('the status', () => receivedLine(say).test(person.screen));
        await until('no button is left, and nothing is pinned', () => withKeys(person, say('telegram.armed-button')).length === 0 && !person.fromBot.some(({ pinned }) => pinned));
      }));
  });

  describe('a check-in', () => {
    const schedule = async (person: TelegramPerson): Promise<SealedPacket> => {
      const sealed = await app.schedule(person, packet());
      expect(await app.ask(app.initData(person.id), 'GET', 'me')).toMatchObject({ json: { checkIns: [{ stage: 'scheduled', graceMinutes: 20 }] } });
      return sealed;
    };
    const stageOf = async ({ locator }: SealedPacket): Promise<string | undefined> =>
      (await world.app.database.query<{ stage: string }>('SELECT stage FROM check_in WHERE locator = $1', [Buffer.from(locator)])).rows[0]?.stage;
    /** Its clock rings, until it has come to this stage. */
    const ringTo = async (sealed: SealedPacket, wanted: string): Promise<void> => {
      const before = await stageOf(sealed);
      await world.app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
      await until(`after ${before ?? 'nothing'} it is ${wanted}`, async () => (await stageOf(sealed)) === wanted);
    };

    it('is asked for at its time; OK ends it, help sends at once', () =>
      inEveryLanguage(async (lang, say) => {
        const person = await world.joined(lang);
        const well = await schedule(person);
        await ringTo(well, 'reminded');
        await until('the reminder', () => person.screen.includes(say('telegram.check-in-reminder').split('{time}')[0] ?? ''));
        await ringTo(well, 'asked');
        await until('the question', () => person.fromBot.filter(({ keyboard }) => keyboard.flat().some(({ text }) => text === say('telegram.check-in-ok'))).length === 2);
        person.presses(say('telegram.check-in-ok'));
        await until('it is noted', () => person.screen.includes(say('telegram.check-in-thanks')));
        expect(await stageOf(well)).toBeUndefined();
        expect(await wasSent(well)).toBe(false);

        const helpless = await schedule(person);
        await ringTo(helpless, 'reminded');
        const asks = (data: string | undefined): boolean => data === `h${toBase64url(helpless.locator)}`;
        await until('the reminder of the other', () => person.fromBot.some(({ keyboard }) => keyboard.flat().some(({ callback_data: data }) => asks(data))));
        person.presses(say('telegram.check-in-help'));
        await until('it is sent', () => wasSent(helpless));
      }));

    it('is put off by half an hour with one press', () =>
      inEveryLanguage(async (lang, say) => {
        const person = await world.joined(lang);
        const sealed = await schedule(person);
        const deadline = async (): Promise<number> =>
          (await world.app.database.query<{ at: Date }>('SELECT deadline_at AS at FROM check_in WHERE locator = $1', [Buffer.from(sealed.locator)])).rows[0]?.at.getTime() ?? 0;
        const before = await deadline();
        await ringTo(sealed, 'reminded');
        await until('the reminder', () => person.fromBot.some(({ keyboard }) => keyboard.flat().some(({ text }) => text === say('telegram.check-in-later'))));
        person.presses(say('telegram.check-in-later'));
        await until('it is later', async () => (await deadline()) === before + 30 * 60_000);
        expect(await wasSent(sealed)).toBe(false);
      }));

    it('that did not reach its owner is no silence: nobody is alarmed, the desk is told, and a person decides', async () => {
      const sealed: SealedPacket[] = [];
      await inEveryLanguage(async (lang, say) => {
        // Two ways not to be reached: the bot is blocked (403), and Telegram is in trouble (5xx).
        const [blocking, unlucky] = [await world.joined(lang), await world.joined(lang)];
        const [first, second] = [await schedule(blocking), await schedule(unlucky)];
        sealed.push(first, second);
        blocking.blocks();
        world.telegram.fail('sendMessage', { kind: 'bad-gateway' }, 1_000, ({ chat_id: chat }) => Number(chat) === unlucky.id);
        for (const stage of ['reminded', 'asked', 'prompted', 'undelivered']) for (const each of [first, second]) await ringTo(each, stage);
        expect([await wasSent(first), await wasSent(second)]).toEqual([false, false]);
        expect(unlucky.screen).not.toContain(say('telegram.check-in-ok'));
      });
      // Twice, because the first call may join a round that began before.
      for (let round = 0; round < 2; round++) await world.app.service.app.get(ArmedHousekeeping).run();
      const told = await world.app.database.query('SELECT FROM check_in WHERE stage = $1 AND desk_told_at IS NOT NULL AND locator = ANY ($2::bytea[])', [
        'undelivered',
        sealed.map(({ locator }) => Buffer.from(locator)),
      ]);
      expect(told.rowCount).toBe(sealed.length);
      // All of them in as few messages as there are rounds of housekeeping; none says whom it is about.
      const toDesk = mail.mails.filter(({ to }) => to === DUTY_DESK_ADDRESS);
      expect(toDesk.length).toBeGreaterThan(0);
      expect(toDesk.length).toBeLessThan(sealed.length);
      // Telegram is well again: the question arrives, and the whole grace begins anew.
      world.telegram.state.faults.clear();
      const unlucky = sealed.filter((_each, at) => at % 2 === 1);
      await world.app.database.query('UPDATE telegram_job SET next_at = now() WHERE lease_until IS NULL');
      for (const each of unlucky) await until('they are asked after all', async () => (await stageOf(each)) === 'asked', 40_000);
      for (const each of sealed) expect(await wasSent(each)).toBe(false);
    });
  });

  it('shows the Mini App nothing without data that Telegram signed for this bot, just now, for somebody who joined', async () => {
    const person = await world.joined();
    const stranger = world.telegram.person();
    expect(await app.ask('', 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'not-telegram' } });
    expect(await app.ask(app.initData(person.id, Date.now(), `${world.telegram.token}x`), 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'not-telegram' } });
    expect(await app.ask(app.initData(person.id, Date.now() - 7_200_000), 'GET', 'me')).toMatchObject({ status: 401, json: { code: 'expired' } });
    expect(await app.ask(app.initData(stranger.id), 'GET', 'me')).toMatchObject({ status: 403, json: { code: 'not-joined' } });
    expect(await app.ask(app.initData(person.id), 'PUT', 'armed', { packet: '!', releaseSecret: '', countdownSeconds: 5 })).toMatchObject({ status: 400, json: { code: 'bad-body', detail: 'packet: base64url' } });
    expect(await app.ask(app.initData(person.id), 'DELETE', 'check-ins/AAAAAAAAAAAAAAAA')).toMatchObject({ status: 404 });
  });

  it('is gone with the account after /stop', async () => {
    const person = await world.joined();
    await arm(person, 10);
    person.writes('/stop');
    await until('the farewell', () => person.screen.includes('You have left'));
    await until('the button is gone', () => !person.screen.includes('My list'));
    expect(await app.ask(app.initData(person.id), 'GET', 'me')).toMatchObject({ status: 403 });
  });

  it('asks neutrally, once and in their language, to arm again when people have changed; the old button still works', async () => {
    const armed = await Promise.all(
      LANGUAGES.map(async (lang) => {
        const person = await world.joined(lang);
        return { lang, person, sealed: await arm(person, 0, lang) };
      }),
    );
    const changed = nextRoster(world.coalition, (body) => ({ responders: body.responders.filter(({ role }) => role !== 'newcomer') }));
    await world.app.database.transaction((tx) => publishRoster(tx, world.app.database, world.coalition, changed));
    roster = changed;
    for (let round = 0; round < 2; round++) await world.app.service.app.get(ArmedHousekeeping).run();
    await inEveryLanguage(async (lang, say) => {
      const { person, sealed } = armed.find((each) => each.lang === lang) ?? {};
      if (person === undefined || sealed === undefined) throw new Error('nobody has armed');
      await until('the request', () => person.screen.includes(say('telegram.arm-again')));
      expect(person.fromBot.filter(({ text }) => text === say('telegram.arm-again'))).toHaveLength(1);
      person.presses(say('telegram.armed-button'));
      await until('it is sent', () => wasSent(sealed));
      await until('the status', () => receivedLine(say).test(person.screen));
    });
    expect(texts.in('en')('telegram.arm-again')).not.toMatch(/responder|alert|button|roster|human/i);
  });

  it('has left nothing readable: database, WAL, log and the bot’s own messages', async () => {
    const person = await world.joined();
    const { releaseSecret } = await arm(person, 10);
    const look = { databaseUrl: world.app.databaseUrl, service: () => ({ log: world.app.log }), mail } as unknown as World;
    const personal = [String(person.id), world.telegram.token, world.telegram.token.split(':')[1] ?? ''];
    // Armed and not pressed: the secret is in the chat's button alone.
    expect(await findCanaries(look, [marker, toBase64url(releaseSecret), ...personal])).toEqual([]);
    const said = JSON.stringify(world.telegram.calls.filter(({ method }) => method !== 'getUpdates').map(({ parameters }) => parameters));
    expect(said).toContain(toBase64url(releaseSecret));
    expect(said).not.toContain(marker);
  });
});

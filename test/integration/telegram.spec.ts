import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES } from '@jardam/protocol';
import { BotTexts } from '../../src/telegram/texts.js';
import { until } from '../support/ladder.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

// People with nothing but Telegram, against a server that says no where Telegram does.
describe('the bot', () => {
  let world: TelegramWorld;
  const texts = new BotTexts();

  beforeAll(async () => {
    world = await telegramWorld();
  }, 60_000);

  afterAll(() => world.stop());

  it.each(LANGUAGES)('lets somebody join with a token that works once, in %s', async (lang) => {
    const say = texts.in(lang);
    const token = await world.invite();
    const person = world.telegram.person({ languageCode: lang });
    person.start(token);
    await until('the welcome', () => person.screen.includes(say('telegram.welcome')));
    await until('the token is out of the chat', () => person.own.length === 0);
    expect(person.screen).toContain(say('telegram.doorbell'));

    const other = world.telegram.person({ languageCode: lang });
    other.start(token);
    await until('a used token is refused', () => other.screen.includes(say('telegram.token-refused')));
    const expired = await world.invite(-1);
    const late = world.telegram.person({ languageCode: lang });
    late.writes(expired);
    await until('an expired one is refused in the same words', () => late.screen === say('telegram.token-refused'));
    const guesser = world.telegram.person({ languageCode: lang });
    guesser.start('A'.repeat(32));
    await until('a wrong one, too', () => guesser.screen === say('telegram.token-refused'));
    await until('none of the tokens stays in a chat', () => other.own.length + late.own.length + guesser.own.length === 0);
  });

  it.each(LANGUAGES)('passes on what somebody types in an emergency, and says honestly what happened, in %s', async (lang) => {
    const say = texts.in(lang);
    const person = await world.joined(lang);
    person.writes(`они ломают дверь ${lang}`);
    const status = await until('the status', () => person.fromBot.find(({ text }) => text.includes(say('telegram.honest'))));
    expect(status.text).toMatch(new RegExp(say('telegram.received', { time: '\\d\\d:\\d\\d' })));
    expect(status.text).toContain(say('telegram.not-opened'));
    expect(person.own).toEqual([]);

    const [message] = (await world.readBy('osh')).filter(({ report }) => report?.answers.what === `они ломают дверь ${lang}`);
    expect(message?.report).toMatchObject({ t: 'panic', severity: 'S1', lang, via: 'telegram', consents: { abroad: false, eu: false } });

    person.presses(say('telegram.end'));
    await until('the question', () => person.screen.includes(say('telegram.end-question')));
    person.presses(say('telegram.end-yes'));
    await until('the wish is passed on', () => person.screen.includes(say('telegram.asked-to-stop')));
    const wish = (await world.readBy('osh')).find((each) => each.alertId === message?.alertId && each.standDown !== undefined);
    expect(wish?.standDown).toMatchObject({ reason: 'safe' });
  });
});

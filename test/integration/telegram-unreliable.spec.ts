import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { toBase64url } from '@jardam/protocol';
import type { Fault } from '../support/bot-api/faults.js';
import type { TelegramPerson } from '../support/bot-api/person.js';
import { inEveryLanguage, receivedLine } from '../support/every-language.js';
import { until } from '../support/ladder.js';
import { miniAppClient, type MiniAppClient } from '../support/mini-app-client.js';
import type { SealedPacket } from '../support/sealed-packet.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';
import { anySeed, Draw } from '../simulation/draw.js';

type Happened = () => Promise<boolean> | boolean;

const patienceMs = 120_000;
const faults: readonly Fault[] = [{ kind: 'drop-after' }, { kind: 'drop-after' }, { kind: 'drop-before' }, { kind: 'bad-gateway' }, { kind: 'flood', retryAfterSeconds: 1 }];

// Of ten calls some three are lost before or after they take effect, or refused for now, whatever the bot asks.
describe('a Telegram that cannot be relied on', () => {
  let world: TelegramWorld;
  let app: MiniAppClient;
  const seed = Number(process.env.JARDAM_TEST_SEED ?? anySeed());
  const draw = new Draw(seed);

  beforeAll(async () => {
    world = await telegramWorld();
    app = miniAppClient(world);
    process.stdout.write(`faults of Telegram: seed ${seed} (JARDAM_TEST_SEED repeats their order)\n`);
    for (const fault of faults) world.telegram.fail('*', fault, Number.POSITIVE_INFINITY, () => draw.oneIn(3 * faults.length));
  }, 60_000);
  afterAll(() => world.stop());

  const eventually = (what: string, happened: Happened): Promise<boolean> => until(what, happened, patienceMs);
  const copies = (person: TelegramPerson, label: string) => person.fromBot.filter(({ keyboard }) => keyboard.flat().some(({ text }) => text === label));
  /** Presses any copy of it, as somebody does who waits: again, as long as it is there and nothing has happened. */
  const pressUntil = (person: TelegramPerson, label: string, what: string, happened: Happened): Promise<boolean> => {
    let pressedAt = 0;
    return eventually(what, async () => {
      if (await happened()) return true;
      const there = copies(person, label);
      if (there.length === 0 || Date.now() - pressedAt < 3_000) return false;
      pressedAt = Date.now();
      const message = draw.pick(there);
      person.pressesData(message.keyboard.flat().find(({ text }) => text === label)?.callback_data ?? '', message);
      return false;
    });
  };

  const writesAndStops = (): Promise<void> =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const text = `через поле ${lang}`;
      person.writes(text);
      person.sendsFile('document', { bytes: Buffer.from('%PDF-1.4'), type: 'application/pdf', name: 'x.pdf' });
      await eventually('the status', () => receivedLine(say).test(person.screen));
      await eventually('the chat is clean', () => person.own.length === 0);
      await pressUntil(person, say('telegram.end'), 'the question', () => person.screen.includes(say('telegram.end-question')));
      await pressUntil(person, say('telegram.end-yes'), 'the wish is passed on', () => person.screen.includes(say('telegram.asked-to-stop')));
      const all = await world.readBy('osh');
      const reports = all.filter(({ report }) => report?.answers.what === text);
      expect(reports).toHaveLength(1);
      const about = all.filter(({ alertId }) => alertId === reports[0]?.alertId);
      expect(about.flatMap(({ files }) => files)).toHaveLength(1);
      expect(about.filter(({ standDown }) => standDown !== undefined)).toHaveLength(1);
    });

  const armsAndPresses = (): Promise<void> =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const sealed = await app.arm(person, null);
      await pressUntil(person, say('telegram.armed-button'), 'the second button', () => copies(person, say('telegram.send-now')).length > 0);
      await pressUntil(person, say('telegram.send-now'), 'it is sent', () => app.wasSent(sealed));
      await eventually('the status', () => receivedLine(say).test(person.screen));
      await eventually('nothing is pinned', () => !person.fromBot.some(({ pinned }) => pinned));
    });

  const answersACheckIn = (): Promise<void> =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const sealed = await app.schedule(person);
      const stageOf = async ({ locator }: SealedPacket): Promise<string | undefined> =>
        (await world.app.database.query<{ stage: string }>('SELECT stage FROM check_in WHERE locator = $1', [Buffer.from(locator)])).rows[0]?.stage;
      for (const stage of ['reminded', 'asked']) {
        await world.app.database.query(`UPDATE armed_packet SET due_at = now() - interval '1 second' WHERE locator = $1`, [Buffer.from(sealed.locator)]);
        await eventually(stage, async () => (await stageOf(sealed)) === stage);
      }
      const asks = `o${toBase64url(sealed.locator)}`;
      await eventually('the question', () => person.fromBot.some(({ keyboard }) => keyboard.flat().some(({ callback_data: data }) => data === asks)));
      await pressUntil(person, say('telegram.check-in-ok'), 'it is over', async () => (await stageOf(sealed)) === undefined);
      await eventually('it is noted', () => person.screen.includes(say('telegram.check-in-thanks')));
      expect(await app.wasSent(sealed)).toBe(false);
    });

  it('still passes everything on, once; sends by whichever button; asks, and takes an answer for an answer', async () => {
    await Promise.all([writesAndStops(), armsAndPresses(), answersACheckIn()]);
    expect(world.telegram.calls.filter(({ outcome }) => outcome === 'dropped-after').length).toBeGreaterThan(10);
  }, 3 * patienceMs);
});

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES, type Language } from '@jardam/protocol';
import { ChatSecrets } from '../../src/telegram/secrets.js';
import { BotTexts, type Say } from '../../src/telegram/texts.js';
import type { Fault } from '../support/bot-api/faults.js';
import type { TelegramPerson } from '../support/bot-api/person.js';
import { inEveryLanguage, receivedLine } from '../support/every-language.js';
import { until } from '../support/ladder.js';
import { telegramWorld, type ReadMessage, type TelegramWorld } from '../support/telegram-world.js';
import { findCanaries } from '../e2e/support/canaries.js';
import type { World } from '../e2e/support/world.js';

/** A JPEG of one pixel's worth of tables, with a comment that tells where it was taken. */
function jpegWithComment(comment: string): Buffer {
  const text = Buffer.from(comment);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length + 2);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe]), length, text, Buffer.from([0xff, 0xda, 0x00, 0x02, 0x11, 0x22, 0xff, 0xd9])]);
}

/** A real recording, with as many letters of `hidden` as there is room for in the title and place that it tells. */
function tagged(name: string, hidden: string): Buffer {
  const bytes = readFileSync(join(import.meta.dirname, '../../packages/protocol/test/media', name));
  const at = bytes.indexOf('canary title');
  if (at < 0) throw new Error('the recording has no title');
  bytes.write(hidden.slice(-12), at, 12);
  return bytes;
}

describe('an emergency in a chat', () => {
  let world: TelegramWorld;
  const texts = new BotTexts();
  /** Begins all that people write in these stories; must be nowhere but with the responders. */
  const marker = `сирень-${randomUUID()}`;
  const canary = (name: string): string => `${marker}-${name}-${randomUUID()}`;

  beforeAll(async () => {
    world = await telegramWorld({ telegram: { coalesceMs: 700 } });
  }, 60_000);
  afterAll(() => world.stop());

  const alertWith = async (text: string): Promise<ReadMessage> =>
    until('a responder can read it', async () => (await world.readBy('osh')).find(({ report }) => report?.answers.what?.includes(text)));
  const about = async ({ alertId }: ReadMessage): Promise<ReadMessage[]> => (await world.readBy('osh')).filter((each) => each.alertId === alertId);
  const received = (person: TelegramPerson, say = texts.in('en')): Promise<unknown> => until('it is called received', () => receivedLine(say).test(person.screen));

  it('takes an album with its caption as one alert: pictures, voice and film without what is hidden in them, deleted when they are safe', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const hidden = canary('gps');
      const caption = canary('caption');
      person.sendsFile('photo', { bytes: jpegWithComment(hidden), album: lang, caption });
      person.sendsFile('photo', { bytes: jpegWithComment(hidden), album: lang });
      person.sendsFile('voice', { bytes: tagged('voice.ogg', hidden), type: 'audio/ogg', album: lang });
      person.sendsFile('video', { bytes: tagged('film.mp4', hidden), type: 'video/mp4', album: lang });
      person.sendsFile('document', { bytes: Buffer.from(canary('statement')), type: 'application/pdf', name: 'A name.pdf', album: lang });
      const alert = await alertWith(caption);
      const files = await until('all files are there', async () => {
        const all = (await about(alert)).flatMap((each) => each.files);
        return all.length === 5 ? all : null;
      });
      expect(files.map(({ name, type }) => `${name} ${type}`)).toEqual(['1.jpg image/jpeg', '2.jpg image/jpeg', '3.ogg audio/ogg', '4.mp4 video/mp4', '5.pdf application/pdf']);
      expect(files.some(({ bytes }) => Buffer.from(bytes).includes(hidden.slice(-12)))).toBe(false);
      expect(files.filter(({ bytes }) => /canary|42\.87/.test(Buffer.from(bytes).toString('latin1')))).toEqual([]);
      const additions = say('telegram.additions', { n: 5 }).split('{time}')[0] ?? '';
      await until('the chat is clean', () => person.own.length === 0 && person.screen.includes(additions));
      expect((await world.readBy('osh')).filter(({ report }) => report?.answers.what?.includes(caption))).toHaveLength(1);
    }));

  it('says that a file over 20 MB was not taken, and leaves it in the chat', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const text = canary('film');
      person.sendsFile('video', { bytes: Buffer.from('film'), reportedSize: 25_000_000, type: 'video/mp4', caption: text });
      await alertWith(text);
      await until('it is told', () => person.screen.includes(say('telegram.files-refused', { n: 1 })));
      expect(person.own).toHaveLength(1);
    }));

  it('gives no file up because Telegram asks for a pause or does not know the bot for a moment', async () => {
    const person = await world.joined();
    const text = canary('patience');
    const unauthorised = { kind: 'refuse', code: 401, description: 'Unauthorized' } as const;
    for (const method of ['getFile', 'file']) for (const fault of [{ kind: 'flood', retryAfterSeconds: 1 }, unauthorised] as const) world.telegram.fail(method, fault);
    person.sendsFile('document', { bytes: Buffer.from(text), type: 'application/pdf', name: 'a.pdf', caption: text });
    const alert = await alertWith(text);
    await until('the file is there', async () => (await about(alert)).some(({ files }) => files.length === 1), 80_000);
    await until('the chat is clean', () => person.own.length === 0);
    expect(person.screen).not.toContain(texts.in('en')('telegram.files-refused', { n: 1 }));
  });

  it('hands a place over, then only the latest of those that follow it', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const lat = 42.1 + LANGUAGES.indexOf(lang);
      const shared = person.sendsLocation(lat, 74.5698, 3_600);
      const alert = await until('the first place', async () => (await world.readBy('osh')).find(({ report }) => report?.location?.lat === lat));
      await received(person, say);
      for (const step of [1, 2, 3, 4]) person.edits(shared, { location: { latitude: lat + step / 100, longitude: 74.5698, horizontal_accuracy: 9, live_period: 3_600 } });
      const latest = (lat + 0.04).toFixed(5);
      const last = await until('the latest place', async () => (await about(alert)).find(({ followUp }) => followUp?.answers?.where?.startsWith(latest)));
      expect(last.seq).toBeLessThanOrEqual(2);
      // Deleting it would end the sharing.
      expect(person.own).toHaveLength(1);
    }));

  it('hands over the latest of several corrections', () =>
    inEveryLanguage(async (lang) => {
      const person = await world.joined(lang);
      const text = canary('first');
      const message = person.writes(text);
      const alert = await alertWith(text);
      const corrected = canary('corrected');
      for (const word of ['one', 'two', corrected]) person.edits(message, { text: word });
      const followUp = await until('the correction', async () => (await about(alert)).find((each) => each.followUp?.text.includes(corrected)));
      expect(followUp.seq).toBeLessThanOrEqual(2);
    }));

  it('makes no second alert of an update that comes again', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const text = canary('again');
      person.writes(text);
      const update = world.telegram.state.updates.pending().find(({ body }) => JSON.stringify(body).includes(text));
      if (update === undefined) throw new Error('the bot was quicker than the test');
      await alertWith(text);
      world.telegram.state.updates.repeat(update);
      person.writes(canary('behind'));
      const additions = say('telegram.additions', { n: 1 }).split('{time}')[0] ?? '';
      await until('what came behind it', () => person.screen.includes(additions));
      expect((await world.readBy('osh')).filter(({ report }) => report?.answers.what?.includes(text))).toHaveLength(1);
    }));

  it('makes one alert of a flood, and keeps nobody else waiting', () =>
    inEveryLanguage(async (lang, say) => {
      const [flooder, other] = [await world.joined(lang), await world.joined(lang)];
      const first = canary('flood');
      for (let n = 0; n < 60; n++) flooder.writes(`${first} ${n}`);
      const quiet = canary('quiet');
      other.writes(quiet);
      await alertWith(quiet);
      const alert = await alertWith(`${first} 0`);
      const all = await until('every line arrived', async () => {
        const texts = (await about(alert)).map((each) => each.report?.answers.what ?? each.followUp?.text ?? '').join('\n');
        return texts.includes(`${first} 59`) ? texts : null;
      });
      expect(all.split('\n')).toHaveLength(60);
      expect((await about(alert)).length).toBeLessThan(20);
      await received(other, say);
      // One message tells how it stands, not one for each line.
      await until('the flooder is told', () => flooder.fromBot.filter(({ text }) => receivedLine(say).test(text)).length === 1);
    }));

  it('waits out an hour without Telegram: what was written is passed on, what was to be said is said', async () => {
    const people = await Promise.all(LANGUAGES.map(async (lang) => ({ lang, person: await world.joined(lang), text: canary('hour') })));
    world.telegram.down();
    // Written while the bot hears nothing: Telegram keeps it.
    for (const { person, text } of people) person.writes(text);
    world.telegram.state.aheadMs += 3_600_000;
    await until('readiness tells of it', async () => (await fetch(`${world.app.url}/health/ready`).then((answer) => answer.text())).includes('"unreachable"'));
    world.telegram.up();
    await inEveryLanguage(async (lang, say) => {
      const one = people.find((each) => each.lang === lang);
      if (one === undefined) throw new Error('nobody waits');
      await alertWith(one.text);
      await received(one.person, say);
      await until('the chat is clean', () => one.person.own.length === 0);
    });
  });

  it('keeps to flood limits, bad gateways and lost answers, and tells the truth in the end', async () => {
    const people = await Promise.all(LANGUAGES.map(async (lang) => ({ lang, person: await world.joined(lang) })));
    const ofThem = ({ chat_id: chat }: Readonly<Record<string, unknown>>): boolean => people.some(({ person }) => String(person.id) === String(chat));
    world.telegram.fail('sendMessage', { kind: 'flood', retryAfterSeconds: 1 }, 5, ofThem);
    world.telegram.fail('sendMessage', { kind: 'bad-gateway' }, 5, ofThem);
    world.telegram.fail('deleteMessage', { kind: 'drop-after' }, 5, ofThem);
    world.telegram.fail('getUpdates', { kind: 'refuse', code: 409, description: 'Conflict: terminated by other getUpdates request' });
    world.telegram.fail('getUpdates', { kind: 'bad-gateway' });
    await inEveryLanguage(async (lang, say) => {
      const one = people.find((each) => each.lang === lang)?.person;
      if (one === undefined) throw new Error('nobody writes');
      const text = canary('faults');
      one.writes(text);
      await alertWith(text);
      await received(one, say);
      await until('the chat is clean', () => one.own.length === 0);
      expect((await world.readBy('osh')).filter(({ report }) => report?.answers.what?.includes(text))).toHaveLength(1);
    });
    expect(world.telegram.calls.filter(({ outcome }) => outcome === 'dropped-after').length).toBeGreaterThanOrEqual(5);
  });

  describe('whose status was sent without an answer from Telegram', () => {
    const alerted = async (say: Say, lang: Language, ...then: Fault[]) => {
      const person = await world.joined(lang);
      const honest = say('telegram.honest');
      for (const fault of [{ kind: 'drop-after' } as const, ...then]) {
        world.telegram.fail('sendMessage', fault, 1, ({ chat_id: chat, text }) => String(chat) === String(person.id) && String(text).includes(honest));
      }
      const text = canary('unanswered');
      person.writes(text);
      const statuses = () => person.fromBot.filter((each) => each.text.includes(honest));
      await until('the status', () => statuses().length > 0);
      return { person, text, statuses };
    };

    it('is ended by a press that is quicker than the second try', () =>
      inEveryLanguage(async (lang, say) => {
        const { person, text, statuses } = await alerted(say, lang);
        person.presses(say('telegram.end'));
        await until('the question, once', () => statuses().length === 1 && statuses()[0]?.text.includes(say('telegram.end-question')));
        const [status] = statuses();
        const ask = status?.keyboard[0]?.[0]?.callback_data?.replace(':yes:', ':ask:') ?? '';
        if (status === undefined) throw new Error('there is no status');
        // Twice, as people press who are afraid; and then as from a copy that still has the first button.
        person.presses(say('telegram.end-yes'));
        person.presses(say('telegram.end-yes'));
        const query = person.pressesData(ask, status);
        await until('every press is answered', () => world.telegram.calls.some(({ method, parameters }) => method === 'answerCallbackQuery' && parameters.callback_query_id === query));
        expect(person.screen).toContain(say('telegram.asked-to-stop'));
        expect(person.screen).not.toContain(say('telegram.end-question'));
        const alert = await alertWith(text);
        expect((await about(alert)).filter(({ standDown }) => standDown !== undefined)).toHaveLength(1);
      }));

    it('is ended from either of the two that are there after the second, and keeps the one that was pressed', () =>
      inEveryLanguage(async (lang, say) => {
        const { person, text, statuses } = await alerted(say, lang);
        await until('the second', () => statuses().length === 2);
        const first = statuses()[0];
        if (first === undefined) throw new Error('the first status is gone');
        person.pressesData(first.keyboard[0]?.[0]?.callback_data ?? '', first);
        await until('the question, in the one that was pressed', () => first.text.includes(say('telegram.end-question')));
        await until('the other is gone', () => statuses().length === 1);
        expect(statuses()[0]?.id).toBe(first.id);
        person.presses(say('telegram.end-no'));
        await until('the question is taken back', () => !person.screen.includes(say('telegram.end-question')));
        expect((await about(await alertWith(text))).filter(({ standDown }) => standDown !== undefined)).toEqual([]);
      }));

    it('has one status when the second try is under way while the first copy is pressed', () =>
      inEveryLanguage(async (lang, say) => {
        const { person, statuses } = await alerted(say, lang, { kind: 'slow', ms: 1_200 });
        const [first] = statuses();
        if (first === undefined) throw new Error('there is no status');
        const tries = () => world.telegram.calls.filter(({ method, parameters }) => method === 'sendMessage' && parameters.chat_id === person.id && String(parameters.text).includes(say('telegram.honest')));
        await until('the second try', () => tries().length === 2);
        person.presses(say('telegram.end'));
        await until('the second copy came', () => tries()[1]?.messageId !== null);
        await until('the question, once', () => statuses().length === 1 && first.text.includes(say('telegram.end-question')));
        expect(statuses()).toEqual([first]);
      }));

    it('is not ended by a button of somebody else’s', async () => {
      const [{ statuses }, other] = [await alerted(texts.in('en'), 'en'), await world.joined('en')];
      const [below] = other.fromBot;
      if (below === undefined) throw new Error('the other account has no message to press below');
      const data = (statuses()[0]?.keyboard[0]?.[0]?.callback_data ?? '').replace(':ask:', ':yes:');
      expect(data).toMatch(/^end:yes:[A-Za-z0-9_-]{16}$/);
      const query = other.pressesData(data, below);
      const answer = await until('the press is answered', () => world.telegram.calls.find(({ method, parameters }) => method === 'answerCallbackQuery' && parameters.callback_query_id === query));
      expect(answer.parameters.text).toBe(texts.in('en')('telegram.too-old'));
      expect(other.fromBot).toContain(below);
    });
  });

  it('does not say that something was deleted when Telegram would not', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const refusal = { kind: 'refuse', code: 400, description: "Bad Request: message can't be deleted for everyone" } as const;
      world.telegram.fail('deleteMessage', refusal, 1, ({ chat_id: chat }) => String(chat) === String(person.id));
      person.writes(canary('stays'));
      await until('it is told', () => person.screen.includes(say('telegram.honest-undeleted')));
      expect(person.own).toHaveLength(1);
    }));

  it('leaves a blocked chat alone, and tells how things stand when it is opened again', () =>
    inEveryLanguage(async (lang, say) => {
      const person = await world.joined(lang);
      const text = canary('blocked');
      person.writes(text);
      person.blocks();
      await alertWith(text);
      const owner = Buffer.from(world.app.service.app.get(ChatSecrets).ownerOf(person.id));
      const isBlocked = async (): Promise<boolean> =>
        (await world.app.database.query('SELECT FROM telegram_account WHERE owner = $1 AND blocked_at IS NOT NULL', [owner])).rowCount === 1;
      await until('the block is known', isBlocked);
      const waits = async (): Promise<number> => (await world.app.database.query('SELECT FROM telegram_job WHERE owner = $1', [owner])).rowCount;
      await until('nothing more is tried', async () => (await waits()) === 0);
      person.unblocks();
      await received(person, say);
    }));

  it('puts aside what cannot be read, says so to the operator, and hears those behind it', async () => {
    const person = await world.joined();
    world.telegram.state.updates.add('message', { message_id: 'not a number', chat: { id: person.id, type: 'private' } });
    const text = canary('behind-poison');
    person.writes(text);
    await alertWith(text);
    const { rows } = await world.app.database.query('SELECT state, tries FROM telegram_update WHERE state <> $1', ['done']);
    expect(rows).toEqual([{ state: 'quarantined', tries: 3 }]);
  });

  it('has left nothing readable: database, WAL, log and the bot’s own messages', async () => {
    const person = await world.joined();
    const look = { databaseUrl: world.app.databaseUrl, service: () => ({ log: world.app.log }), mail: { mails: [] } } as unknown as World;
    const personal = [String(person.id), world.telegram.token, world.telegram.token.split(':')[1] ?? ''];
    expect(await findCanaries(look, [marker, ...personal])).toEqual([]);
    const said = JSON.stringify(world.telegram.calls.filter(({ method }) => method !== 'getUpdates').map(({ parameters }) => parameters));
    expect(said).not.toContain(marker);
    const packed = Buffer.alloc(8);
    packed.writeBigUInt64BE(BigInt(person.id));
    const rows = await world.app.database.query(`SELECT FROM telegram_account WHERE position($1::bytea IN user_id_sealed) > 0 OR position($1::bytea IN owner) > 0`, [packed]);
    expect(rows.rowCount).toBe(0);
  }, 180_000);
});

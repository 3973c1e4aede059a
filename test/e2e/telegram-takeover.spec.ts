import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LANGUAGES } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { openServerKey } from '../../src/platform/keys/server-key.js';
import { Database } from '../../src/platform/database/database.js';
import { Invites } from '../../src/telegram/accounts/invites.js';
import { ChatSecrets } from '../../src/telegram/secrets.js';
import { BotTexts } from '../../src/telegram/texts.js';
import { startBotApi, type BotApiServer } from '../support/bot-api/bot-api-server.js';
import { testDatabaseUrl } from '../support/database.js';
import { receivedLine } from '../support/every-language.js';
import { until } from '../support/ladder.js';
import { demoCoalition } from '../support/stored-coalition.js';
import { findCanaries } from './support/canaries.js';
import { startServiceProcess, type ServiceProcess } from './support/service-process.js';

/** Of a poller that was killed, until another one asks. */
const takeoverMs = 5_000;

// Two real processes, one bot. What Telegram has not been told is handled is handled by whoever is left.
describe('several instances with one bot', () => {
  let telegram: BotApiServer;
  let database: Database;
  let server: Awaited<ReturnType<typeof testDatabaseUrl>>;
  let dataDir: string;
  const processes: ServiceProcess[] = [];
  const texts = new BotTexts();

  /** @param name by which Telegram's log tells this process from the others */
  const start = async (name: string): Promise<ServiceProcess> => {
    const started = await startServiceProcess({
      DATABASE_URL: server.url,
      JARDAM_DATA_DIR: dataDir,
      JARDAM_TELEGRAM_TOKEN: telegram.token,
      JARDAM_TELEGRAM_API_ROOT: telegram.urlFor(name),
      JARDAM_TELEGRAM_POLL_TIMEOUT_MS: '5000',
    });
    processes.push(started);
    return started;
  };

  beforeAll(async () => {
    telegram = await startBotApi();
    server = await testDatabaseUrl();
    dataDir = mkdtempSync(join(tmpdir(), 'jardam-takeover-'));
    database = await Database.open({ url: server.url, poolSize: 5 });
    await demoCoalition(database);
  }, 60_000);

  afterAll(async () => {
    for (const each of processes) await each.kill();
    await database.close();
    await server.drop();
    await telegram.stop();
    rmSync(dataDir, { recursive: true });
  });

  it('takes over within seconds of a kill -9 in the middle of an update: one alert for each, none lost, in five languages', async () => {
    const running = new Map([['first', await start('first')], ['second', await start('second')]]);
    const polls = () => telegram.calls.filter(({ method }) => method === 'getUpdates');
    const p = await loadSodium();
    const key = await openServerKey(database, p, { name: 'telegram', file: join(dataDir, 'keys', 'telegram.key') });
    const invites = new Invites(new ChatSecrets(p, key));
    const people = await Promise.all(
      LANGUAGES.map(async (lang) => {
        const person = telegram.person({ languageCode: lang });
        person.start((await database.transaction((tx) => invites.create(tx, 60_000))).token);
        return { person, say: texts.in(lang) };
      }),
    );
    const everybody = (what: string, done: (one: (typeof people)[number]) => boolean, timeoutMs = 30_000): Promise<unknown> =>
      until(what, () => people.every(done), timeoutMs);
    await everybody('they join', ({ person, say }) => person.screen.includes(say('telegram.welcome')));

    // Nobody can write a new alert now: whoever takes the updates stands between them and their commit.
    const more = `more, and then nothing ${randomBytes(4).toString('hex')}`;
    const text = `between update and commit ${randomBytes(4).toString('hex')}`;
    let release = (): void => undefined;
    const held = database.transaction(async (tx) => {
      await tx.query('LOCK TABLE envelope IN ACCESS EXCLUSIVE MODE');
      await new Promise<void>((resolve) => (release = resolve));
    });
    for (const { person } of people) person.writes(text);
    const isTaken = async (): Promise<boolean> =>
      (await database.query(`SELECT FROM pg_locks WHERE NOT granted AND relation = 'envelope'::regclass`)).rowCount > 0;
    await until('the update is being taken', isTaken, 30_000);
    const leader = polls().at(-1)?.via ?? '';
    expect(new Set(polls().map(({ via }) => via))).toEqual(new Set([leader]));
    const killedAt = Date.now();
    await running.get(leader)?.kill();
    running.delete(leader);
    // By Telegram's own log: from the kill to the first question of the other process.
    const takenOver = await until('the other process asks', () => polls().find(({ via }) => via !== leader), 30_000);
    expect(takenOver.at - killedAt).toBeLessThan(takeoverMs);
    release();
    await held;
    const alerts = async (): Promise<number> => (await database.query('SELECT FROM alert')).rowCount;
    await until('the alerts are there', async () => (await alerts()) === people.length, 30_000);
    await everybody('the chats are clean and told', ({ person, say }) => person.own.length === 0 && receivedLine(say).test(person.screen));

    // Killed between the commit and the deletion: the deletion was written with the commit.
    telegram.fail('deleteMessage', { kind: 'bad-gateway' }, 1_000);
    for (const { person } of people) person.writes(more);
    await until('it is passed on', async () => (await database.query('SELECT FROM envelope')).rowCount === 2 * people.length, 30_000);
    for (const last of running.values()) await last.kill();
    telegram.state.faults.clear();
    for (const { person } of people) expect(person.own).toHaveLength(1);
    await start('third');
    // What the killed process was about to do is taken over when its lease has ended.
    await everybody('the deletions are made up for', ({ person }) => person.own.length === 0, 120_000);
    expect(await alerts()).toBe(people.length);
    // Three kills, and nothing readable was left by any of them.
    const searched = { databaseUrl: server.url, service: () => ({ log: processes.flatMap(({ log }) => log) }), mail: { mails: [] } };
    const secrets = [telegram.token, telegram.token.split(':')[1] ?? '', ...people.map(({ person }) => String(person.id)), text, more];
    expect(await findCanaries(searched, secrets)).toEqual([]);
  }, 300_000);
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '../../src/cli/program.js';
import { Metrics } from '../../src/platform/metrics/metrics.js';
import type { Fault } from '../support/bot-api/faults.js';
import { until } from '../support/ladder.js';
import { startSocksServer, type SocksServer } from '../support/socks-server.js';
import { telegramWorld, type TelegramWorld } from '../support/telegram-world.js';

// A bot behind a proxy whose way to Telegram fails in every way, and an operator who looks.
describe('the bot’s way to Telegram', () => {
  let world: TelegramWorld;
  let proxy: SocksServer;
  let folder: string;
  /** A name that only the proxy knows. */
  const apiRoot = (): string => world.telegram.url.replace('127.0.0.1', 'telegram.invalid');

  beforeAll(async () => {
    proxy = await startSocksServer();
    folder = mkdtempSync(join(tmpdir(), 'jardam-bot-'));
    world = await telegramWorld({ telegram: { proxy: `socks5h://127.0.0.1:${proxy.port}`, keyFile: join(folder, 'telegram.key') } }, (url) => url.replace('127.0.0.1', 'telegram.invalid'));
  }, 60_000);
  afterAll(async () => {
    await world.stop();
    await proxy.stop();
    rmSync(folder, { recursive: true });
  });

  const readiness = async (): Promise<{ status: string; checks: { telegram: { ok: boolean; reason?: string } } }> =>
    (await (await fetch(`${world.app.url}/health/ready`)).json()) as Awaited<ReturnType<typeof readiness>>;
  const metric = async (name: string): Promise<number> => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await world.app.service.app.get(Metrics).text())?.[1]);
  const isWell = async (): Promise<boolean> => (await readiness()).checks.telegram.ok;
  const jardam = async (args: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; out: string }> => {
    const said: string[] = [];
    const none = (): Promise<string> => Promise.reject(new Error('nobody answers'));
    const code = await runCommandLine(args.split(' '), {
      terminal: { interactive: false, say: (line) => said.push(line), note: (line) => said.push(line), ask: none, askSecret: none },
      environment: {
        DATABASE_URL: world.app.databaseUrl,
        JARDAM_DATA_DIR: folder,
        JARDAM_TELEGRAM_TOKEN: world.telegram.token,
        JARDAM_TELEGRAM_API_ROOT: apiRoot(),
        JARDAM_TELEGRAM_PROXY: `socks5h://127.0.0.1:${proxy.port}`,
        JARDAM_TELEGRAM_KEY_FILE: join(folder, 'telegram.key'),
        ...env,
      },
      now: () => new Date(),
    });
    return { code, out: said.join('\n') };
  };

  it('leads through the proxy, names included', async () => {
    const person = await world.joined();
    person.writes('through the proxy');
    await until('a responder can read it', async () => (await world.readBy('osh')).some(({ report }) => report?.answers.what === 'through the proxy'));
    expect(new Set(proxy.asked)).toEqual(new Set([new URL(apiRoot()).host]));
  });

  it.each<[string, Fault]>([
    ['unauthorised', { kind: 'refuse', code: 401, description: 'Unauthorized' }],
    ['conflict', { kind: 'refuse', code: 409, description: 'Conflict: terminated by other getUpdates request' }],
    ['unreachable', { kind: 'bad-gateway' }],
    ['unreachable', { kind: 'drop-before' }],
    ['flood', { kind: 'flood', retryAfterSeconds: 1 }],
  ])('that fails with "%s" (%j) shows in readiness, and goes on when it works again', async (reason, fault) => {
    await until('all is well', isWell);
    const person = await world.joined();
    world.telegram.fail('getUpdates', fault, 1_000);
    // Whatever poll is open ends with an update, and the next one meets the fault.
    const [first, second] = [`${reason} ${fault.kind} one`, `${reason} ${fault.kind} two`];
    person.writes(first);
    await until('readiness tells of it', async () => {
      const { status, checks } = await readiness();
      return status === 'degraded' && checks.telegram.reason === reason;
    });
    person.writes(second);
    world.telegram.state.faults.clear();
    await until('both are passed on', async () => {
      const all = (await world.readBy('osh')).map((each) => `${each.report?.answers.what ?? ''} ${each.followUp?.text ?? ''}`).join('\n');
      return all.includes(first) && all.includes(second);
    }, 40_000);
    await until('all is well', isWell, 40_000);
  });

  it('that has been silent for long shows in readiness and in the metrics, whoever polled', async () => {
    expect(await metric('jardam_telegram_poll_age_seconds')).toBeLessThan(60);
    const age = async (): Promise<number> => {
      await world.app.database.query(`UPDATE telegram_poller SET polled_at = now() - interval '10 minutes'`);
      return metric('jardam_telegram_poll_age_seconds');
    };
    await until('the age is known', async () => (await age()) >= 600);
    await until('it is overdue', async () => (await age()) >= 600 && (await readiness()).checks.telegram.reason === 'poll-overdue');
  });

  it('is looked at by jardam doctor, and invitations of the command line open the bot', async () => {
    const invited = await jardam('telegram invite --days 2');
    const [, token] = new RegExp(`^https://t.me/${world.telegram.username}\\?start=([\\w-]{32})$`, 'm').exec(invited.out) ?? [];
    const person = world.telegram.person({ languageCode: 'en' });
    person.start(token);
    await until('they have joined', () => person.screen.includes('You have joined'));
    expect((await jardam('telegram invite --days 31')).code).toBe(2);
    expect((await jardam('telegram invite', { JARDAM_TELEGRAM_TOKEN: undefined })).out).toContain('there is no bot');

    const bot = async (env: NodeJS.ProcessEnv = {}): Promise<string> => {
      const { findings } = JSON.parse((await jardam('doctor --json', env)).out.split('\n}')[0] + '\n}') as { findings: { check: string; state: string }[] };
      return findings.filter(({ check }) => check.startsWith('telegram')).map(({ check, state }) => `${check}: ${state}`).join(', ');
    };
    expect(await bot()).toBe('telegram poller: ok, telegram key: ok, telegram: ok');
    expect(await bot({ JARDAM_TELEGRAM_RECEIVE: 'webhook' })).toContain('telegram: problem');
    expect(await bot({ JARDAM_TELEGRAM_API_ROOT: 'http://telegram.invalid:1' })).toContain('telegram: unreachable');
    expect(await bot({ JARDAM_TELEGRAM_TOKEN: `${world.telegram.token}x` })).toContain('telegram: problem');
  });

  it('writes its token nowhere', () => {
    const log = world.app.log.join('\n');
    for (const secret of [world.telegram.token, world.telegram.token.split(':')[1] ?? '']) expect(log).not.toContain(secret);
    expect(log).toContain('does not know the token');
  });
});

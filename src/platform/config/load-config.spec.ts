import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configOf, loadConfig, variableOf } from './load-config.js';
import { slices, type SliceName } from './slices.js';

describe('the configuration of the service', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'jardam-config-'));
    file = join(folder, 'jardam.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('works without any setting', () => {
    const config = loadConfig({});
    expect(config.http.port).toBe(8080);
    expect(config.instance.roles).toEqual(['http', 'engine', 'telegram']);
    expect(config.database.url).toBeUndefined();
  });

  it('lets a variable win over the file, and the file over the default', () => {
    writeFileSync(file, 'http:\n  port: 9000\n  behindTls: true\nmail:\n  host: mail.example.org\n');
    const config = loadConfig({ JARDAM_CONFIG: file, JARDAM_HTTP_PORT: '9001', JARDAM_ROLES: 'engine' });
    expect(config.http).toMatchObject({ port: 9001, behindTls: true });
    expect(config.mail.host).toBe('mail.example.org');
    expect(config.instance.roles).toEqual(['engine']);
  });

  it('says which file, line, field, what is allowed and what was found, for everything that is wrong at once', () => {
    writeFileSync(file, 'http:\n  port: eighty\nmail:\n  security: ssl\n  helo: x\nweather: {}\n');
    expect(() => loadConfig({ JARDAM_CONFIG: file })).toThrow(
      [
        `${file}:6:1: weather: allowed is one of ${Object.keys(slices).join(', ')}; found "weather"`,
        `${file}:2:9: http.port: allowed is a number; found "eighty"`,
        `${file}:4:13: mail.security: allowed is one of tls, starttls, none; found "ssl"`,
        `${file}:5:9: mail.helo: allowed is no such field here; found "x"`,
      ].join('\n'),
    );
  });

  it('names the variable that holds the wrong value', () => {
    expect(() => loadConfig({ JARDAM_HTTP_PORT: '70000' })).toThrow(
      'JARDAM_HTTP_PORT: http.port: allowed is a number of at most 65535; found 70000',
    );
    expect(() => loadConfig({ JARDAM_MAIL_SECURITY: 'ssl' })).toThrow(
      'JARDAM_MAIL_SECURITY: mail.security: allowed is one of tls, starttls, none; found "ssl"',
    );
  });

  it('refuses a misspelt variable and suggests the nearest', () => {
    expect(() => loadConfig({ JARDAM_HTP_PORT: '1' })).toThrow(
      'JARDAM_HTP_PORT: allowed is a known setting, perhaps JARDAM_HTTP_PORT; found an unknown name',
    );
  });

  it('takes the token of the bot from a variable or a file of its own, never from the configuration file', () => {
    const token = '7000000001:AAinvented-token-of-a-test-bot-xx';
    writeFileSync(file, `telegram:\n  token: "${token}"\n`);
    expect(() => loadConfig({ JARDAM_CONFIG: file })).toThrow(
      `${file}:2:3: telegram.token: allowed is tokenFile here, or the variable JARDAM_TELEGRAM_TOKEN; found a value that is not shown`,
    );
    expect(loadConfig({ JARDAM_TELEGRAM_TOKEN: token }).telegram.token).toBe(token);
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${token}\n`);
    expect(loadConfig({ JARDAM_TELEGRAM_TOKEN_FILE: tokenFile }).telegram.token).toBe(token);
    writeFileSync(tokenFile, 'no token');
    expect(() => loadConfig({ JARDAM_TELEGRAM_TOKEN_FILE: tokenFile })).toThrow('telegram.tokenFile: allowed is a file that holds the token');
    expect(() => loadConfig({ JARDAM_TELEGRAM_TOKEN: 'secret-and-wrong' })).toThrow('found a value that is not shown');
  });

  it('never shows the database address, which may hold a password', () => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://service:canary@db/jardam' })).toThrow(
      'DATABASE_URL: database.url: allowed is an address that begins with postgresql://; found a value that is not shown',
    );
  });

  it('takes the password of the database from a file of its own', () => {
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'p@ss/wörd 100%\n');
    const { database } = configOf({ database: { url: 'postgresql://jardam@db.example.org/jardam', passwordFile } });
    expect(decodeURIComponent(new URL(database.url ?? '').password)).toBe('p@ss/wörd 100%');
    expect(database).not.toHaveProperty('passwordFile');
    expect(() => configOf({ database: { passwordFile } })).toThrow('database.passwordFile: allowed is nothing without database.url; found a file');
    writeFileSync(passwordFile, '\n');
    expect(() => configOf({ database: { url: 'postgresql://db.example.org/jardam', passwordFile } })).toThrow('found an empty first line');
  });

  it('says where the YAML itself is broken', () => {
    writeFileSync(file, 'http:\n  port: 1\n  port: 2\n');
    expect(() => loadConfig({ JARDAM_CONFIG: file })).toThrow(`${file}:3:3: allowed is valid YAML; found Map keys must be unique`);
    expect(() => loadConfig({ JARDAM_CONFIG: join(folder, 'absent.yaml') })).toThrow('absent.yaml: allowed is a readable file; found no such file');
  });

  it('keeps key files apart from the database unless the operator names a place', () => {
    const config = loadConfig({ JARDAM_DATA_DIR: '/srv/jardam', JARDAM_GATEKEEPER_KEY_FILE: '/run/secrets/gate' });
    expect(config.contacts.keyFile).toBe('/srv/jardam/keys/contacts.key');
    expect(config.gatekeeper.keyFile).toBe('/run/secrets/gate');
  });

  it('takes parts from tests and the demo with the same checks', () => {
    expect(configOf({ engine: { tickIntervalMs: 100 } }).engine.tickIntervalMs).toBe(100);
    expect(() => configOf({ engine: { tickIntervalMs: 1 } })).toThrow('engine.tickIntervalMs: allowed is a number of at least 50; found 1');
  });

  it('has every setting in the example file, with its default', () => {
    const example = readFileSync('config/jardam.example.yaml', 'utf8');
    writeFileSync(join(folder, 'password'), 'secret\n');
    writeFileSync(join(folder, 'token'), '7000000001:AAinvented-token-of-a-test-bot-xx\n');
    const uncommented = example
      .replace(/^( *)#(\w+:)/gm, '$1$2')
      .replace('/run/secrets/telegram-token', join(folder, 'token'))
      .replace('/run/secrets/database-password', join(folder, 'password'));
    writeFileSync(file, uncommented);
    const config = loadConfig({ JARDAM_CONFIG: file });
    const defaults = loadConfig({});
    for (const [name, { schema }] of Object.entries(slices)) {
      for (const field of Object.keys(schema.shape)) {
        const slice = name as SliceName;
        expect({ setting: variableOf(slice, field), named: example.includes(`${field}:`) }).toMatchObject({ named: true });
        const byDefault = (defaults[slice] as Record<string, unknown>)[field];
        if (byDefault !== undefined) expect({ field, value: (config[slice] as Record<string, unknown>)[field] }).toEqual({ field, value: byDefault });
      }
    }
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const CRUISER = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const RULES = resolve('.dependency-cruiser.cjs');

/** A small tree that keeps every rule. */
const CLEAN: Readonly<Record<string, string>> = {
  'packages/protocol/src/index.ts': `import { blake2b } from '@noble/hashes'; export const hash = blake2b;`,
  'src/domain/alert.ts': `import { hash } from '../../packages/protocol/src/index.js'; export const open = hash;`,
  'src/platform/database/database.ts': `import pg from 'pg'; export const pool = pg;`,
  'src/platform/clock.ts': `export const now = 1;`,
  'src/gatekeeper/keys.ts': `import { now } from '../platform/clock.js'; export const key = now;`,
  'src/delivery/channel.ts': `export interface Channel { key: string }`,
  'src/delivery/channels/email.ts': `import type { Channel } from '../channel.js'; export const email: Channel = { key: 'email' };`,
  'src/delivery/channels/webhook.ts': `import type { Channel } from '../channel.js'; export const webhook: Channel = { key: 'webhook' };`,
  'src/intake/intake.ts': `import { open } from '../domain/alert.js'; export const intake = open;`,
  'src/desk/desk.ts': `import { open } from '../domain/alert.js'; export const desk = open;`,
  'src/app.module.ts': `import { intake } from './intake/intake.js'; import { desk } from './desk/desk.js'; export const all = [intake, desk];`,
  'web/common/ladder.ts': `export const ladder = 1;`,
  'web/defender/main.ts': `import { ladder } from '../common/ladder.js'; export const page = ladder;`,
  'web/desk/main.ts': `import { ladder } from '../common/ladder.js'; export const page = ladder;`,
  'migrations/0001-first.ts': `import type { MigrationInterface } from 'typeorm'; export type First = MigrationInterface;`,
};

/** Rule → a file that breaks it. */
const PLANTED: Readonly<Record<string, readonly [file: string, text: string]>> = {
  'protocol-imports-nothing-of-ours': ['packages/protocol/src/protocol-imports-nothing-of-ours.ts', `import { now } from '../../../src/platform/clock.js'; export const bad = now;`],
  'protocol-allowlist': ['packages/protocol/src/protocol-allowlist.ts', `import { randomBytes } from 'node:crypto'; export const bad = randomBytes;`],
  'domain-imports-only-protocol': ['src/domain/domain-imports-only-protocol.ts', `import { now } from '../platform/clock.js'; export const bad = now;`],
  'channels-stand-alone': ['src/delivery/channels/channels-stand-alone.ts', `import { email } from './email.js'; export const bad = email;`],
  'web-imports-no-server': ['web/common/web-imports-no-server.ts', `import { open } from '../../src/domain/alert.js'; export const bad = open;`],
  'server-imports-no-web': ['src/desk/server-imports-no-web.ts', `import { ladder } from '../../web/common/ladder.js'; export const bad = ladder;`],
  'defender-and-desk-stand-alone': ['web/desk/defender-and-desk-stand-alone.ts', `import { page } from '../defender/main.js'; export const bad = page;`],
  'mini-app-is-the-defenders-client': ['web/telegram/mini-app-is-the-defenders-client.ts', `import { page } from '../desk/main.js'; export const bad = page;`],
  'common-knows-no-page': ['web/common/common-knows-no-page.ts', `import { page } from '../desk/main.js'; export const bad = page;`],
  'migrations-are-frozen': ['migrations/0002-migrations-are-frozen.ts', `import { now } from '../src/platform/clock.js'; export const bad = now;`],
  'only-roots-know-every-module': ['src/intake/only-roots-know-every-module.ts', `import type { all } from '../app.module.js'; export type Bad = typeof all;`],
  'platform-knows-no-module': ['src/platform/platform-knows-no-module.ts', `import type { intake } from '../intake/intake.js'; export type Bad = typeof intake;`],
  'doors-do-not-import-each-other': ['src/desk/doors-do-not-import-each-other.ts', `import { intake } from '../intake/intake.js'; export const bad = intake;`],
  'the-bot-goes-through-the-intake': ['src/telegram/bot.ts', `import '../desk/desk.js';`],
  'nobody-behind-imports-a-door': ['src/delivery/nobody-behind-imports-a-door.ts', `import { desk } from '../desk/desk.js'; export const bad = desk;`],
  'gatekeeper-stands-alone': ['src/gatekeeper/gatekeeper-stands-alone.ts', `import { email } from '../delivery/channels/email.js'; export const bad = email;`],
  'database-driver-behind-the-platform': ['src/desk/database-driver-behind-the-platform.ts', `import pg from 'pg'; export const bad = pg;`],
  'nothing-from-development': ['src/desk/nothing-from-development.ts', `import * as jest from 'jest'; export const bad = jest;`],
  'nothing-unresolvable': ['src/desk/nothing-unresolvable.ts', `import { gone } from './gone.js'; export const bad = gone;`],
  'nobody-imports-a-spec': ['src/desk/nobody-imports-a-spec.ts', `import { told } from './desk.spec.js'; export const bad = told;`],
};

describe('the rules about who may import whom', () => {
  let tree: string;
  let clean: Findings;
  let broken: Findings;

  beforeAll(() => {
    tree = mkdtempSync(join(tmpdir(), 'jardam-rules-'));
    write('package.json', JSON.stringify({ name: 'tree', type: 'module', dependencies: { '@noble/hashes': '1.0.0', pg: '1.0.0', typeorm: '1.0.0' }, devDependencies: { jest: '1.0.0' } }));
    write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'nodenext', moduleResolution: 'nodenext', target: 'es2023' } }));
    for (const name of ['@noble/hashes', 'pg', 'typeorm', 'jest']) {
      write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' }));
      write(`node_modules/${name}/index.js`, 'module.exports = {};');
    }
    for (const [file, text] of Object.entries(CLEAN)) write(file, text);
    write('src/desk/desk.spec.ts', `export const told = 1;`);
    clean = cruise();

    for (const [file, text] of Object.values(PLANTED)) write(file, text);
    write('src/domain/cycle-a.ts', `import type { B } from './cycle-b.js'; export interface A { b: B }`);
    write('src/domain/cycle-b.ts', `import type { A } from './cycle-a.js'; export interface B { a: A }`);
    broken = cruise();
  }, 60_000);

  afterAll(() => rmSync(tree, { recursive: true }));

  it('find nothing in a tree that keeps them, and do look at it', () => {
    expect(clean.violations).toEqual([]);
    expect(clean.modules).toBeGreaterThanOrEqual(Object.keys(CLEAN).length);
  });

  it('catch a cycle, even of types alone', () => {
    expect(broken.violations).toContainEqual({ rule: 'no-cycle', from: 'src/domain/cycle-a.ts' });
  });

  it.each(Object.entries(PLANTED))('catch what breaks %s', (rule, [file]) => {
    expect(broken.violations).toContainEqual({ rule, from: file });
  });

  it('have each been broken here once', () => {
    const { forbidden } = createRequire(import.meta.url)(RULES) as { forbidden: { name: string; severity: string }[] };
    expect(forbidden.map(({ name }) => name).sort()).toEqual(['no-cycle', ...Object.keys(PLANTED)].sort());
    expect(forbidden.filter(({ severity }) => severity !== 'error')).toEqual([]);
  });

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), text);
  }

  function cruise(): Findings {
    const printed = execFileSync(process.execPath, [CRUISER, '--config', RULES, '--output-type', 'json', 'packages', 'src', 'web', 'migrations'], {
      cwd: tree,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '' },
    }).toString();
    const { summary, modules } = JSON.parse(printed) as {
      summary: { violations: { rule: { name: string }; from: string }[] };
      modules: { source: string }[];
    };
    return {
      violations: summary.violations.map(({ rule, from }) => ({ rule: rule.name, from })),
      modules: modules.filter(({ source }) => /\.ts$/.test(source)).length,
    };
  }
});

interface Findings {
  readonly violations: readonly { rule: string; from: string }[];
  readonly modules: number;
}

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { configOf } from '../../../src/platform/config/load-config.js';
import { Database } from '../../../src/platform/database/database.js';
import { createService, type Service } from '../../../src/service.js';
import { testApp, type TestApp } from '../../support/app.js';

describe('the running service', () => {
  let app: TestApp;
  let webDir: string;

  beforeAll(async () => {
    webDir = mkdtempSync(join(tmpdir(), 'jardam-web-'));
    mkdirSync(join(webDir, 'assets'));
    writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Page</title>');
    writeFileSync(join(webDir, 'assets', 'page-abc123.js'), 'export {}');
    writeFileSync(join(webDir, 'manifest.webmanifest'), '{}');
    app = await testApp({ config: { instance: { webDir } } });
  });

  afterAll(async () => {
    await app.stop();
    rmSync(webDir, { recursive: true });
  });

  it('is live and ready, and says so without details', async () => {
    const live = await fetch(`${app.url}/health/live`);
    expect([live.status, await live.json()]).toEqual([200, { status: 'live' }]);

    const ready = await fetch(`${app.url}/health/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: expect.stringMatching(/^(ready|degraded)$/),
      checks: { database: { ok: true, required: true }, migrations: { ok: true, required: true } },
    });
  });

  it('serves the page under a policy that lets it run nothing but itself, and never stores it', async () => {
    const page = await fetch(`${app.url}/`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<title>Page</title>');
    expect(page.headers.get('content-type')).toContain('text/html');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe-inline');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(page.headers.get('strict-transport-security')).toBeNull();
  });

  it('lets a browser keep what is named by its hash, and asks again for the rest', async () => {
    const asset = await fetch(`${app.url}/assets/page-abc123.js`);
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    const manifest = await fetch(`${app.url}/manifest.webmanifest`);
    expect([manifest.status, manifest.headers.get('cache-control')]).toEqual([200, 'no-cache']);
  });

  it('never serves a file from outside the pages', async () => {
    for (const path of ['/assets/..%2Findex.html', '/assets/%2e%2e/%2e%2e/package.json', '/index.html', '/.git/config']) {
      const answer = await fetch(`${app.url}${path}`);
      expect({ path, status: answer.status }).toEqual({ path, status: 404 });
    }
  });

  it('answers what it cannot read with problem details that repeat nothing of it', async () => {
    const unknown = await fetch(`${app.url}/api/v1/canary-path?canary=1`);
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    const body = await unknown.text();
    expect(JSON.parse(body)).toEqual({ type: 'urn:jardam:problem:not-found', title: 'There is nothing at this address', status: 404, code: 'not-found' });
    expect(body).not.toContain('canary');
  });

  it('brings its own database when none is configured, and finds everything again at the next start', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'jardam-own-'));
    chmodSync(dataDir, 0o711);
    const config = configOf({ instance: { dataDir, webDir }, http: { port: 0 } });
    const log: string[] = [];
    const started: Service[] = [];
    try {
      const first = await createService({ config, writeLog: (line) => log.push(line) });
      started.push(first);
      await first.app.get(Database).query(`INSERT INTO server_key (name, fingerprint) VALUES ('test', sha256('key'))`);
      await first.stop();
      expect(log.join('\n')).toContain('migration FirstSchema');
      log.splice(0);

      const second = await createService({ config, writeLog: (line) => log.push(line) });
      started.push(second);
      expect((await fetch(`${second.url}/health/ready`)).status).toBe(200);
      const kept = await second.app.get(Database).query(`SELECT name FROM server_key WHERE name = 'test'`);
      expect(kept.rows).toEqual([{ name: 'test' }]);
      expect(log.join('\n')).not.toContain('migration');
    } finally {
      for (const service of started) await service.stop();
      rmSync(dataDir, { recursive: true });
    }
  }, 60_000);

  it('works as a role that cannot change or forget what is on record', async () => {
    const database = app.service.app.get(Database);
    expect((await database.query('SELECT current_user AS name')).rows).toEqual([{ name: 'jardam_app' }]);
    await expect(database.query('DELETE FROM event')).rejects.toThrow('permission denied');
    await expect(database.query('DROP TABLE alert')).rejects.toThrow('must be owner');
  });

  it('is not ready while the database is away, but alive: restarting it would not help', async () => {
    const own = await testApp();
    try {
      await own.service.app.get(Database).dataSource.destroy();
      const ready = await fetch(`${own.url}/health/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ status: 'not-ready', checks: { database: { ok: false } } });
      expect((await fetch(`${own.url}/health/live`)).status).toBe(200);
    } finally {
      await own.stop();
    }
  });

  it('logs neither addresses nor what was asked', () => {
    expect(app.log.join('\n')).not.toMatch(/127\.0\.0\.1|canary/);
  });
});

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
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
    await request(app.url).get('/health/live').expect(200, { status: 'live' });
    const { body } = await request(app.url).get('/health/ready').expect(200);
    expect(body).toMatchObject({
      status: expect.stringMatching(/^(ready|degraded)$/),
      checks: { database: { ok: true, required: true }, migrations: { ok: true, required: true } },
    });
  });

  it('serves the page under a policy that lets it run nothing but itself, and never stores it', async () => {
    const page = await request(app.url)
      .get('/')
      .expect(200, /<title>Page<\/title>/)
      .expect('content-type', /text\/html/)
      .expect('cache-control', 'no-store')
      .expect('referrer-policy', 'no-referrer')
      .expect('x-content-type-options', 'nosniff')
      .expect('cross-origin-opener-policy', 'same-origin');
    const policy = page.headers['content-security-policy'] ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe-inline');
    expect(page.headers['strict-transport-security']).toBeUndefined();
  });

  it('lets a browser keep what is named by its hash, and asks again for the rest', async () => {
    await request(app.url).get('/assets/page-abc123.js').expect(200).expect('cache-control', 'public, max-age=31536000, immutable');
    await request(app.url).get('/manifest.webmanifest').expect(200).expect('cache-control', 'no-cache');
  });

  it('never serves a file from outside the pages', async () => {
    for (const path of ['/assets/..%2Findex.html', '/assets/%2e%2e/%2e%2e/package.json', '/index.html', '/.git/config']) {
      const { status } = await request(app.url).get(path);
      expect({ path, status }).toEqual({ path, status: 404 });
    }
  });

  it('answers what it cannot read with problem details that repeat nothing of it', async () => {
    const unknown = await request(app.url).get('/api/v1/canary-path?canary=1').expect(404).expect('content-type', 'application/problem+json; charset=utf-8');
    expect(unknown.body).toEqual({ type: 'urn:jardam:problem:not-found', title: 'There is nothing at this address', status: 404, code: 'not-found' });
    expect(unknown.text).not.toContain('canary');
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
      await request(second.url).get('/health/ready').expect(200);
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
      const ready = await request(own.url).get('/health/ready').expect(503);
      expect(ready.body).toMatchObject({ status: 'not-ready', checks: { database: { ok: false } } });
      await request(own.url).get('/health/live').expect(200);
    } finally {
      await own.stop();
    }
  });

  it('logs neither addresses nor what was asked', () => {
    expect(app.log.join('\n')).not.toMatch(/127\.0\.0\.1|canary/);
  });
});

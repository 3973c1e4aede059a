import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
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

  it('takes the database being away as a passing trouble, and is ready again by itself', async () => {
    const own = await testApp();
    try {
      await own.service.app.get<{ dataSource: { destroy(): Promise<void> } }>((await import('../../../src/platform/database/database.js')).Database).dataSource.destroy();
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

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testApp, type TestApp } from '../support/app.js';
import { openBrowser } from '../support/browser.js';

// A page that tries what an attacker would try after finding a way to put text into it.
const ATTACKS = `
const tried = {};
const attempt = (name, work) => { try { work(); tried[name] = 'worked'; } catch (error) { tried[name] = error.name; } };
attempt('html string', () => { document.body.innerHTML = '<b>x</b>'; });
attempt('eval', () => eval('1'));
attempt('inline handler', () => { const b = document.createElement('b'); b.setAttribute('onclick', 'document.title = "run"'); document.body.append(b); b.click(); if (document.title !== 'run') throw new EvalError('blocked'); });
attempt('script address', () => { document.createElement('script').src = '/assets/other.js'; });
attempt('second policy', () => trustedTypes.createPolicy('other', { createHTML: (text) => text }));
attempt('own policy', () => trustedTypes.createPolicy('jardam', { createScriptURL: (url) => url }));
attempt('wasm', () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
fetch('https://example.org/').then(() => 'worked', (error) => error.name).then((outcome) => {
  tried['other origin'] = outcome;
  document.body.setAttribute('data-tried', JSON.stringify(tried));
});
`;

describe('the policy of the pages, in a real browser', () => {
  let app: TestApp;
  let browser: Browser;
  let webDir: string;

  beforeAll(async () => {
    webDir = mkdtempSync(join(tmpdir(), 'jardam-web-'));
    writeFileSync(join(webDir, 'index.html'), '<!doctype html><title>Page</title><body><script src="/attack.js" type="module"></script><p>text</p>');
    writeFileSync(join(webDir, 'attack.js'), ATTACKS);
    app = await testApp({ config: { instance: { webDir } } });
    browser = await openBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser.close();
    await app.stop();
    rmSync(webDir, { recursive: true });
  });

  it('lets a page run its own code and WebAssembly, and nothing that was slipped in or leads away', async () => {
    const page = await browser.newPage();
    await page.goto(app.url);
    const body = page.locator('body[data-tried]');
    await body.waitFor({ timeout: 45_000 });
    const tried: unknown = JSON.parse((await body.getAttribute('data-tried')) ?? '{}');
    expect(tried).toEqual({
      'html string': 'TypeError',
      eval: 'EvalError',
      'inline handler': 'TypeError',
      'script address': 'TypeError',
      'second policy': 'TypeError',
      'own policy': 'worked',
      wasm: 'worked',
      'other origin': 'TypeError',
    });
  });
});

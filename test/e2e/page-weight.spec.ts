import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { defaultWebDir } from '../../src/platform/http/pages.js';

/** 14 kB: what TCP sends in its first round trip (RFC 6928: ten segments). 60 kB: half a minute of bad 2G. */
const firstViewLimitBytes = 14_000;
const panicLimitBytes = 60_000;

const built = (name: string): Buffer => readFileSync(join(defaultWebDir(), name));
const sent = (name: string): number => built(`${name}.br`).length;

describe('what the defender’s page weighs as it is sent', () => {
  let html: string;
  let assets: string[];
  const named = (pattern: RegExp): string[] => [...html.matchAll(pattern)].map(([, name]) => name ?? '');

  beforeAll(() => {
    if (!existsSync(join(defaultWebDir(), 'index.html'))) throw new Error('the pages are not built: run "npm run build"');
    html = built('index.html').toString();
    assets = readdirSync(join(defaultWebDir(), 'assets')).filter((name) => /\.(?:js|css)$/.test(name));
  });

  /** Everything that the browser loads before a panic can be sealed: the page, its modules, and one language. */
  function untilPanic(lang: RegExp): string[] {
    const catalogue = assets.find((name) => name.endsWith('.js') && lang.test(built(`assets/${name}`).toString()));
    if (catalogue === undefined) throw new Error('the catalogue was not built');
    return ['index.html', ...named(/href="\/(assets\/[^"]+\.(?:css|js))"/g), ...named(/src="\/(assets\/[^"]+\.js)"/g), `assets/${catalogue}`];
  }

  it('shows its first view within one round trip', () => {
    const view = ['index.html', ...named(/href="\/(assets\/[^"]+\.css)"/g)];
    expect(view.length).toBe(2);
    expect(view.reduce((sum, name) => sum + sent(name), 0)).toBeLessThanOrEqual(firstViewLimitBytes);
  });

  it.each([
    ['Kyrgyz', /defender\.title\W+Жазмалар/],
    ['Russian', /defender\.title\W+Заметки/],
    ['Tajik', /defender\.title\W+Ёддоштҳо/],
  ])('can send a panic in %s after 60 kB', (_name, lang) => {
    const files = untilPanic(lang);
    // Sealing is among them: the refusal of the sealing code is found in no other place.
    expect(files.some((name) => built(name).includes('bad-recipients'))).toBe(true);
    expect(files.reduce((sum, name) => sum + sent(name), 0)).toBeLessThanOrEqual(panicLimitBytes);
  });

  it('keeps WebAssembly, Argon2id, the word list and the cleaning of files out of that', () => {
    for (const name of untilPanic(/defender\.title\W+Notes/)) {
      const text = built(name).toString();
      expect([name, /abacus\s+abdomen/.test(text), text.includes('AGFzbQ'), text.includes('must be at least 8*p bytes'), text.includes('OpusTags')]).toEqual([name, false, false, false, false]);
    }
    // Cleaning is built, and loaded with the first file.
    expect(assets.some((name) => built(`assets/${name}`).includes('OpusTags'))).toBe(true);
  });

  it('carries no inline script or style, and the hash of every file that the page names', () => {
    for (const page of ['index.html', 'desk.html']) {
      const text = built(page).toString();
      expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/);
      const tags = text.match(/<(?:script|link)[^>]*assets\/[^>]*\.(?:js|css)"[^>]*>/g) ?? [];
      expect(tags.length).toBeGreaterThan(1);
      for (const tag of tags) {
        const [, name = ''] = /"\/(assets\/[^"]+)"/.exec(tag) ?? [];
        expect(tag).toContain(`integrity="sha384-${createHash('sha384').update(built(name)).digest('base64')}"`);
      }
    }
  });

  it('is kept compressed in both forms, true to the original', () => {
    for (const name of ['index.html', ...assets.map((asset) => `assets/${asset}`)]) {
      expect([name, brotliDecompressSync(built(`${name}.br`)).equals(built(name))]).toEqual([name, true]);
      expect([name, gunzipSync(built(`${name}.gz`)).equals(built(name))]).toEqual([name, true]);
    }
  });
});

import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const languages = ['en', 'ru', 'ky', 'uz', 'tg'];
const read = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(join(root, 'locales', name), 'utf8')) as Record<string, string>;
const catalogues = Object.fromEntries(languages.map((lang) => [lang, read(`${lang}.json`)]));
const english = catalogues['en'] ?? {};

const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort();

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !/\.spec\.tsx?$/.test(name))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'));
}

describe('the catalogues', () => {
  it.each(languages)('have the same keys in %s as in the English source', (lang) => {
    expect(Object.keys(catalogues[lang] ?? {}).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(languages)('have the same placeholders in %s', (lang) => {
    for (const [key, text] of Object.entries(english)) {
      expect([key, ...placeholders(catalogues[lang]?.[key] ?? '')]).toEqual([key, ...placeholders(text)]);
    }
  });

  it.each(languages)('leave nothing empty in %s', (lang) => {
    expect(Object.entries(catalogues[lang] ?? {}).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  it('hold no area that no program uses, and no key that nothing names', () => {
    const code = [...sources('web'), ...sources('src')].join('\n');
    // Keys made of a fixed beginning and a code are named by the beginning, written as a template: `area.name.${code}`.
    const made = [...code.matchAll(/`([a-z]+\.[\w.-]+)\$\{/g)].map(([, beginning]) => beginning ?? '');
    const unused = Object.keys(english).filter(
      (key) => !code.includes(`'${key}'`) && !made.some((beginning) => key.startsWith(beginning)),
    );
    expect(unused).toEqual([]);
  });

  it('avoid the words that suggest a criminal case', () => {
    // Field rule: Russian «дело», Kyrgyz and Uzbek «иш/ish» as a noun on its own.
    expect(Object.entries(catalogues['ru'] ?? {}).filter(([, text]) => /(?<!\p{L})(?:дело|дела|делу|делом)(?!\p{L})/iu.test(text))).toEqual([]);
    expect(Object.entries(catalogues['ky'] ?? {}).filter(([, text]) => /(?<!\p{L})иш(?:и|ти|ке|тин)?(?!\p{L})/iu.test(text))).toEqual([]);
    expect(Object.entries(catalogues['uz'] ?? {}).filter(([, text]) => /(?<!\p{L})ish(?:i|ni|ga|ning)?(?!\p{L})/iu.test(text))).toEqual([]);
  });

  it('carry a review status for every language', () => {
    const status = JSON.parse(readFileSync(join(root, 'locales/status.json'), 'utf8')) as {
      languages: Record<string, { status: string; confidence: string }>;
    };
    expect(Object.keys(status.languages).sort()).toEqual([...languages].sort());
    for (const { status: state } of Object.values(status.languages)) expect(['source', 'draft', 'reviewed']).toContain(state);
  });
});

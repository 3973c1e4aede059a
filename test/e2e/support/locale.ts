import { readFileSync } from 'node:fs';

const languages = new Map<string, Readonly<Record<string, string>>>();

/** What the pages say under this key, so that a story fails when somebody is told something else; `{name}` is filled in. */
export function said(key: string, lang = 'en', values: Readonly<Record<string, string>> = {}): string {
  let catalogue = languages.get(lang);
  if (catalogue === undefined) {
    catalogue = JSON.parse(readFileSync(new URL(`../../../locales/${lang}.json`, import.meta.url), 'utf8')) as Record<string, string>;
    languages.set(lang, catalogue);
  }
  const text = catalogue[key];
  if (text === undefined) throw new Error(`the pages have no text "${key}" in ${lang}`);
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

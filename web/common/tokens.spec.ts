import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
const colours = (part: string): Record<string, string> =>
  Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name ?? '', value ?? '']));
const themes = { light: colours(light), dark: { ...colours(light), ...colours(dark) } };

/** Relative luminance and contrast ratio as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const text = 4.5;
const enhanced = 7;
const control = 3;
const pairs: readonly (readonly [string, string, number])[] = [
  ['grey-6', 'grey-1', enhanced],
  ['grey-6', 'grey-2', enhanced],
  ['grey-5', 'grey-1', enhanced],
  ['grey-5', 'grey-2', text],
  ['accent', 'grey-1', text],
  ['accent', 'grey-2', text],
  ['accent-ink', 'accent', enhanced],
  ['red-ink', 'red', text],
  ['red', 'grey-1', control],
  ['amber', 'grey-1', text],
  ['amber', 'amber-area', text],
  ['grey-6', 'amber-area', enhanced],
  ['green', 'grey-1', text],
  ['green', 'green-area', text],
  ['grey-6', 'green-area', enhanced],
  ['grey-4', 'grey-1', control],
  ['grey-4', 'grey-2', control],
];

describe.each(['light', 'dark'] as const)('colours of the %s theme', (theme) => {
  it.each(pairs)('%s on %s reads at %d : 1 or better', (ink, area, least) => {
    const [a, b] = [themes[theme][ink], themes[theme][area]];
    if (a === undefined || b === undefined) throw new Error('a colour of the pair is not in tokens.css');
    expect(contrast(a, b)).toBeGreaterThanOrEqual(least);
  });
});

it('keeps every space a multiple of 4 px', () => {
  const spaces = [...css.matchAll(/--s\d+: ([\d.]+)rem/g)].map(([, rem]) => Number(rem) * 16);
  expect(spaces.length).toBeGreaterThan(5);
  expect(spaces.filter((px) => px % 4 !== 0)).toEqual([]);
});

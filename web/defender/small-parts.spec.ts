import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { RosterBody } from '@jardam/protocol';
import { megabytes, sentName } from './files.js';
import { nearWords } from './near-words.js';
import { verifyPolicy } from './policy.js';
import { shiftCounter } from './quick-exit.js';
import { readSettings } from './settings.js';

describe('Shift three times', () => {
  it('leaves at the third press within a second and a half, and not when something was typed between', () => {
    let now = 0;
    const press = shiftCounter(() => now);
    const at = (ms: number, key = 'Shift'): boolean => {
      now = ms;
      return press(key);
    };
    expect([at(0), at(300), at(600)]).toEqual([false, false, true]);
    const slow = shiftCounter(() => now);
    const slowly = (ms: number, key = 'Shift'): boolean => {
      now = ms;
      return slow(key);
    };
    expect([slowly(10_000), slowly(11_000), slowly(12_000), slowly(13_000)]).toEqual([false, false, false, false]);
    // Capital letters: Shift, A, Shift, B, Shift.
    expect([slowly(20_000), slowly(20_100, 'A'), slowly(20_200), slowly(20_300, 'B'), slowly(20_400)]).toEqual([false, false, false, false, false]);
  });
});

describe('words that were meant', () => {
  const list = ['abacus', 'abdomen', 'utensil', 'yo-yo', 'zoom'];

  it('are one slip away: a letter wrong, missing, doubled, or two swapped', () => {
    for (const typed of ['utensit', 'utesil', 'uttensil', 'utenisl']) expect(nearWords(typed, list)).toEqual(['utensil']);
  });

  it('are not guessed when more is wrong', () => {
    expect(nearWords('untensli', list)).toEqual([]);
    expect(nearWords('xyz', list)).toEqual([]);
  });
});

describe('settings', () => {
  it('fall back to the careful default wherever storage holds something else', () => {
    const defaults = { lang: null, countdown: 10, holdToSend: false, location: false, abroad: true, eu: true };
    for (const stored of [null, '', '{', 'null', '7', '{"countdown":-1,"lang":"xx","location":"yes"}']) {
      expect(readSettings(stored)).toEqual(defaults);
    }
    expect(readSettings('{"countdown":"wait","lang":"ky","eu":false}')).toEqual({ ...defaults, countdown: 'wait', lang: 'ky', eu: false });
  });
});

describe('the name of a file', () => {
  const file = { id: 0, bytes: new Uint8Array(1) };

  it('is not sent: it tells times, phones and people', () => {
    expect(sentName({ ...file, name: 'IMG_20261123_1402.jpg', type: 'image/jpeg', ending: 'jpg' }, 1)).toBe('1.jpg');
    expect(sentName({ ...file, name: 'Statement of A. B..PDF', type: 'application/pdf', ending: null }, 2)).toBe('2.pdf');
    expect(sentName({ ...file, name: 'no ending', type: '', ending: null }, 3)).toBe('3');
  });

  it('and its size is never told as less than it is', () => {
    expect([megabytes(1), megabytes(26_214_400), megabytes(26_214_401), megabytes(5_300_000)]).toEqual(['0.1', '25', '26', '5.1']);
  });
});

describe('the policy', () => {
  const tiers = [
    { tier: 1, name: { en: 'First' }, afterMs: { S1: 0, S2: 0, S3: 0, S4: 'next_shift' }, consent: null, gated: false, by: 'people' },
    { tier: 5, name: { en: 'EU' }, afterMs: { S1: 1, S2: 1, S3: 1, S4: null }, consent: 'eu', gated: true, by: 'people' },
  ];
  const served = (text: string) => ({ id: 'p', text, sha256: createHash('sha256').update(text).digest('hex') });
  const signed = (sha256: string) => ({ policies: [{ id: 'p', sha256 }] }) as unknown as RosterBody;
  const good = served(JSON.stringify({ tiers }));

  it('counts when the signed roster names the hash of its very text', async () => {
    expect((await verifyPolicy(good, signed(good.sha256)))?.tiers.map(({ tier }) => tier)).toEqual([1, 5]);
  });

  it('is refused when a server takes the consent out of it', async () => {
    const text = good.text.replace('"consent":"eu"', '"consent":null');
    expect(await verifyPolicy({ ...good, text }, signed(good.sha256))).toBeNull();
    expect(await verifyPolicy(served(text), signed(good.sha256))).toBeNull();
  });

  it('is refused when a consent or a delay has a form that this page does not know', async () => {
    for (const [from, to] of [['"eu"', '"everybody"'], ['"next_shift"', '"soon"'], ['"people"', '"post"']] as const) {
      const odd = served(good.text.replace(from, to));
      expect(await verifyPolicy(odd, signed(odd.sha256))).toBeNull();
    }
  });
});

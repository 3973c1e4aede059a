import { beforeAll, describe, expect, it } from '@jest/globals';
import { utf8, type Primitives } from '@jardam/protocol';
import { loadSodium } from '@jardam/protocol/sodium';
import { openUnder, sealUnder } from './sealed-box.js';

describe('a box under a key of the server', () => {
  let p: Primitives;
  let key: Uint8Array;
  const place = { label: 'jardam/test', context: utf8('row 1') };
  const secret = utf8('somebody@example.org');

  beforeAll(async () => {
    p = await loadSodium();
    key = p.randomBytes(32);
  });

  it('opens where it belongs', () => {
    expect(openUnder(p, key, place, sealUnder(p, key, place, secret))).toEqual(secret);
  });

  it('never looks the same twice', () => {
    expect(sealUnder(p, key, place, secret)).not.toEqual(sealUnder(p, key, place, secret));
  });

  it('opens nowhere else: not in another row, for another use, or under another key', () => {
    const sealed = sealUnder(p, key, place, secret);
    expect(openUnder(p, key, { ...place, context: utf8('row 2') }, sealed)).toBeNull();
    expect(openUnder(p, key, { ...place, label: 'jardam/other' }, sealed)).toBeNull();
    expect(openUnder(p, p.randomBytes(32), place, sealed)).toBeNull();
  });

  it('is refused with any bit changed, and when cut short', () => {
    const sealed = sealUnder(p, key, place, secret);
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openUnder(p, key, place, changed)).toBeNull();
    }
    for (const length of [0, 31, 32, 47, sealed.length - 1]) expect(openUnder(p, key, place, sealed.slice(0, length))).toBeNull();
  });
});

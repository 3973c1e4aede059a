import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { providers } from '../test/fixtures.js';
import type { Primitives } from './primitives.js';
import { checkVector, vectorsOf } from './vectors.js';

interface KnownAnswer {
  payload_utf8: string;
  draws_in_order: Record<string, string>;
  envelope_hex: string;
  [field: string]: unknown;
}

const file: unknown = JSON.parse(readFileSync(new URL('../vectors/jdm1-kat.json', import.meta.url), 'utf8'));
const known = (): KnownAnswer => structuredClone(vectorsOf(file)[0]?.vector) as KnownAnswer;

describe.each(providers.map((p) => [p.name, p] as const))('known answers with %s', (_name, p: Primitives) => {
  it('reproduces every envelope from its draws and opens it for all recipients', () => {
    for (const { vector } of vectorsOf(file)) expect(checkVector(p, vector)).toEqual([]);
  });

  it('sees one changed bit in the recorded envelope', () => {
    const vector = known();
    vector.envelope_hex = vector.envelope_hex.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const differences = checkVector(p, vector);
    expect(differences).toContain('envelope_hex');
    expect(differences).toContain('opening for recipient 11: envelope refused: bad-signature');
  });

  it('sees another text, a missing draw, one too many, and one of the wrong length', () => {
    expect(checkVector(p, { ...known(), payload_utf8: '{}' })).toContain('envelope_hex');
    const { draws_in_order: draws } = known();
    const { shuf7: _left, ...fewer } = draws;
    expect(checkVector(p, { ...known(), draws_in_order: fewer })).toEqual(['missing draw "shuf7"']);
    expect(checkVector(p, { ...known(), draws_in_order: { ...draws, more: '00' } })).toEqual(['unused draws: more']);
    expect(checkVector(p, { ...known(), draws_in_order: { ...draws, ck: '00' } })).toEqual([
      'draw "ck" must be 32 bytes, not 1',
    ]);
    expect(checkVector(p, { ...known(), draws_in_order: undefined })).toEqual(['draws_in_order missing']);
  });
});

describe('a vector file', () => {
  it('without vectors is refused, not passed', () => {
    for (const empty of [null, [], {}, { vectors: [] }, { vectors: 'none' }]) {
      expect(() => vectorsOf(empty)).toThrow('no vectors');
    }
  });

  it('names each vector', () => {
    expect(vectorsOf({ vectors: [{ name: 'a' }, {}] }).map(({ name }) => name)).toEqual(['a', 'vector 2']);
  });
});

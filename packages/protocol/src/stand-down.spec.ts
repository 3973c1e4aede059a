import { describe, expect, it } from '@jest/globals';
import { filled, noble, sodium } from '../test/fixtures.js';
import { toHex } from './bytes.js';
import { loadSodiumArgon2 } from './providers/sodium.js';
import { checkPhrase, makePhraseVerifier, uniformPhrase } from './stand-down.js';

const argon2 = await loadSodiumArgon2();
const alertId = filled(1, 16);
const phrase = 'Кара жорго, эки тай';

describe('the stand-down phrase', () => {
  it('is known again, however it was typed, by either provider', async () => {
    const made = await makePhraseVerifier(sodium, argon2, phrase, alertId);
    expect(await checkPhrase(noble, argon2, '  кара   ЖОРГО, эки тай ', alertId, made)).toBe(true);
    expect(uniformPhrase('Ａ\u00a0b')).toBe('a b');
  });

  it('is not another phrase, an empty one, nor that of another alert', async () => {
    const made = await makePhraseVerifier(sodium, argon2, phrase, alertId);
    expect(await checkPhrase(sodium, argon2, 'Кара жорго, эки таи', alertId, made)).toBe(false);
    expect(await checkPhrase(sodium, argon2, '', alertId, made)).toBe(false);
    expect(await checkPhrase(sodium, argon2, phrase, filled(2, 16), made)).toBe(false);
  });

  it('has a frozen verifier', async () => {
    const made = await makePhraseVerifier(sodium, argon2, phrase, alertId, filled(5, 16));
    expect(toHex(made.verifier)).toBe('c24a9bb335bf8273a3e4c65faf186cf5c2f9fa8fc9312bccb04502f22855cc88');
  });

  it('is refused when it is too short or too long, and its verifier when the cost was lowered or raised', async () => {
    await expect(makePhraseVerifier(sodium, argon2, '  a  b  ', alertId)).rejects.toThrow(RangeError);
    await expect(makePhraseVerifier(sodium, argon2, 'a'.repeat(201), alertId)).rejects.toThrow(RangeError);
    const made = await makePhraseVerifier(sodium, argon2, phrase, alertId);
    for (const change of [{ iterations: 2 }, { iterations: 17 }, { memoryBytes: 2 ** 20 }, { memoryBytes: 2 ** 31 }]) {
      expect(await checkPhrase(sodium, argon2, phrase, alertId, { ...made, ...change })).toBe(false);
    }
  });
});

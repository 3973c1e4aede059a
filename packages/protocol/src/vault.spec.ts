import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filled, flipBit, sodium, withBytes } from '../test/fixtures.js';
import { equalBytes, u32 } from './bytes.js';
import { loadSodiumArgon2 } from './providers/sodium.js';
import { formatRecoveryCode, parseRecoveryCode } from './recovery-code.js';
import { changePassphrase, createVault, openVault } from './vault.js';
import { maxVaultMemoryBytes, minVaultMemoryBytes, vaultBytes, VaultError } from './vault-format.js';

const argon2 = await loadSodiumArgon2();
const memoryBytes = minVaultMemoryBytes;
const masterSecret = filled(42);
const passphrase = 'четыре спокойных слова';

const make = (): ReturnType<typeof createVault> => createVault(sodium, argon2, masterSecret, { passphrase, memoryBytes });
const open = (bytes: Uint8Array, secret: Parameters<typeof openVault>[3]): ReturnType<typeof openVault> =>
  openVault(sodium, argon2, bytes, secret);

const iterationsAt = 8;
const memoryAt = 12;
const reasonOf = async (bytes: Uint8Array): Promise<string> => {
  try {
    return JSON.stringify(await open(bytes, { passphrase }));
  } catch (error) {
    return error instanceof VaultError ? error.code : 'another error';
  }
};

describe('a vault', () => {
  it('opens by passphrase and by recovery code', async () => {
    const { bytes, recoveryCode } = await make();
    expect(bytes).toHaveLength(vaultBytes);
    expect(await open(bytes, { passphrase })).toEqual({ masterSecret });
    expect(await open(bytes, { recoveryCode })).toEqual({ masterSecret });
    expect(await open(bytes, { recoveryCode: recoveryCode.toLowerCase().replaceAll('-', ' ') })).toEqual({ masterSecret });
  });

  it('says which of the two was wrong, and nothing else', async () => {
    const { bytes } = await make();
    const other = await make();
    expect(await open(bytes, { passphrase: 'четыре спокойных слов' })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open(bytes, { passphrase: '' })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open(bytes, { recoveryCode: other.recoveryCode })).toEqual({ refused: 'wrong-recovery-code' });
    expect(await open(bytes, { recoveryCode: 'not a code' })).toEqual({ refused: 'wrong-recovery-code' });
  });

  it('takes a passphrase however the keyboard composes its letters', async () => {
    const composed = 'Жайыл\u00e9 \u0439 \ufb01';
    const { bytes } = await createVault(sodium, argon2, masterSecret, { passphrase: composed.normalize('NFC'), memoryBytes });
    expect(composed.normalize('NFD')).not.toBe(composed.normalize('NFC'));
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) {
      expect(await open(bytes, { passphrase: composed.normalize(form) })).toEqual({ masterSecret });
    }
  });

  it('with its Argon2id cost lowered below the bounds is not even tried', async () => {
    const { bytes } = await make();
    expect(await reasonOf(withBytes(bytes, memoryAt, u32(minVaultMemoryBytes / 1024 - 1)))).toBe('weak-parameters');
    expect(await reasonOf(withBytes(bytes, memoryAt, u32(8)))).toBe('weak-parameters');
    expect(await reasonOf(withBytes(bytes, iterationsAt, u32(2)))).toBe('weak-parameters');
    expect(await reasonOf(withBytes(bytes, memoryAt, u32(maxVaultMemoryBytes / 1024 + 1)))).toBe('excessive-parameters');
    expect(await reasonOf(withBytes(bytes, iterationsAt, u32(17)))).toBe('excessive-parameters');
  });

  it('with its cost changed within the bounds does not open: the slot is bound to what it says', async () => {
    const { bytes } = await createVault(sodium, argon2, masterSecret, { passphrase, memoryBytes: memoryBytes + 1024 });
    expect(await reasonOf(withBytes(bytes, memoryAt, u32(memoryBytes / 1024)))).toBe('{"refused":"wrong-passphrase"}');
    expect(await reasonOf(withBytes(bytes, iterationsAt, u32(4)))).toBe('{"refused":"wrong-passphrase"}');
  });

  it('cannot be made cheaper than the bounds', async () => {
    const cheap = createVault(sodium, argon2, masterSecret, { passphrase, memoryBytes: memoryBytes - 1024 });
    await expect(cheap).rejects.toMatchObject({ code: 'weak-parameters' });
  });

  it('with any bit changed never gives another master secret', async () => {
    const { bytes, recoveryCode } = await make();
    const outcome = async (bit: number): Promise<'opened' | 'refused' | 'another secret'> => {
      try {
        const result = await open(flipBit(bytes, bit), { recoveryCode });
        if ('refused' in result) return 'refused';
        return equalBytes(result.masterSecret, masterSecret) ? 'opened' : 'another secret';
      } catch (error) {
        if (error instanceof VaultError) return 'refused';
        throw error;
      }
    };
    // The passphrase slot (bytes 4 to 79) has no part in opening by code; any other bit counts.
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const allowed = bit >= 4 * 8 && bit < 80 * 8 ? ['opened', 'refused'] : ['refused'];
      expect(allowed).toContain(await outcome(bit));
    }
  });

  it('of another length is malformed', async () => {
    const { bytes } = await make();
    expect(await reasonOf(bytes.subarray(1))).toBe('malformed');
    expect(await reasonOf(new Uint8Array(0))).toBe('malformed');
    expect(await reasonOf(new Uint8Array(vaultBytes))).toBe('malformed');
  });

  it('never stores the master secret readably', async () => {
    const { bytes } = await make();
    expect(Buffer.from(bytes).includes(Buffer.from(masterSecret.subarray(0, 8)))).toBe(false);
  });
});

describe('a vault with a passkey', () => {
  it('needs the passkey and the passphrase, and still opens by the printed code', async () => {
    const passkeyPrf = filled(5);
    const { bytes, recoveryCode } = await createVault(sodium, argon2, masterSecret, { passphrase, passkeyPrf, memoryBytes });
    expect(await open(bytes, { passphrase, passkeyPrf })).toEqual({ masterSecret });
    expect(await open(bytes, { passphrase })).toEqual({ refused: 'passkey-needed' });
    expect(await open(bytes, { passphrase, passkeyPrf: filled(6) })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open(bytes, { passphrase: 'x', passkeyPrf })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open(bytes, { recoveryCode })).toEqual({ masterSecret });
    // Turning the flag off does not turn the passkey off.
    expect(await reasonOf(withBytes(bytes, 5, Uint8Array.of(0)))).toBe('{"refused":"wrong-passphrase"}');
  });
});

describe('changing the passphrase', () => {
  it('keeps the keys and the recovery code, and ends the old passphrase', async () => {
    const { bytes, recoveryCode } = await make();
    const changed = await changePassphrase(sodium, argon2, bytes, { passphrase }, { passphrase: 'другая', memoryBytes });
    if ('refused' in changed) throw new Error('the passphrase was right');
    expect(await open(changed.bytes, { passphrase: 'другая' })).toEqual({ masterSecret });
    expect(await open(changed.bytes, { passphrase })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open(changed.bytes, { recoveryCode })).toEqual({ masterSecret });
    const byCode = await changePassphrase(sodium, argon2, bytes, { recoveryCode }, { passphrase: 'новая', memoryBytes });
    if ('refused' in byCode) throw new Error('the code was right');
    expect(await open(byCode.bytes, { passphrase: 'новая' })).toEqual({ masterSecret });
  });

  it('is refused without the old secret', async () => {
    const { bytes } = await make();
    const next = { passphrase: 'другая', memoryBytes };
    expect(await changePassphrase(sodium, argon2, bytes, { passphrase: 'x' }, next)).toEqual({ refused: 'wrong-passphrase' });
    expect(await changePassphrase(sodium, argon2, bytes, { recoveryCode: 'x' }, next)).toEqual({ refused: 'wrong-recovery-code' });
  });
});

describe('a recovery code', () => {
  it('reads back, with the misreadings that the alphabet expects', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 20 }), (code) => {
        const printed = formatRecoveryCode(code);
        expect(printed).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
        expect(parseRecoveryCode(printed)).toEqual(code);
        expect(parseRecoveryCode(printed.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l'))).toEqual(code);
      }),
    );
  });

  it('is refused in any other form', () => {
    const printed = formatRecoveryCode(filled(200, 20));
    for (const other of ['', printed.slice(1), `${printed}0`, printed.replace(/^./, 'U'), printed.replace(/^./, '!')]) {
      expect(parseRecoveryCode(other)).toBeNull();
    }
    expect(() => formatRecoveryCode(filled(1, 19))).toThrow(RangeError);
  });
});

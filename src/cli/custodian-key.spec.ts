import { beforeAll, describe, expect, it } from '@jest/globals';
import { minVaultMemoryBytes, toBase64url } from '@jardam/protocol';
import { loadCryptography, type Cryptography } from './cryptography.js';
import { custodianWords, newCustodianKey, openCustodianKey, publicKeyOf, type NewCustodianKey } from './custodian-key.js';

const PASSPHRASE = 'six words that nobody else has chosen';

describe('a custodian\'s key file', () => {
  let crypto: Cryptography;
  let made: NewCustodianKey;

  beforeAll(async () => {
    crypto = await loadCryptography();
    made = await newCustodianKey(crypto.p, crypto.passwordHash, PASSPHRASE, minVaultMemoryBytes);
  });

  const open = (secret: { passphrase: string } | { recoveryCode: string }, file = made.file) => openCustodianKey(crypto.p, crypto.passwordHash, file, secret);

  it('opens with its passphrase, to the key that it names', async () => {
    const opened = await open({ passphrase: PASSPHRASE });
    if ('refused' in opened) throw new Error(opened.refused);
    expect(toBase64url(opened.publicKey)).toBe(toBase64url(made.publicKey));
    expect(crypto.p.ed25519.keypair(opened.seed).publicKey).toEqual(made.publicKey);
  });

  it('opens with the recovery code on paper when the passphrase is forgotten', async () => {
    expect(await open({ recoveryCode: made.recoveryCode.toLowerCase() })).not.toHaveProperty('refused');
  });

  it('says what is wrong', async () => {
    expect(await open({ passphrase: `${PASSPHRASE}.` })).toEqual({ refused: 'wrong-passphrase' });
    expect(await open({ recoveryCode: '0000-0000-0000-0000-0000-0000-0000-0000' })).toEqual({ refused: 'wrong-recovery-code' });
    expect(await open({ passphrase: PASSPHRASE }, '{"type":"something else"}')).toEqual({ refused: 'not-a-key-file' });
    expect(await open({ passphrase: PASSPHRASE }, made.file.slice(0, -20))).toEqual({ refused: 'not-a-key-file' });
  });

  it('refuses a file in which the public key was exchanged: its words would be those of somebody else', async () => {
    const other = crypto.p.ed25519.keypair(new Uint8Array(32).fill(5)).publicKey;
    const file = made.file.replace(toBase64url(made.publicKey), toBase64url(other));
    expect(await open({ passphrase: PASSPHRASE }, file)).toEqual({ refused: 'damaged' });
  });

  it('holds neither seed nor passphrase in clear', async () => {
    const opened = await open({ passphrase: PASSPHRASE });
    if ('refused' in opened) throw new Error(opened.refused);
    expect(made.file).not.toContain(toBase64url(opened.seed));
    expect(made.file).not.toContain(PASSPHRASE);
  });

  it('shows its eight words without being opened', () => {
    const publicKey = publicKeyOf(made.file);
    if (publicKey === null) throw new Error('unreadable');
    expect(custodianWords(crypto.p, publicKey)).toEqual(custodianWords(crypto.p, made.publicKey));
    expect(custodianWords(crypto.p, made.publicKey)).toHaveLength(8);
  });
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  createVault,
  deriveResponder,
  drawMasterSecret,
  drawReceiptWords,
  drawResponderId,
  fromBase64url,
  minVaultMemoryBytes,
  toBase64url,
  toHex,
  type Primitives,
} from '@jardam/protocol';
import { wordsFromIndices } from '@jardam/protocol/words';
import { z } from 'zod';
import type { Cryptography } from '../cli/cryptography.js';
import { newCustodianKey } from '../cli/custodian-key.js';
import { readFileOf, writePrivateFile } from '../cli/private-file.js';
import { CAST } from './cast.js';

const KEYS_FILE = 'people.json';
const CUSTODIAN_FILE = 'custodian-key.json';
const passphraseWordCount = 4;
const locatorBytes = 16;

const personSchema = z.strictObject({
  key: z.string(),
  rid: z.string(),
  sigPk: z.string(),
  kemPk: z.string(),
  passphrase: z.string(),
  locator: z.string(),
  vault: z.string(),
});
const fileSchema = z.strictObject({
  about: z.string(),
  custodian: z.strictObject({ publicKey: z.string(), passphrase: z.string() }),
  people: z.array(personSchema),
});

/** Everything that in a real coalition each person would keep to themselves. */
export type DemoKeys = z.output<typeof fileSchema>;
export type DemoPerson = DemoKeys['people'][number];

/**
 * The keys of the demo: those made at the first start, or new ones.
 *
 * They are on the disk before anything is published, so that a kill at any moment leaves either nothing or a coalition
 * whose passphrases are known.
 *
 * @param folder of the demo; holds people.json and the custodian's key file
 */
export async function demoKeys(crypto: Cryptography, folder: string): Promise<DemoKeys> {
  const file = join(folder, KEYS_FILE);
  if (!existsSync(file)) await makeKeys(crypto, folder, file);
  const checked = fileSchema.safeParse(JSON.parse(readFileOf(file)));
  if (!checked.success) throw new Error(`${file} is damaged: remove the demo's folder and start again`);
  return checked.data;
}

/** Path of the demo's root key, to try out `jardam roster sign` with. */
export function custodianFile(folder: string): string {
  return join(folder, CUSTODIAN_FILE);
}

async function makeKeys(crypto: Cryptography, folder: string, file: string): Promise<void> {
  const { p, passwordHash } = crypto;
  const passphrase = drawPassphrase(p);
  // The least that the protocol allows: these passphrases are on the screen anyway, and the start must be quick.
  const root = await newCustodianKey(p, passwordHash, passphrase, minVaultMemoryBytes);
  writePrivateFile(custodianFile(folder), root.file, { replace: true });
  const people = await Promise.all(CAST.map(({ key }) => makePerson(crypto, key)));
  const keys: DemoKeys = {
    about: 'Keys and passphrases of the invented people of the demo. Real ones are never together in one file.',
    custodian: { publicKey: toBase64url(root.publicKey), passphrase },
    people,
  };
  writePrivateFile(file, `${JSON.stringify(keys, null, 1)}\n`, { replace: false });
}

async function makePerson({ p, passwordHash }: Cryptography, key: string): Promise<DemoPerson> {
  const masterSecret = drawMasterSecret(p);
  const { signPk, kem } = deriveResponder(p, masterSecret);
  const passphrase = drawPassphrase(p);
  const { bytes } = await createVault(p, passwordHash, masterSecret, { passphrase, memoryBytes: minVaultMemoryBytes });
  masterSecret.fill(0);
  return {
    key,
    rid: toHex(drawResponderId(p)),
    sigPk: toBase64url(signPk),
    kemPk: toBase64url(kem.publicKey),
    passphrase,
    locator: toBase64url(p.randomBytes(locatorBytes)),
    vault: toBase64url(bytes),
  };
}

function drawPassphrase(p: Primitives): string {
  return wordsFromIndices(drawReceiptWords(p).slice(0, passphraseWordCount)).join(' ');
}

/** Bytes of a field of the keys' file; a file that was edited by hand stops the demo. */
export function bytesOf(field: string): Uint8Array {
  const bytes = fromBase64url(field);
  if (bytes === null) throw new Error('the keys of the demo are damaged: remove its folder and start again');
  return bytes;
}

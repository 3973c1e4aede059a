import { readFileSync } from 'node:fs';
import { toBase64url } from '@jardam/protocol';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { custodianWords, newCustodianKey, publicKeyOf } from './custodian-key.js';
import { CliFailure } from './failure.js';
import { readNewPassphrase, withPassphraseOptions, type PassphraseOptions } from './passphrase.js';
import { readFileOf, writePrivateFile } from './private-file.js';
import { shippedFile } from './shipped-file.js';

/** `jardam custodian …`: everything that a root custodian does on a machine without a network. */
export function addCustodianCommands(program: Command, { terminal }: CommandContext): void {
  const custodian = program.command('custodian').description('root keys: made, kept and used offline by the custodians');

  custodian
    .command('init')
    .description('write a file that describes a new coalition, to be filled in')
    .option('--out <file>', 'where to write it', 'coalition.yaml')
    .action(({ out }: { out: string }) => {
      writePrivateFile(out, readFileSync(shippedFile('config', 'coalition.example.yaml'), 'utf8'), { replace: false });
      terminal.say(`${out} written. Fill in the organisations, the custodians' public keys and how many must sign.`);
      terminal.note('Next: every custodian runs "jardam custodian key new" on a machine of their own, without a network.');
    });

  const key = custodian.command('key').description('a custodian\'s own key');
  withPassphraseOptions(key.command('new'))
    .description('make a root key, sealed under a passphrase')
    .requiredOption('--out <file>', 'where to write the key; it is never overwritten')
    .addHelpText('after', '\nDo this on a machine that is never connected. The key must not come near the server.\nThe recovery code is shown once: write it on paper and keep it apart from the key file.')
    .action(async ({ out, ...options }: { out: string } & PassphraseOptions) => {
      const passphrase = await readNewPassphrase(terminal, options);
      const { p, passwordHash } = await loadCryptography();
      const made = await newCustodianKey(p, passwordHash, passphrase);
      writePrivateFile(out, made.file, { replace: false });
      terminal.note(`${out} written. Recovery code, shown this once; write it on paper:\n\n  ${made.recoveryCode}\n`);
      terminal.say(`public key: ${toBase64url(made.publicKey)}`);
      terminal.say(`words:      ${custodianWords(p, made.publicKey).join(' ')}`);
    });

  custodian
    .command('fingerprint')
    .description('show the public key of a key file and the words to compare aloud; needs no passphrase')
    .argument('<file>', 'key file')
    .action(async (file: string) => {
      const publicKey = publicKeyOf(readFileOf(file));
      if (publicKey === null) throw new CliFailure(`${file} is not a custodian's key file`);
      const { p } = await loadCryptography();
      terminal.say(`public key: ${toBase64url(publicKey)}`);
      terminal.say(`words:      ${custodianWords(p, publicKey).join(' ')}`);
    });
}

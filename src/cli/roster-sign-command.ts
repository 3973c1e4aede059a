import { signRoster, toBase64url } from '@jardam/protocol';
import { wordsFromBytes } from '@jardam/protocol/words';
import type { Command } from 'commander';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { openCustodianKey } from './custodian-key.js';
import { CliFailure, EXIT } from './failure.js';
import { readPassphrase, withPassphraseOptions, type PassphraseOptions } from './passphrase.js';
import { readFileOf, writePrivateFile } from './private-file.js';
import { checkDraft, formatDraft, readDraft } from './roster-file.js';
import { refusedAsFailure } from './roster-refusals.js';
import { describeChanges } from './roster-summary.js';

interface SignOptions extends PassphraseOptions {
  readonly key: string;
  readonly yes?: boolean;
  readonly recovery?: boolean;
}

/** `jardam roster sign`: needs no network and no database. */
export function addRosterSignCommand(roster: Command, { terminal, now }: CommandContext): void {
  withPassphraseOptions(roster.command('sign'))
    .description('sign a draft with a custodian\'s key; needs no network')
    .argument('<draft>', 'file of "jardam roster draft"; the signature is added to it')
    .requiredOption('--key <file>', 'the custodian\'s key file')
    .option('--recovery', 'the passphrase is forgotten: ask for the recovery code on paper instead')
    .option('--yes', 'sign without asking; for scripts that have shown the changes before')
    .addHelpText('after', '\nRead the changes. Your signature says that every one of them is right.')
    .action(async (file: string, options: SignOptions) => {
      const { p, passwordHash } = await loadCryptography();
      const unsigned = readDraft(file);
      const { body, bytes, previous, instanceId } = refusedAsFailure(() => checkDraft(p, unsigned, now()));

      terminal.note(`Instance: ${wordsFromBytes(instanceId).join(' ')}`);
      terminal.note(`Version ${body.version} would change:`);
      for (const line of describeChanges(p, previous, body, instanceId)) terminal.note(`  ${line}`);
      if (options.yes !== true) await confirm(body.version);

      const keyFile = readFileOf(options.key);
      const secret =
        options.recovery === true
          ? { recoveryCode: await terminal.askSecret('Recovery code: ') }
          : { passphrase: await readPassphrase(terminal, options) };
      const opened = await openCustodianKey(p, passwordHash, keyFile, secret);
      if ('refused' in opened) throw new CliFailure(KEY_REFUSALS[opened.refused]);
      const root = toBase64url(opened.publicKey);
      if (!body.roots.includes(root) && previous?.roots.includes(root) !== true) {
        opened.seed.fill(0);
        throw new CliFailure('this key is not one of the coalition\'s custodians: its signature would spoil the roster');
      }
      const signature = signRoster(p, bytes, opened.seed);
      opened.seed.fill(0);
      const signatures = [...unsigned.draft.signatures.filter((each) => each.root !== root), signature];
      writePrivateFile(file, formatDraft({ ...unsigned, draft: { ...unsigned.draft, signatures } }), { replace: true });
      terminal.say(`signed: ${signatures.length} signature${signatures.length === 1 ? '' : 's'} in ${file}`);
    });

  async function confirm(version: number): Promise<void> {
    if (!terminal.interactive) throw new CliFailure('nobody is there to confirm: add --yes if the changes were read', EXIT.usage);
    const answer = await terminal.ask(`Type the version number (${version}) to sign: `);
    if (answer.trim() !== String(version)) throw new CliFailure('not signed');
  }
}

const KEY_REFUSALS = {
  'not-a-key-file': 'that is not a custodian\'s key file',
  'wrong-passphrase': 'wrong passphrase',
  'wrong-recovery-code': 'wrong recovery code',
  damaged: 'the key file is damaged: use its copy, or the recovery code with an older copy',
} as const;

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CliFailure, EXIT } from './failure.js';
import { isOpenToOthers, readFileOf } from './private-file.js';
import type { Terminal } from './terminal.js';

/** Shortest passphrase for a root key, in characters. Whoever steals the file can guess without limit. */
export const minPassphraseLength = 16;

export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
}

/** Adds the ways to give a passphrase without a terminal. Never as an argument: other users see those. */
export function withPassphraseOptions(command: Command): Command {
  return command
    .option('--passphrase-file <file>', 'read the passphrase from a file that only you can read')
    .option('--passphrase-fd <number>', 'read the passphrase from an open file descriptor', fileDescriptor);
}

/** An existing passphrase, asked once. */
export async function readPassphrase(terminal: Terminal, options: PassphraseOptions): Promise<string> {
  return given(options) ?? (await terminal.askSecret('Passphrase of the key: '));
}

/** A new passphrase: long enough, and typed twice, because a mistyped one locks the key for ever. */
export async function readNewPassphrase(terminal: Terminal, options: PassphraseOptions): Promise<string> {
  const fromElsewhere = given(options);
  const passphrase = fromElsewhere ?? (await terminal.askSecret(`New passphrase, at least ${minPassphraseLength} characters: `));
  if ([...passphrase].length < minPassphraseLength) {
    throw new CliFailure(`the passphrase is too short: at least ${minPassphraseLength} characters, best six or more random words`);
  }
  if (fromElsewhere === undefined && (await terminal.askSecret('The same again: ')) !== passphrase) {
    throw new CliFailure('the two passphrases differ; nothing was written');
  }
  return passphrase;
}

function given({ passphraseFile, passphraseFd }: PassphraseOptions): string | undefined {
  if (passphraseFile !== undefined && passphraseFd !== undefined) {
    throw new CliFailure('give --passphrase-file or --passphrase-fd, not both', EXIT.usage);
  }
  if (passphraseFile !== undefined) {
    const text = readFileOf(passphraseFile);
    if (isOpenToOthers(passphraseFile)) throw new CliFailure(`${passphraseFile} can be read by others: chmod 600 it first`);
    return firstLine(text);
  }
  if (passphraseFd === undefined) return undefined;
  try {
    return firstLine(readFileSync(passphraseFd, 'utf8'));
  } catch {
    throw new CliFailure(`file descriptor ${passphraseFd} cannot be read`, EXIT.usage);
  }
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function fileDescriptor(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new CliFailure('--passphrase-fd is the number of an open file descriptor', EXIT.usage);
  return number;
}

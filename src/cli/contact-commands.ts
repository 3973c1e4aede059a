import { fromHex, LANGUAGES, toHex, type Language } from '@jardam/protocol';
import type { Command } from 'commander';
import { Option } from 'commander';
import { readKey } from 'openpgp';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database } from '../platform/database/database.js';
import type { ContactRow } from '../roster/contact-book.js';
import type { CommandContext } from './command-context.js';
import { contactBook } from './contact-book-access.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { askContactAddress } from './contact-address.js';
import { contactIdOf } from './contact-check-commands.js';
import { readFileOf } from './private-file.js';

interface AddOptions {
  readonly channel: 'email' | 'webhook';
  readonly rid?: string;
  readonly dutyDesk?: boolean;
  readonly operator?: boolean;
  readonly lang: Language;
  readonly priority: number;
  readonly pgpKey?: string;
  readonly verified?: boolean;
}

/** `jardam contact …`: where messages go. Addresses are asked for or piped in: arguments are seen by other users. */
export function addContactCommands(contact: Command, { terminal, environment }: CommandContext): void {
  contact
    .command('add')
    .description('add an address, which is asked for')
    .addOption(new Option('--channel <channel>', 'what kind of address').choices(['email', 'webhook']).default('email'))
    .option('--rid <rid>', 'the responder it belongs to')
    .option('--duty-desk', 'the duty desk, told when nobody answers')
    .option('--operator', 'the operator, told when nobody answers')
    .addOption(new Option('--lang <language>', 'language of the messages').choices([...LANGUAGES]).default('en'))
    .option('--priority <number>', '1 is tried first', wholeNumber, 1)
    .option('--pgp-key <file>', 'OpenPGP public key; mails are encrypted to it')
    .option('--verified', 'the address was checked by hand, for instance in a call; without it nothing is sent there')
    .action(async (options: AddOptions) => {
      const owner = ownerOf(options);
      const pgpKey = options.pgpKey === undefined ? null : await readPgpKey(options.pgpKey);
      const { address, server } = await askContactAddress(terminal, options.channel);
      const config = readConfig(environment);
      const id = await withDatabase(config, async (database) => {
        const book = await contactBook(database, config);
        return database.transaction(async (tx) => {
          if (owner.rid !== undefined) await checkKnown(tx, owner.rid);
          const { channel, lang, priority, verified = false } = options;
          return book.add(tx, { ...owner, channel, address, lang, priority, pgpKey, verified, ...(server === undefined ? {} : { server }) });
        });
      });
      terminal.say(id);
      if (options.verified !== true) terminal.note(`not verified yet, so nothing is sent there: jardam contact verify ${id}`);
    });

  contact
    .command('remove')
    .description('forget an address; messages that wait for it end as undeliverable')
    .argument('<id>', 'contact id as "contact list" shows it')
    .action(async (text: string) => {
      const id = contactIdOf(text);
      const config = readConfig(environment);
      const found = await withDatabase(config, async (database) => {
        const book = await contactBook(database, config);
        return database.transaction((tx) => book.remove(tx, DEFAULT_COALITION, id));
      });
      if (!found) throw new CliFailure('there is no contact of that id');
      terminal.say('removed');
    });

  contact
    .command('list')
    .description('show all contacts; addresses only with --addresses')
    .option('--addresses', 'show the addresses too: take care who sees the screen')
    .action(async ({ addresses }: { addresses?: boolean }) => {
      const config = readConfig(environment);
      await withDatabase(config, async (database) => {
        const book = await contactBook(database, config);
        const rows = await book.list(database, DEFAULT_COALITION);
        if (rows.length === 0) terminal.note('no contacts yet');
        for (const row of rows) terminal.say([describeContact(row), ...(addresses === true ? [book.openAddress(row)] : [])].join('  '));
      });
    });
}

function ownerOf({ rid, dutyDesk, operator }: AddOptions): { purpose: ContactRow['purpose']; rid?: Uint8Array } {
  const given = [rid !== undefined, dutyDesk === true, operator === true].filter(Boolean).length;
  if (given !== 1) throw new CliFailure('say whose address it is: --rid, --duty-desk or --operator, exactly one', EXIT.usage);
  if (rid === undefined) return { purpose: dutyDesk === true ? 'duty_desk' : 'operator' };
  const bytes = fromHex(rid, 16);
  if (bytes === null) throw new CliFailure(`"${rid}" is not a responder id (32 characters 0-9 and a-f)`, EXIT.usage);
  return { purpose: 'responder', rid: bytes };
}

async function checkKnown(reader: Pick<Database, 'query'>, rid: Uint8Array): Promise<void> {
  const { rowCount } = await reader.query(
    `SELECT FROM responder WHERE coalition_id = $1 AND rid = $2 UNION ALL SELECT FROM enrolment WHERE coalition_id = $1 AND rid = $2`,
    [DEFAULT_COALITION, Buffer.from(rid)],
  );
  if (rowCount === 0) throw new CliFailure('nobody of that id is in the roster or waits to be named');
}

async function readPgpKey(file: string): Promise<string> {
  const armored = readFileOf(file);
  try {
    const key = await readKey({ armoredKey: armored });
    if (key.isPrivate()) throw new CliFailure(`${file} is a private key: only the public one belongs here`);
    await key.getEncryptionKey();
    return key.armor();
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(`${file} is not an OpenPGP public key that can be encrypted to`);
  }
}

function describeContact(row: ContactRow): string {
  const owner = row.rid === null ? row.purpose.replace('_', ' ') : toHex(row.rid);
  const state = row.disabledAt ? `disabled (${row.disabledReason ?? 'no reason'})` : row.verifiedAt ? 'verified' : 'not verified';
  const tested = row.testedAt === null ? [] : [`test ${row.testedAt.toISOString().slice(0, 16)}Z ${row.testOutcome ?? ''} (${row.testCode ?? ''})`];
  return [row.contactId, owner, row.channel, `priority ${row.priority}`, row.lang, row.hasPgpKey ? 'OpenPGP' : 'plain', ...tested, state].join('  ');
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1 || number > 99) throw new CliFailure(`"${text}" is not a number from 1 to 99`, EXIT.usage);
  return number;
}

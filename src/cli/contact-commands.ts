import { fromHex, LANGUAGES, toHex, type Language } from '@jardam/protocol';
import type { Command } from 'commander';
import { Option } from 'commander';
import { readKey } from 'openpgp';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { ServiceConfig } from '../platform/config/slices.js';
import type { Database } from '../platform/database/database.js';
import { openServerKey } from '../platform/keys/server-key.js';
import { ContactBook, type ContactRow } from '../roster/contact-book.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { askMailAddress } from './mail-address.js';
import { readFileOf } from './private-file.js';

const CONTACT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface AddOptions {
  readonly rid?: string;
  readonly dutyDesk?: boolean;
  readonly operator?: boolean;
  readonly lang: Language;
  readonly priority: number;
  readonly pgpKey?: string;
  readonly verified?: boolean;
}

/** `jardam contact …`: where mails go. Addresses are asked for or piped in: arguments are seen by other users. */
export function addContactCommands(program: Command, { terminal, environment }: CommandContext): void {
  const contact = program.command('contact').description('how responders, the duty desk and the operator are reached');

  contact
    .command('add')
    .description('add a mail address, which is asked for')
    .option('--rid <rid>', 'the responder it belongs to')
    .option('--duty-desk', 'the duty desk, told when nobody answers')
    .option('--operator', 'the operator, told when nobody answers')
    .addOption(new Option('--lang <language>', 'language of the mails').choices([...LANGUAGES]).default('en'))
    .option('--priority <number>', '1 is tried first', wholeNumber, 1)
    .option('--pgp-key <file>', 'OpenPGP public key; mails are encrypted to it')
    .option('--verified', 'the address was checked by hand, for instance in a call; without it nothing is sent there')
    .action(async (options: AddOptions) => {
      const owner = ownerOf(options);
      const pgpKey = options.pgpKey === undefined ? null : await readPgpKey(options.pgpKey);
      const address = await askMailAddress(terminal);
      const config = readConfig(environment);
      const id = await withDatabase(config, async (database) => {
        const book = await contactBook(database, config);
        return database.transaction(async (tx) => {
          if (owner.rid !== undefined) await checkKnown(tx, owner.rid);
          const { lang, priority, verified = false } = options;
          return book.add(tx, { ...owner, channel: 'email', address, lang, priority, pgpKey, verified });
        });
      });
      terminal.say(id);
      if (options.verified !== true) terminal.note(`not verified yet, so nothing is sent there: jardam contact verify ${id}`);
    });

  contact
    .command('verify')
    .description('mark an address as proven to reach its person, or enable one again that had refused mail')
    .argument('<id>', 'contact id as "contact list" shows it')
    .action(async (id: string) => {
      if (!CONTACT_ID.test(id)) throw new CliFailure(`"${id}" is not a contact id`, EXIT.usage);
      const config = readConfig(environment);
      const found = await withDatabase(config, async (database) => {
        const book = await contactBook(database, config);
        return database.transaction((tx) => book.verify(tx, DEFAULT_COALITION, id));
      });
      if (!found) throw new CliFailure('there is no contact of that id');
      terminal.say('verified');
    });

  contact
    .command('list')
    .description('show all contacts; addresses only with --addresses')
    .option('--addresses', 'show the mail addresses too: take care who sees the screen')
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

/** The contact book under the service's own key file. */
export async function contactBook(database: Database, config: ServiceConfig): Promise<ContactBook> {
  const { p } = await loadCryptography();
  return new ContactBook(p, await openServerKey(database, p, { name: 'contacts', file: config.contacts.keyFile }));
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
  return [row.contactId, owner, row.channel, `priority ${row.priority}`, row.lang, row.hasPgpKey ? 'OpenPGP' : 'plain', state].join('  ');
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1 || number > 99) throw new CliFailure(`"${text}" is not a number from 1 to 99`, EXIT.usage);
  return number;
}

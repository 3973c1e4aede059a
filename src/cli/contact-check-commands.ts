import { fromHex, LANGUAGES, type Language } from '@jardam/protocol';
import { Option, type Command } from 'commander';
import { TelegramChannel } from '../delivery/channels/telegram/telegram-channel.js';
import { WebhookChannel } from '../delivery/channels/webhook/webhook-channel.js';
import { ContactChecks, type CheckRefusal, type ProofEnd } from '../delivery/contact-checks.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { ServiceConfig } from '../platform/config/slices.js';
import type { Database } from '../platform/database/database.js';
import { ContactLinks } from '../roster/contact-links.js';
import type { CommandContext } from './command-context.js';
import { contactBook, openChannels } from './contact-book-access.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';

const CONTACT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const REFUSALS: Readonly<Record<CheckRefusal | Extract<ProofEnd, { refused: unknown }>['refused'], string>> = {
  'no-such-contact': 'there is no contact of that id',
  'channel-not-configured': 'its channel is not configured here, see docs/operations/channels.md',
  'not-verified': 'it is not verified, so nothing is sent there: jardam contact verify',
  'too-soon': 'a message was sent there only just now; wait a minute',
  'wrong-code': 'that is not the code that was sent',
  'no-open-proof': 'no code is waited for: none was sent, it is over a day old, or it was tried too often; send a new one',
};

/** `jardam contact verify`, `test` and `keys`: whether messages really arrive. */
export function addContactCheckCommands(contact: Command, { terminal, environment }: CommandContext): void {
  contact
    .command('verify')
    .description('prove that an address reaches its person, or enable one again that had refused messages')
    .argument('<id>', 'contact id as "contact list" shows it')
    .option('--code', 'ask for the code that was sent before, and send none')
    .option('--by-hand', 'you have checked the address yourself, for instance in a call')
    .addHelpText('after', '\nA code is sent there, and is asked for here. A webhook answers for itself. Nothing is sent to what is not verified.')
    .action(async (text: string, { code, byHand }: { code?: boolean; byHand?: boolean }) => {
      const key = { coalitionId: DEFAULT_COALITION, contactId: contactIdOf(text) };
      const config = readConfig(environment);
      await withDatabase(config, async (database) => {
        if (byHand === true) return verifyByHand(database, config, key.contactId);
        const checks = await openChecks(database, config);
        if (code !== true) {
          const started = await checks.startProof(key);
          if ('refused' in started) throw new CliFailure(REFUSALS[started.refused]);
          if ('failed' in started) throw new CliFailure(`nothing could be handed over there (${started.code})`);
          if (started.proof === 'verified') return;
        }
        const answer = (await terminal.ask('Code that arrived there (empty: later): ')).trim();
        if (answer === '') throw new CliFailure(`not verified yet: jardam contact verify --code ${key.contactId}`);
        const ended = await checks.finishProof(key, answer);
        if ('refused' in ended) throw new CliFailure(REFUSALS[ended.refused]);
      });
      terminal.say('verified');
    });

  contact
    .command('test')
    .description('send a neutral message that is marked as a test, and say what came of it')
    .argument('<id>', 'contact id as "contact list" shows it')
    .action(async (text: string) => {
      const key = { coalitionId: DEFAULT_COALITION, contactId: contactIdOf(text) };
      const config = readConfig(environment);
      const result = await withDatabase(config, async (database) => (await openChecks(database, config)).test(key));
      if ('refused' in result) throw new CliFailure(REFUSALS[result.refused]);
      const line = `${result.at.toISOString()}  ${result.outcome} (${result.code})`;
      if (result.outcome !== 'accepted') throw new CliFailure(`the test was not handed over: ${line}`);
      terminal.say(line);
    });

  contact
    .command('link')
    .description('make a link with which a responder gives us their Telegram chat; it works once, for two days')
    .requiredOption('--rid <rid>', 'the responder')
    .addOption(new Option('--lang <language>', 'language of the messages').choices([...LANGUAGES]).default('en'))
    .action(async ({ rid, lang }: { rid: string; lang: Language }) => {
      const bytes = fromHex(rid, 16);
      if (bytes === null) throw new CliFailure(`"${rid}" is not a responder id (32 characters 0-9 and a-f)`, EXIT.usage);
      const config = readConfig(environment);
      const { p } = await loadCryptography();
      await withDatabase(config, async (database) => {
        const telegram = (await openChannels(database, config)).get('telegram');
        if (!(telegram instanceof TelegramChannel)) throw new CliFailure(REFUSALS['channel-not-configured']);
        const links = new ContactLinks(p, await contactBook(database, config));
        const owner = { coalitionId: DEFAULT_COALITION, purpose: 'responder', rid: bytes, channel: 'telegram', lang, priority: 1 } as const;
        const token = await database.transaction((tx) => links.create(tx, owner));
        terminal.say(await telegram.linkFor(token));
      });
    });

  contact
    .command('keys')
    .description('show the key with which receivers of webhooks check signatures')
    .action(async () => {
      const config = readConfig(environment);
      await withDatabase(config, async (database) => {
        const webhook = (await openChannels(database, config)).get('webhook');
        if (!(webhook instanceof WebhookChannel)) throw new CliFailure(REFUSALS['channel-not-configured']);
        terminal.say(webhook.publicKey);
      });
    });
}

/** @throws CliFailure when it does not look like one */
export function contactIdOf(text: string): string {
  if (!CONTACT_ID.test(text)) throw new CliFailure(`"${text}" is not a contact id`, EXIT.usage);
  return text;
}

async function openChecks(database: Database, config: ServiceConfig): Promise<ContactChecks> {
  return new ContactChecks(database, await contactBook(database, config), await openChannels(database, config));
}

async function verifyByHand(database: Database, config: ServiceConfig, contactId: string): Promise<void> {
  const book = await contactBook(database, config);
  const found = await database.transaction((tx) => book.verify(tx, DEFAULT_COALITION, contactId));
  if (!found) throw new CliFailure(REFUSALS['no-such-contact']);
}

import type { Command } from 'commander';
import { openServerKey } from '../platform/keys/server-key.js';
import { Invites } from '../telegram/accounts/invites.js';
import { BotClient } from '../telegram/api/bot-client.js';
import { ChatSecrets } from '../telegram/secrets.js';
import type { CommandContext } from './command-context.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';

const dayMs = 86_400_000;
const longestDays = 30;

/** `jardam telegram invite`: a link with which one defender joins the bot. */
export function addTelegramCommands(program: Command, { terminal, environment }: CommandContext): void {
  program
    .command('telegram')
    .description('the defenders’ bot')
    .command('invite')
    .description('make a link with which one person joins the bot; it works once')
    .option('--days <number>', `days until the link ends, at most ${longestDays}`, daysOf, 7)
    .addHelpText('after', '\nWhoever opens the link first has joined: hand it over in person, or over a channel you trust.')
    .action(async ({ days }: { readonly days: number }) => {
      const config = readConfig(environment);
      const { token } = config.telegram;
      if (token === undefined) throw new CliFailure('there is no bot: its token is missing (JARDAM_TELEGRAM_TOKEN, or telegram.tokenFile)', EXIT.usage);
      const { p } = await loadCryptography();
      const invitation = await withDatabase(config, async (database) => {
        const key = await openServerKey(database, p, { name: 'telegram', file: config.telegram.keyFile });
        const invites = new Invites(new ChatSecrets(p, key));
        return database.transaction((tx) => invites.create(tx, days * dayMs));
      });
      const me = await new BotClient(config.telegram, token).call('getMe');
      const name = me.ok ? (me.result as { username?: unknown }).username : undefined;
      if (typeof name === 'string') terminal.say(`https://t.me/${name}?start=${invitation.token}`);
      else terminal.say(`/start ${invitation.token}`);
      if (!me.ok) terminal.note('Telegram did not answer, so this is what the person types into the chat with the bot');
      terminal.note(`valid once, until ${invitation.expiresAt.toISOString()}`);
    });
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!Number.isSafeInteger(days) || days < 1 || days > longestDays) throw new CliFailure(`--days is a number from 1 to ${longestDays}`, EXIT.usage);
  return days;
}

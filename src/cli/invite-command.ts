import type { Command } from 'commander';
import { Invitations } from '../desk/invitations.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { RosterStore } from '../roster/roster-store.js';
import type { CommandContext } from './command-context.js';
import { contactBook } from './contact-book-access.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { mailInvitation } from './invitation-mail.js';
import { askMailAddress } from './mail-address.js';

const dayMs = 86_400_000;
const longestDays = 30;

interface InviteOptions {
  readonly org: string;
  readonly role: string;
  readonly tiers: readonly number[];
  readonly days: number;
  readonly mail?: boolean;
  readonly lang: string;
}

/** `jardam invite`: a link with which one person makes their keys on their first day. */
export function addInviteCommand(program: Command, { terminal, environment }: CommandContext): void {
  program
    .command('invite')
    .description('make an invitation link; it works once')
    .requiredOption('--org <id>', 'organisation, as in the roster')
    .requiredOption('--role <role>', 'what the person does, for instance lawyer or coordinator')
    .requiredOption('--tiers <1,2>', 'tiers the person will serve', tierList)
    .option('--days <number>', `days until the link ends, at most ${longestDays}`, daysOf, 7)
    .option('--mail', 'mail the link to an address that is asked for; enrolling then proves that address')
    .addHelpText('after', '\nThe link is a secret until it is used: give it over a channel you trust, best by hand.')
    .action(async (options: InviteOptions) => {
      const address = options.mail === true ? await askMailAddress(terminal) : undefined;
      const config = readConfig(environment);
      const { p } = await loadCryptography();
      const made = await withDatabase(config, async (database) => {
        const roster = await new RosterStore(p, database, new EvidenceLog(p)).current(DEFAULT_COALITION);
        if (roster === null) throw new CliFailure('there is no roster yet: enrolment needs its first version (jardam roster draft)');
        const known = roster.body.organisations.map(({ id }) => id);
        if (!known.includes(options.org)) throw new CliFailure(`the roster has no organisation "${options.org}"; it has ${known.join(', ')}`);
        const invitations = new Invitations(p, await contactBook(database, config));
        return database.transaction((tx) =>
          invitations.create(tx, {
            org: options.org,
            role: options.role,
            tiers: options.tiers,
            lifetimeMs: options.days * dayMs,
            ...(address === undefined ? {} : { address }),
          }),
        );
      });
      // After the fragment sign, so that it stands in no log of any server.
      const link = `${config.instance.publicUrl}/desk#invite=${made.token}`;
      const until = made.expiresAt.toISOString();
      if (address === undefined) {
        terminal.say(link);
        terminal.note(`valid once, until ${until}`);
        return;
      }
      await mailInvitation(config.mail, { address, link, until });
      terminal.say(`mailed; the link is valid once, until ${until}`);
    });
}

function tierList(text: string): number[] {
  const tiers = text.split(',').map(Number);
  if (tiers.some((tier) => !Number.isSafeInteger(tier) || tier < 1 || tier > 255)) {
    throw new CliFailure(`"${text}": give --tiers like 1 or 1,2`, EXIT.usage);
  }
  return tiers;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!Number.isSafeInteger(days) || days < 1 || days > longestDays) throw new CliFailure(`--days is a number from 1 to ${longestDays}`, EXIT.usage);
  return days;
}

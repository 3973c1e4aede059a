import type { Command } from 'commander';
import { loadPolicy } from '../escalation/policy-schema.js';
import { Policies } from '../escalation/policies.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { readOrMakeKeyFile } from '../platform/key-file.js';
import { RosterStore } from '../roster/roster-store.js';
import { enrolRobot } from '../watching/synthetic/enrol-robot.js';
import { robotOf } from '../watching/synthetic/robot.js';
import { robotKeyFile } from '../watching/synthetic/synthetic-alerts.js';
import type { CommandContext } from './command-context.js';
import { contactBook } from './contact-book-access.js';
import { loadCryptography } from './cryptography.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { shippedFile } from './shipped-file.js';

/** `jardam robot enrol`: the responder that answers synthetic reports. */
export function addRobotCommand(program: Command, { terminal, environment }: CommandContext): void {
  program
    .command('robot')
    .description('the robot that answers synthetic reports')
    .command('enrol')
    .description('make its keys and put it in the waiting room for the next roster; run where the service runs')
    .requiredOption('--org <id>', 'an organisation of the roster with nobody else in it')
    .requiredOption('--mail-domain <domain>', 'domain whose mail comes to watching.robotMailPort')
    .action(async ({ org, mailDomain }: { org: string; mailDomain: string }) => {
      if (!/^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(mailDomain)) throw new CliFailure(`"${mailDomain}": give --mail-domain like watch.example.org`, EXIT.usage);
      const config = readConfig(environment);
      const { p } = await loadCryptography();
      const policy = loadPolicy(shippedFile('config/policies/watch.yaml'));
      const done = await withDatabase(config, async (database) => {
        const log = new EvidenceLog(p);
        const rosters = new RosterStore(p, database, log);
        const [roster, instanceId] = [await rosters.current(DEFAULT_COALITION), await rosters.instanceId(DEFAULT_COALITION)];
        if (roster === null || instanceId === null) throw new CliFailure('there is no roster yet: publish its first version before');
        const known = roster.body.organisations.map(({ id }) => id);
        if (!known.includes(org)) throw new CliFailure(`the roster has no organisation "${org}"; it has ${known.join(', ')}`);
        const contacts = await contactBook(database, config);
        const robot = robotOf(p, readOrMakeKeyFile(robotKeyFile(config.instance)));
        const outcome = await database.transaction((tx) => enrolRobot(tx, { p, policies: new Policies(log), contacts }, { robot, instanceId, org, mailDomain, policy }));
        return { outcome, robot };
      });
      if (typeof done.outcome === 'object') throw new CliFailure('another program has published a newer policy for the robot: use the newest program');
      terminal.say(done.outcome === 'enrolled' ? `enrolled; its mails go to ${done.robot.mailbox}@${mailDomain}` : 'it was enrolled before; nothing was changed');
      terminal.note('Next: a roster that names it (jardam roster draft), then watching.robot: true in one instance.');
    });
}

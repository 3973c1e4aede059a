import type { Command } from 'commander';
import type { Rid } from '../domain/alert.js';
import { instantOf } from '../domain/local-time.js';
import type { OpeningHours, Rotation } from '../domain/rota.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database, Tx } from '../platform/database/database.js';
import { readHolidayCalendar } from '../roster/holiday-calendar.js';
import { addHolidays, addOverride, addRotation, clearHolidays, clearHours, clearQuietHours, removeOverride, removeRotation, setHours, setQuietHours, type RotaRefusal } from '../roster/rota-store.js';
import type { CommandContext } from './command-context.js';
import { readConfig, withDatabase } from './database-access.js';
import { CliFailure, EXIT } from './failure.js';
import { readFileOf } from './private-file.js';
import { lengthOf, localTimeOf, nightOf, peopleOf, ridOf, turnsOf, uuidOf, weekOf, zoneOf } from './rota-arguments.js';

interface RotationOptions {
  readonly tier: string;
  readonly zone: string;
  readonly first: string;
  readonly every: Rotation['every'];
  readonly turns: Rid[][];
  readonly until?: string;
}

interface OverrideOptions {
  readonly tier: string;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly people: Rid[];
  readonly insteadOf?: Rid;
}

const TIER_HELP = 'key of the tier, like T1b, or its number';

/** The part of `jardam rota` that changes something. */
export function addRotaChangeCommands(rota: Command, { terminal, environment, now }: CommandContext): void {
  const change = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => withDatabase(readConfig(environment), (database: Database) => database.transaction(work));

  const rotation = rota.command('rotation').description('people of a tier who take turns');
  rotation
    .command('add')
    .description('add a rotation; with several, the people of all their turns have duty together')
    .requiredOption('--tier <tier>', TIER_HELP)
    .requiredOption('--zone <zone>', 'time zone of the hand-overs, like Asia/Bishkek', zoneOf)
    .requiredOption('--first <time>', 'local time of the first hand-over, like 2026-03-02T09:00', localTimeOf)
    .requiredOption('--every <length>', 'length of a turn, like "12 hours", "1 week" or "1 month"', lengthOf)
    .requiredOption('--turns <people>', 'RID+RID,RID+RID: who shares a turn is joined by +, turns by commas', turnsOf)
    .option('--until <time>', 'local time at which the rotation ends', localTimeOf)
    .action(async ({ tier, zone, first, every, turns, until }: RotationOptions) => {
      const added = await change(async (tx) =>
        addRotation(tx, DEFAULT_COALITION, {
          tier: await tierOf(tx, tier),
          zone,
          firstHandOver: first,
          every,
          turns: turns.map((people) => [...new Set(people)]),
          until: until === undefined ? null : instantOf(zone, until),
        }),
      );
      terminal.say('refused' in added ? refusal(added) : added.rotationId);
      if (turns.some((people) => new Set(people).size < 2)) terminal.note('A turn has one person only: see that another rotation, or a second person, covers the same time.');
    });
  rotation
    .command('remove')
    .description('remove a rotation; without any in force everybody of the tier has duty')
    .argument('<id>', 'id as "rota show" prints it', uuidOf)
    .action(async (id: string) => {
      if (!(await change((tx) => removeRotation(tx, DEFAULT_COALITION, id)))) throw new CliFailure('there is no rotation of that id');
      terminal.say('removed');
    });

  const override = rota.command('override').description('exceptions: somebody else, or nobody, has duty for a time');
  override
    .command('add')
    .description('add an override; it beats rotations, and the narrowest beats the others')
    .requiredOption('--tier <tier>', TIER_HELP)
    .requiredOption('--zone <zone>', 'time zone of --from and --to', zoneOf)
    .requiredOption('--from <time>', 'local time, like 2026-05-01T09:00', localTimeOf)
    .requiredOption('--to <time>', 'local time at which it is over', localTimeOf)
    .requiredOption('--people <rids>', 'RID,RID: who has duty then, or "nobody"', peopleOf)
    .option('--instead-of <rid>', 'only the duty of this person is taken over', ridOf)
    .action(async ({ tier, zone, from, to, people, insteadOf }: OverrideOptions) => {
      const span = { start: instantOf(zone, from), end: instantOf(zone, to) };
      if (span.start >= span.end) throw new CliFailure('--to must be later than --from', EXIT.usage);
      const added = await change(async (tx) => addOverride(tx, DEFAULT_COALITION, { tier: await tierOf(tx, tier), span, insteadOf: insteadOf ?? null, people: [...new Set(people)] }, null));
      terminal.say('refused' in added ? refusal(added) : added.overrideId);
    });
  override
    .command('remove')
    .description('remove an override')
    .argument('<id>', 'id as "rota show" prints it', uuidOf)
    .action(async (id: string) => {
      if (!(await change((tx) => removeOverride(tx, DEFAULT_COALITION, id)))) throw new CliFailure('there is no override of that id');
      terminal.say('removed');
    });

  const holiday = rota.command('holiday').description('days off, on which an organisation is there for critical alerts only');
  holiday
    .command('import')
    .description('take days off from a calendar file (iCalendar); importing it again changes nothing')
    .argument('<file>', 'a file like config/holidays/kyrgyzstan.ics')
    .option('--org <id>', 'the organisation, as in the roster')
    .option('--all', 'days off of every organisation')
    .requiredOption('--zone <zone>', 'time zone in which the days begin', zoneOf)
    .action(async (file: string, { zone, ...whose }: { org?: string; all?: boolean; zone: string }) => {
      const read = readHolidayCalendar(readFileOf(file), { org: ownerOf(whose), zone }, now().getTime());
      if ('faults' in read) throw new CliFailure(read.faults.map(({ event, allowed, found }) => `${file}: ${event}: allowed is ${allowed}; found ${found}`).join('\n'));
      const count = await change(async (tx) => {
        await checkOrg(tx, ownerOf(whose));
        return addHolidays(tx, DEFAULT_COALITION, read.holidays);
      });
      terminal.say(`${read.holidays.length} times of days off, of which ${count} are new or changed`);
    });
  holiday
    .command('clear')
    .description('take away all days off of an organisation, or those of everybody')
    .option('--org <id>', 'the organisation')
    .option('--all', 'days off of every organisation')
    .action(async (whose: { org?: string; all?: boolean }) => {
      const org = ownerOf(whose);
      terminal.say(`${await change((tx) => clearHolidays(tx, DEFAULT_COALITION, org))} removed`);
    });

  const hours = rota.command('hours').description('when an organisation works; at other times it is there for critical alerts only');
  hours
    .command('set')
    .description('set the week of an organisation')
    .requiredOption('--org <id>', 'the organisation, as in the roster')
    .requiredOption('--zone <zone>', 'its time zone', zoneOf)
    .requiredOption('--week <hours>', 'like "1-5 09:00-18:00" (1 is Monday); may be given several times', weekOf)
    .action(async ({ org, zone, week: weekly }: { org: string; zone: string; week: OpeningHours['weekly'] }) => {
      await change(async (tx) => {
        await checkOrg(tx, org);
        await setHours(tx, DEFAULT_COALITION, { org, zone, weekly });
      });
      terminal.say('set');
    });
  hours
    .command('clear')
    .description('the organisation works day and night again')
    .requiredOption('--org <id>', 'the organisation')
    .action(async ({ org }: { org: string }) => {
      if (!(await change((tx) => clearHours(tx, DEFAULT_COALITION, org)))) throw new CliFailure(`"${org}" has no opening hours`);
      terminal.say('cleared');
    });

  const quiet = rota.command('quiet').description('when one person is not to be woken; critical alerts wake them all the same');
  quiet
    .command('set')
    .description('set the quiet hours of a person, the same every day')
    .requiredOption('--person <rid>', 'the person, as in the roster', ridOf)
    .requiredOption('--zone <zone>', 'their time zone', zoneOf)
    .requiredOption('--hours <hours>', 'like "22:00-07:00"', nightOf)
    .action(async ({ person, zone, hours: night }: { person: Rid; zone: string; hours: ReturnType<typeof nightOf> }) => {
      await change(async (tx) => {
        await checkPerson(tx, person);
        await setQuietHours(tx, DEFAULT_COALITION, { rid: person, zone, ...night });
      });
      terminal.say('set');
      terminal.note('Run "jardam rota check": a tier whose people all sleep passes S2 to S4 on to the next tier.');
    });
  quiet
    .command('clear')
    .description('the person is told at any hour again')
    .requiredOption('--person <rid>', 'the person', ridOf)
    .action(async ({ person }: { person: Rid }) => {
      if (!(await change((tx) => clearQuietHours(tx, DEFAULT_COALITION, person)))) throw new CliFailure(`${person} has no quiet hours`);
      terminal.say('cleared');
    });
}

function refusal(refused: RotaRefusal): never {
  throw new CliFailure(
    refused.refused === 'not-in-tier'
      ? `the roster does not name ${refused.rid} in this tier`
      : `the override ${refused.overrideId} has ${new Date(refused.span.start).toISOString()} to ${new Date(refused.span.end).toISOString()}: choose a time beside it or wholly inside it, or remove it first`,
  );
}

function ownerOf({ org, all }: { readonly org?: string; readonly all?: boolean }): string | null {
  if ((org === undefined) === (all !== true)) throw new CliFailure('say whose days off: --org or --all, exactly one', EXIT.usage);
  return org ?? null;
}

/** Number of a tier by its key in the newest policies, or by the number itself. */
async function tierOf(tx: Tx, text: string): Promise<number> {
  const { rows } = await tx.query<{ tier: number; key: string }>(
    `SELECT DISTINCT (step->>'tier')::int AS tier, step->>'key' AS key
     FROM (SELECT DISTINCT ON (policy_id) body FROM policy_version WHERE coalition_id = $1 ORDER BY policy_id, version DESC) newest,
          jsonb_array_elements(newest.body->'tiers') step
     WHERE step->>'by' = 'people' ORDER BY 1`,
    [DEFAULT_COALITION],
  );
  const found = rows.find(({ tier, key }) => key === text || String(tier) === text);
  if (found) return found.tier;
  if (rows.length === 0) throw new CliFailure('no policy is published, so there are no tiers (jardam policy publish)');
  throw new CliFailure(`"${text}" is no tier of people; there are ${rows.map(({ tier, key }) => `${key} (${tier})`).join(', ')}`, EXIT.usage);
}

async function checkOrg(tx: Tx, org: string | null): Promise<void> {
  if (org === null) return;
  const { rows } = await tx.query<{ org: string }>('SELECT DISTINCT org FROM responder WHERE coalition_id = $1 ORDER BY org', [DEFAULT_COALITION]);
  if (!rows.some((row) => row.org === org)) throw new CliFailure(`the roster has nobody of "${org}"; it has ${rows.map((row) => row.org).join(', ') || 'nobody at all'}`);
}

async function checkPerson(tx: Tx, rid: Rid): Promise<void> {
  const { rowCount } = await tx.query('SELECT FROM responder WHERE coalition_id = $1 AND rid = $2', [DEFAULT_COALITION, Buffer.from(rid, 'hex')]);
  if (rowCount === 0) throw new CliFailure(`the roster does not name ${rid}`);
}

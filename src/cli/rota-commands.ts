import type { Command } from 'commander';
import type { Gap } from '../domain/coverage.js';
import { readOutlook, type RotaOutlook, type TierOutlook } from '../escalation/rota-outlook.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import { readRota } from '../roster/rota-store.js';
import { shiftCalendar, shiftsOf, shownAheadMs, shownBackMs } from '../roster/shift-calendar.js';
import type { CommandContext } from './command-context.js';
import { readConfig, withDatabase } from './database-access.js';
import { roughly } from './doctor/finding.js';
import { CliFailure } from './failure.js';
import { ridOf } from './rota-arguments.js';
import { addRotaChangeCommands } from './rota-change-commands.js';

const KINDS: Readonly<Record<Gap['kind'], string>> = {
  uncovered: 'nobody has duty',
  closed: 'nobody has duty but for critical alerts',
  thin: 'one person has duty, and no other',
};

/** `jardam rota …`: who has duty when. People are named by their ids, as everywhere outside the desk. */
export function addRotaCommands(program: Command, context: CommandContext): void {
  const { terminal, environment } = context;
  const rota = program.command('rota').description('who has duty: rotations, overrides, opening hours, quiet hours, days off');

  rota
    .command('show')
    .description('show who has duty now and next, and everything that is set')
    .action(async () => {
      const outlook = await withDatabase(readConfig(environment), (database) => readOutlook(database, DEFAULT_COALITION));
      for (const line of [...outlook.tiers.flatMap(describeTier), ...describeRota(outlook)]) terminal.say(line);
    });

  rota
    .command('check')
    .description('find what lacks in the coming week; exit code 1 when something does')
    .action(async () => {
      const { tiers } = await withDatabase(readConfig(environment), (database) => readOutlook(database, DEFAULT_COALITION));
      const gaps = tiers.flatMap((tier) => tier.gaps.map((gap) => `${tier.key}  ${describeGap(gap)}`));
      for (const line of gaps) terminal.say(line);
      if (gaps.length > 0) throw new CliFailure(`${gaps.length} times of the coming week lack people`);
      terminal.say('every tier has two people or more through the coming week');
    });

  rota
    .command('export')
    .description("print one person's shifts as a calendar (iCalendar); it tells times and nothing else")
    .argument('<rid>', 'responder id', ridOf)
    .action(async (rid: string) => {
      const text = await withDatabase(readConfig(environment), async (database) => {
        const { tiers, at } = await readOutlook(database, DEFAULT_COALITION);
        const served = tiers.filter(({ members }) => members.some((member) => member.rid === rid));
        if (served.length === 0) throw new CliFailure('the roster names nobody of that id in any tier');
        const span = { start: at.getTime() - shownBackMs, end: at.getTime() + shownAheadMs };
        const all = await readRota(database, DEFAULT_COALITION, new Date(span.start));
        const shifts = served.flatMap(({ tier, members }) => shiftsOf(all, tier, members, rid, span).map((each) => ({ tier, span: each })));
        return shiftCalendar(shifts, rid, at.getTime());
      });
      terminal.say(text.trimEnd());
    });

  addRotaChangeCommands(rota, context);
}

function describeTier({ key, tier, now, next, gaps, readiness }: TierOutlook): string[] {
  const people = (rids: ReadonlySet<string>): string => (rids.size === 0 ? 'nobody' : [...rids].sort().join(', '));
  const closed = now.other.size < now.critical.size ? `; for all but S1: ${people(now.other)}` : '';
  return [
    `${key} (tier ${tier})  now: ${people(now.critical)}${closed}`,
    ...(next === null ? [] : [`  from ${iso(next.span.start)}: ${people(next.critical)}`]),
    `  ${readiness.reachable} of ${readiness.people} people have a verified address; ${describeDrill(readiness.lastDrill)}`,
    ...gaps.map((gap) => `  ${describeGap(gap)}`),
  ];
}

function describeDrill(drill: TierOutlook['readiness']['lastDrill']): string {
  if (drill === null) return 'no drill yet';
  return `last drill ${drill.at.toISOString()}, ${drill.answeredAfterMs === null ? 'not answered' : `answered after ${roughly(drill.answeredAfterMs)}`}`;
}

function describeGap({ kind, span }: Gap): string {
  return `${iso(span.start)} to ${iso(span.end)}  ${KINDS[kind]}`;
}

function describeRota({ rota }: RotaOutlook): string[] {
  return [
    ...rota.rotations.map(
      ({ rotationId, tier, zone, firstHandOver, every, turns, until }) =>
        `rotation ${rotationId}  tier ${tier}  every ${every.count} ${every.unit} from ${firstHandOver} ${zone}${until === null ? '' : ` until ${iso(until)}`}  ${turns.map((turn) => turn.join('+')).join(',')}`,
    ),
    ...rota.overrides.map(
      ({ overrideId, tier, span, insteadOf, people }) =>
        `override ${overrideId}  tier ${tier}  ${iso(span.start)} to ${iso(span.end)}  ${people.join(',') || 'nobody'}${insteadOf === null ? '' : ` instead of ${insteadOf}`}`,
    ),
    ...rota.hours.map(({ org, zone, weekly }) => `hours ${org}  ${zone}  ${weekly.map(({ weekdays, opens, closes }) => `${weekdays.join(',')} ${opens}-${closes}`).join('; ')}`),
    ...rota.quiet.map(({ rid, zone, from, to }) => `quiet ${rid}  ${zone}  ${from}-${to}`),
    ...rota.holidays.map(({ org, firstDay, dayAfter, title }) => `days off ${org ?? 'all'}  ${firstDay} until ${dayAfter}  ${title}`),
  ];
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import type { DutySegment } from '../../domain/on-duty.js';
import type { Span } from '../../domain/rota.js';
import { Database } from '../../platform/database/database.js';
import { problem, type Problem } from '../../platform/http/problem.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import type { RotaRefusal } from '../../roster/rota-store.js';
import { Shifts, type ShiftRefusal } from '../shifts.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { Session, SessionGuard } from './session.guard.js';
import { notFound } from './wire.js';

const mostPeople = 20;
const longestOverrideMs = 366 * 86_400_000;
const rid = z.string().regex(/^[0-9a-f]{32}$/, '32 hexadecimal digits');
const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const overrideRequest = z
  .strictObject({ tier: z.int().min(1).max(255), from: instant, to: instant, people: z.array(rid).max(mostPeople), insteadOf: rid.nullable().default(null) })
  .refine(({ from, to }) => from < to && to - from <= longestOverrideMs, { path: ['to'], message: 'later than "from", by at most 366 days' });

const ANSWERS: Readonly<Record<ShiftRefusal, readonly [status: number, title: string]>> = {
  'not-a-coordinator': [403, 'Only a coordinator changes shifts'],
  'not-your-organisation': [403, 'A coordinator changes the shifts of their own organisation only'],
  'no-such-tier': [422, 'There is no tier of people with that number'],
  'no-such-override': [404, 'There is no such override'],
};

/** Who has duty, for everybody at the desk; overrides, by coordinators; and everybody's own calendar. */
@Controller('api/v1/desk/shifts')
@UseGuards(SessionGuard)
export class ShiftsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Shifts) private readonly shifts: Shifts,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  @Get()
  async read(@Session() session: DeskSession) {
    spend(this.budget, session, 'look');
    const { at, tiers, rota } = await this.shifts.read(session);
    return {
      at: at.toISOString(),
      tiers: tiers.map(({ tier, key, now, next, gaps, readiness }) => ({
        tier,
        key,
        now: dutyAnswer(now),
        next: next === null ? null : dutyAnswer(next),
        gaps: gaps.map(({ kind, span }) => ({ kind, ...spanAnswer(span) })),
        readiness,
      })),
      overrides: rota.overrides.map(({ overrideId, tier, span, insteadOf, people }) => ({ id: overrideId, tier, ...spanAnswer(span), insteadOf, people })),
    };
  }

  @Post('overrides')
  async override(@Session() session: DeskSession, @Body() body: unknown) {
    spend(this.budget, session, 'write');
    const { from, to, people, ...wanted } = overrideRequest.parse(body);
    const added = await this.database.transaction((tx) => this.shifts.override(tx, session, { ...wanted, people: [...new Set(people)], span: { start: from, end: to } }));
    if ('refused' in added) throw refusal(added);
    return { id: added.overrideId };
  }

  @Delete('overrides/:id')
  @HttpCode(204)
  async removeOverride(@Session() session: DeskSession, @Param('id') id: string): Promise<void> {
    spend(this.budget, session, 'write');
    const overrideId = z.uuid().safeParse(id).data ?? notFound();
    const refused = await this.database.transaction((tx) => this.shifts.removeOverride(tx, session, overrideId));
    if (refused) throw refusal(refused);
  }

  /** The address is shown once; here only its hash is kept. */
  @Post('calendar')
  async openCalendar(@Session() session: DeskSession) {
    spend(this.budget, session, 'write');
    const token = await this.database.transaction((tx) => this.shifts.openCalendar(tx, session));
    return { url: `${this.instance.publicUrl}/api/v1/desk/calendars/${token}.ics` };
  }

  @Delete('calendar')
  @HttpCode(204)
  async closeCalendar(@Session() session: DeskSession): Promise<void> {
    spend(this.budget, session, 'write');
    await this.database.transaction((tx) => this.shifts.closeCalendar(tx, session));
  }
}

/** Calendar programs sign in nowhere: the address is the secret, and so what is behind it tells times alone. */
@Controller('api/v1/desk/calendars')
export class CalendarsController {
  constructor(@Inject(Shifts) private readonly shifts: Shifts) {}

  @Get(':file')
  @Header('content-type', 'text/calendar; charset=utf-8')
  async read(@Param('file') file: string): Promise<string> {
    return (await this.shifts.calendar(file.replace(/\.ics$/, ''))) ?? notFound();
  }
}

function dutyAnswer({ critical, other, span }: DutySegment) {
  return { critical: [...critical], other: [...other], ...spanAnswer(span) };
}

function spanAnswer({ start, end }: Span): { from: string; to: string } {
  return { from: new Date(start).toISOString(), to: new Date(end).toISOString() };
}

function refusal(refused: RotaRefusal | { readonly refused: ShiftRefusal }): Problem {
  if (refused.refused === 'not-in-tier') return problem(422, 'not-in-tier', 'The roster does not name everybody in that tier', undefined, { rid: refused.rid });
  if (refused.refused === 'crosses') {
    return problem(409, 'crosses', 'Another override is at that time', 'Choose a time beside it or wholly inside it.', { override: refused.overrideId, ...spanAnswer(refused.span) });
  }
  const [status, title] = ANSWERS[refused.refused];
  return problem(status, refused.refused, title);
}

import { Body, Controller, Get, HttpCode, Inject, Param, Post, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { fromBase64url, toBase64url } from '@jardam/protocol';
import { UndeliveredCheckIns } from '../../escalation/undelivered-check-ins.js';
import { Wake } from '../../escalation/wake.js';
import { Database } from '../../platform/database/database.js';
import { problem } from '../../platform/http/problem.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { Session, SessionGuard } from './session.guard.js';

const locatorBytes = 12;
const decisionSchema = z.strictObject({ decision: z.enum(['send', 'wait']) });

/** Check-ins whose question could not be delivered: a person decides, because silence says nothing then. */
@Controller('api/v1/desk/check-ins')
@UseGuards(SessionGuard)
export class CheckInsController {
  constructor(
    @Inject(UndeliveredCheckIns) private readonly checkIns: UndeliveredCheckIns,
    @Inject(Database) private readonly database: Database,
    @Inject(Wake) private readonly wake: Wake,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
  ) {}

  @Get()
  async list(@Session() session: DeskSession) {
    spend(this.budget, session, 'look');
    const checkIns = await this.checkIns.list(this.database, session.coalitionId);
    return {
      checkIns: checkIns.map(({ locator, deadlineAt, repeat }) => ({ locator: toBase64url(locator), deadlineAt: deadlineAt.toISOString(), repeat })),
    };
  }

  /** 204 when the decision is on record; a "send" becomes an alert within a second. */
  @Post(':locator/decision')
  @HttpCode(204)
  async decide(@Param('locator') name: string, @Body() body: unknown, @Session() session: DeskSession): Promise<void> {
    spend(this.budget, session, 'look');
    const locator = fromBase64url(name, locatorBytes);
    if (locator === null) throw problem(404, 'unknown-check-in', 'There is no such check-in');
    const read = decisionSchema.safeParse(body);
    if (!read.success) throw problem(400, 'bad-body', 'The body does not have the right form', 'decision: "send" or "wait" is allowed.');
    const done = await this.database.transaction((tx) => this.checkIns.decide(tx, session.coalitionId, locator, read.data.decision, session.rid));
    if (done !== 'decided') {
      throw problem(409, 'not-undelivered', 'There is nothing to decide any more', 'The question arrived, was answered, or somebody else decided.');
    }
    this.wake.afterCommit();
  }
}

import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { RosterStore } from '../../roster/roster-store.js';
import { problem } from '../../platform/http/problem.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { Session, SessionGuard } from './session.guard.js';

/** Who there is, for showing names and choosing whom to hand over to. The page checks the signed roster by itself. */
@Controller('api/v1/desk/responders')
@UseGuards(SessionGuard)
export class PeopleController {
  constructor(
    @Inject(RosterStore) private readonly rosters: RosterStore,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
  ) {}

  @Get()
  async list(@Session() session: DeskSession) {
    spend(this.budget, session, 'look');
    const roster = await this.rosters.current(session.coalitionId);
    if (roster === null) throw problem(409, 'not-set-up', 'This service has no signed roster yet');
    const { version, organisations, responders } = roster.body;
    return {
      version,
      organisations,
      responders: responders.map(({ rid, org, role, tiers, status }) => ({ rid, org, role, tiers, status })),
    };
  }
}

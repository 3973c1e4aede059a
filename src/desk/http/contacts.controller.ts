import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, UseGuards } from '@nestjs/common';
import { ContactChecks, type CheckRefusal, type ProofEnd } from '../../delivery/contact-checks.js';
import { Database } from '../../platform/database/database.js';
import { problem, type Problem } from '../../platform/http/problem.js';
import { OwnContacts, type ContactRefusal } from '../own-contacts.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { ForAnyStanding, Session, SessionGuard } from './session.guard.js';
import { contactCodeRequest, contactIdOf, contactOrderRequest, newContactRequest } from './wire.js';

const ANSWERS: Readonly<Record<ContactRefusal | CheckRefusal | Extract<ProofEnd, { refused: unknown }>['refused'], readonly [status: number, title: string]>> = {
  'no-such-contact': [404, 'There is no contact of yours with that id'],
  'channel-not-configured': [409, 'This service does not use that channel'],
  'too-many-contacts': [409, 'You have as many contacts as are allowed; remove one first'],
  'last-contact': [409, 'This is your last verified mail address; add another one first'],
  'not-verified': [409, 'The contact is not verified yet, so nothing is sent there'],
  'too-soon': [429, 'A message was sent there only just now; wait a minute'],
  'wrong-code': [422, 'That is not the code that was sent'],
  'no-open-proof': [409, 'No code is waited for; have a new one sent'],
};

/** How the signed-in person is reached: added, proved and tried by themselves, also before the roster names them. */
@Controller('api/v1/desk/contacts')
@UseGuards(SessionGuard)
export class ContactsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(OwnContacts) private readonly own: OwnContacts,
    @Inject(ContactChecks) private readonly checks: ContactChecks,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
  ) {}

  @Get()
  @ForAnyStanding()
  async list(@Session() session: DeskSession) {
    spend(this.budget, session, 'look');
    return { contacts: await this.own.list(session), offered: this.own.offered() };
  }

  @Post()
  @ForAnyStanding()
  async add(@Session() session: DeskSession, @Body() body: unknown) {
    spend(this.budget, session, 'write');
    const { lang, ...contact } = newContactRequest.parse(body);
    const added = await this.database.transaction((tx) => this.own.add(tx, session, lang, contact));
    if ('refused' in added) throw refusal(added.refused);
    return added;
  }

  @Put('order')
  @ForAnyStanding()
  @HttpCode(204)
  async order(@Session() session: DeskSession, @Body() body: unknown): Promise<void> {
    spend(this.budget, session, 'write');
    const { contactIds } = contactOrderRequest.parse(body);
    const ordered = await this.database.transaction((tx) => this.own.order(tx, session, contactIds));
    if ('refused' in ordered) throw refusal(ordered.refused);
  }

  @Delete(':contactId')
  @ForAnyStanding()
  @HttpCode(204)
  async remove(@Session() session: DeskSession, @Param('contactId') contactId: string): Promise<void> {
    spend(this.budget, session, 'write');
    const removed = await this.database.transaction((tx) => this.own.remove(tx, session, contactIdOf(contactId)));
    if ('refused' in removed) throw refusal(removed.refused);
  }

  @Post(':contactId/test')
  @ForAnyStanding()
  @HttpCode(200)
  async test(@Session() session: DeskSession, @Param('contactId') contactId: string) {
    spend(this.budget, session, 'write');
    const result = await this.checks.test(keyOf(session, contactId));
    if ('refused' in result) throw refusal(result.refused);
    return result;
  }

  @Post(':contactId/proof')
  @ForAnyStanding()
  @HttpCode(200)
  async startProof(@Session() session: DeskSession, @Param('contactId') contactId: string) {
    spend(this.budget, session, 'write');
    const started = await this.checks.startProof(keyOf(session, contactId));
    if ('refused' in started) throw refusal(started.refused);
    if ('failed' in started) throw problem(502, 'not-handed-over', 'Nothing could be handed over there', `Check the address. (${started.code})`);
    return started;
  }

  @Put(':contactId/proof')
  @ForAnyStanding()
  async finishProof(@Session() session: DeskSession, @Param('contactId') contactId: string, @Body() body: unknown) {
    spend(this.budget, session, 'write');
    const { code } = contactCodeRequest.parse(body);
    const ended = await this.checks.finishProof(keyOf(session, contactId), code);
    if ('refused' in ended) throw refusal(ended.refused);
    return ended;
  }
}

function keyOf({ coalitionId, rid }: DeskSession, contactId: string) {
  return { coalitionId, rid, contactId: contactIdOf(contactId) };
}

function refusal(code: keyof typeof ANSWERS): Problem {
  return problem(ANSWERS[code][0], code, ANSWERS[code][1]);
}

import { Body, Controller, Get, Header, HttpCode, Inject, Post, Put, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { fromBase64url, toBase64url, toHex } from '@jardam/protocol';
import { BYTES_TYPE } from '../../platform/http/body-parsers.js';
import { problem } from '../../platform/http/problem.js';
import { Database } from '../../platform/database/database.js';
import { Enrolment } from '../enrolment.js';
import { Invitations, invitationTokenBytes } from '../invitations.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import { vaultLocatorBytes, Vaults } from '../vaults.js';
import { spend } from './budget.js';
import { enrolmentProblem } from './refusals.js';
import { bearerToken, ForAnyStanding, Session, SessionGuard } from './session.guard.js';
import { enrolmentRequest, notFound, vaultChangeRequest } from './wire.js';

/**
 * First day and vault. Invitation and vault locator are capabilities: they travel in the Authorization header, because
 * the access log of a proxy keeps addresses.
 */
@Controller('api/v1/desk')
export class EnrolmentController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Invitations) private readonly invitations: Invitations,
    @Inject(Enrolment) private readonly enrolment: Enrolment,
    @Inject(Vaults) private readonly vaults: Vaults,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
  ) {}

  @Get('invitations/current')
  async look(@Req() request: FastifyRequest) {
    const token = fromBase64url(bearerToken(request) ?? '', invitationTokenBytes);
    const invitation = token === null ? null : await this.invitations.look(this.database, token);
    if (invitation === null) throw enrolmentProblem('invitation-not-valid');
    if (invitation.instanceId === null) throw enrolmentProblem('not-set-up');
    return { ...invitation, instanceId: toBase64url(invitation.instanceId) };
  }

  @Post('enrolments')
  async enrol(@Body() body: unknown) {
    const person = enrolmentRequest.parse(body);
    const outcome = await this.database.transaction((tx) => this.enrolment.enrol(tx, person));
    if ('refused' in outcome) throw enrolmentProblem(outcome.refused);
    return { rid: toHex(outcome.rid) };
  }

  @Get('vaults/current')
  @Header('content-type', BYTES_TYPE)
  async readVault(@Req() request: FastifyRequest): Promise<Buffer> {
    const locator = fromBase64url(bearerToken(request) ?? '', vaultLocatorBytes);
    const vault = locator === null ? null : await this.vaults.read(locator);
    return vault === null ? notFound() : Buffer.from(vault);
  }

  @Put('vaults/current')
  @HttpCode(204)
  @UseGuards(SessionGuard)
  @ForAnyStanding()
  async replaceVault(@Session() session: DeskSession, @Body() body: unknown): Promise<void> {
    spend(this.budget, session, 'write');
    const change = vaultChangeRequest.parse(body);
    const outcome = await this.database.transaction((tx) => this.vaults.replace(tx, session, change));
    if (!('refused' in outcome)) return;
    throw outcome.refused === 'no-vault'
      ? problem(404, 'no-vault', 'There is no vault of yours to replace')
      : problem(422, 'bad-signature', 'The signature does not hold', 'The change of a vault is signed by the key inside it.');
  }
}

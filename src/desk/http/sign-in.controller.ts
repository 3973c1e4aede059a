import { Body, Controller, Delete, Get, HttpCode, Inject, Post, UseGuards } from '@nestjs/common';
import { toBase64url } from '@jardam/protocol';
import { problem } from '../../platform/http/problem.js';
import { Sessions, type DeskSession } from '../sign-in/sessions.js';
import { SignIn } from '../sign-in/sign-in.js';
import { ForAnyStanding, Session, SessionGuard } from './session.guard.js';
import { challengeRequest, signInRequest } from './wire.js';

@Controller('api/v1/desk')
export class SignInController {
  constructor(
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(Sessions) private readonly sessions: Sessions,
  ) {}

  @Post('challenges')
  @HttpCode(200)
  async challenge(@Body() body: unknown) {
    const { challenge, expiresAt } = await this.signIn.challenge(challengeRequest.parse(body).rid);
    return { challenge: toBase64url(challenge), expiresAt };
  }

  @Post('sessions')
  async open(@Body() body: unknown) {
    const { rid, challenge, signature } = signInRequest.parse(body);
    const outcome = await this.signIn.signIn(rid, challenge, signature);
    if ('refused' in outcome) {
      throw problem(401, outcome.refused, 'Signing in did not work', 'Ask for a new challenge and sign it with the key that the roster names.');
    }
    return { token: outcome.token, ...shown(outcome.session) };
  }

  @Get('sessions/current')
  @UseGuards(SessionGuard)
  @ForAnyStanding()
  current(@Session() session: DeskSession) {
    return shown(session);
  }

  @Delete('sessions/current')
  @HttpCode(204)
  @UseGuards(SessionGuard)
  @ForAnyStanding()
  async end(@Session() session: DeskSession): Promise<void> {
    await this.sessions.end(session.tokenHash);
  }

  @Delete('sessions')
  @HttpCode(204)
  @UseGuards(SessionGuard)
  @ForAnyStanding()
  async endAll(@Session() session: DeskSession): Promise<void> {
    await this.sessions.endAllOf(session.rid);
  }
}

function shown({ ridHex, org, role, tiers, standing, expiresAt }: DeskSession) {
  return { rid: ridHex, org, role, tiers, status: standing, expiresAt };
}

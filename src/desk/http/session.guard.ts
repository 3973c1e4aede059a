import {
  createParamDecorator,
  Inject,
  Injectable,
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../../platform/http/problem.js';
import { Sessions, type DeskSession } from '../sign-in/sessions.js';

type RequestWithSession = FastifyRequest & { deskSession?: DeskSession };

const ANY_STANDING = 'desk/any-standing';

/** Marks what a person on probation, or with a key past its dates, may do as well. Everything else is closed to them. */
export const ForAnyStanding = (): CustomDecorator => SetMetadata(ANY_STANDING, true);

/** The session that the guard has found. */
export const Session = createParamDecorator((_data: unknown, context: ExecutionContext): DeskSession => {
  const session = context.switchToHttp().getRequest<RequestWithSession>().deskSession;
  if (session === undefined) throw new Error('this route is not behind SessionGuard');
  return session;
});

/** The token of an `Authorization: Bearer` header, or null. */
export function bearerToken(request: FastifyRequest): string | null {
  return /^Bearer ([A-Za-z0-9_-]{1,256})$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

/** Lets through whoever has a live session and, unless the route says otherwise, is active in the roster today. */
@Injectable()
export class SessionGuard implements CanActivate {
  constructor(
    @Inject(Sessions) private readonly sessions: Sessions,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<RequestWithSession>();
    const token = bearerToken(request);
    const session = token === null ? null : await this.sessions.find(token);
    if (session === null) {
      void http.getResponse<FastifyReply>().header('www-authenticate', 'Bearer');
      throw problem(401, 'session-needed', 'Sign in first', 'The session is over or was ended. Sign in again.');
    }
    if (session.standing !== 'active' && this.reflector.get<boolean | undefined>(ANY_STANDING, context.getHandler()) !== true) {
      throw session.standing === 'probation'
        ? problem(403, 'on-probation', 'You are on probation', 'Alerts open once the signed roster names you as active.')
        : problem(403, 'key-expired', 'Your key has passed its date', 'The next roster must renew it. Ask your coordinator.');
    }
    request.deskSession = session;
    return true;
  }
}

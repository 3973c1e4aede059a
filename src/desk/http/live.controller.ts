import { Controller, Get, Inject, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { LiveStreams } from '../alerts/live-stream.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { Session, SessionGuard } from './session.guard.js';

@Controller('api/v1/desk/stream')
@UseGuards(SessionGuard)
export class LiveController {
  constructor(@Inject(LiveStreams) private readonly streams: LiveStreams) {}

  @Get()
  open(@Session() session: DeskSession, @Res() reply: FastifyReply): void {
    // The second header keeps proxies from collecting events until they have a buffer full.
    void reply.headers({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }).send(this.streams.open(session));
  }
}

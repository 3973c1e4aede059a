import { Readable } from 'node:stream';
import { Controller, Get, Headers, Inject, Param, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { BYTES_TYPE } from '../../platform/http/body-parsers.js';
import { problem } from '../../platform/http/problem.js';
import { AttachmentBytes, readRange } from '../alerts/attachment-bytes.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { Session, SessionGuard } from './session.guard.js';
import { alertIdOf, notFound, objectIdOf } from './wire.js';

/** Sealed attachments, whole or in ranges, so that a cut download can go on. Name and type are known only inside. */
@Controller('api/v1/desk/alerts/:alertId/objects')
@UseGuards(SessionGuard)
export class AttachmentController {
  constructor(
    @Inject(AttachmentBytes) private readonly attachments: AttachmentBytes,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
  ) {}

  @Get(':objectId')
  async read(
    @Session() session: DeskSession,
    @Param('alertId') alertId: string,
    @Param('objectId') objectId: string,
    @Headers('range') rangeHeader: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    spend(this.budget, session, 'look');
    const attachment = (await this.attachments.find(session, alertIdOf(alertId), objectIdOf(objectId))) ?? notFound();
    const { totalBytes } = attachment;
    const range = readRange(rangeHeader, totalBytes);
    if (range === 'unsatisfiable') {
      void reply.header('content-range', `bytes */${totalBytes}`);
      throw problem(416, 'range-not-satisfiable', 'The attachment does not have those bytes', undefined, { totalBytes });
    }
    const { start, end } = range === 'whole' ? { start: 0, end: totalBytes } : range;
    void reply
      .status(range === 'whole' ? 200 : 206)
      .headers({
        'content-type': BYTES_TYPE,
        'content-length': end - start,
        'content-disposition': 'attachment',
        'accept-ranges': 'bytes',
        ...(range === 'whole' ? {} : { 'content-range': `bytes ${start}-${end - 1}/${totalBytes}` }),
      })
      .send(Readable.from(attachment.read(start, end), { objectMode: false }));
  }
}

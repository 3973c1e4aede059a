import { Body, Controller, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toBase64url, toHex } from '@jardam/protocol';
import { AlertViews, type AlertView } from '../../escalation/alert-view.js';
import { Wake } from '../../escalation/wake.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { Database } from '../../platform/database/database.js';
import { SUBMISSION_TYPE } from '../../platform/http/body-parsers.js';
import { problem } from '../../platform/http/problem.js';
import { Acceptance, type AcceptedReport } from '../acceptance/acceptance.js';
import { openingView } from '../acceptance/opening-view.js';
import { SenderMessages } from '../messages/sender-messages.js';
import { admissionAnswer } from './admission-answer.js';
import { bytesOf, idOf } from './parameters.js';
import { problemOf } from './refusal-problems.js';

/** What a client may show as "received": written after the commit, and only then. */
interface ReportAnswer {
  readonly alertId: string;
  readonly envelopeHash: string;
  readonly tag: string;
  readonly receivedAt: string;
  readonly severity: AlertView['severity'];
  readonly state: AlertView['state'];
  /** Who is told next, and when, if nobody answers. */
  readonly next: AlertView['next'];
  readonly ladder: AlertView;
}

/** Sealed messages of defenders. Nothing here knows who sends. */
@Controller('api/v1/alerts')
export class ReportsController {
  constructor(
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(SenderMessages) private readonly messages: SenderMessages,
    @Inject(AlertViews) private readonly views: AlertViews,
    @Inject(Wake) private readonly wake: Wake,
    @Inject(Database) private readonly database: Database,
  ) {}

  /** 201 for a new report, 200 with its present state for the same bytes again. */
  @Post()
  async report(
    @Body() body: unknown,
    @Headers('content-type') type: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReportAnswer> {
    if (type?.startsWith(SUBMISSION_TYPE) !== true) {
      throw problem(415, 'unsupported-media-type', 'This address takes submissions', `Taken is ${SUBMISSION_TYPE}.`);
    }
    const accepted = await this.acceptance.accept(bytesOf(body));
    if ('refused' in accepted) {
      // The challenge comes along, so that a flood costs a waiting person one more request and not two.
      throw problemOf('admission' in accepted ? { ...accepted, admission: admissionAnswer(accepted.admission) } : accepted);
    }
    if (!accepted.repeated) this.wake.afterCommit();
    void reply.status(accepted.repeated ? 200 : 201);
    return answerOf(accepted, await this.viewOf(accepted));
  }

  /** A follow-up (kind 3) or the wish to stand down (kind 6): 201, or 200 for the same bytes again. */
  @Post(':alertId/messages')
  async message(
    @Param('alertId') alertId: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ envelopeHash: string; receivedAt: string }> {
    const stored = await this.messages.accept(idOf(alertId), bytesOf(body));
    if ('refused' in stored) throw problemOf(stored);
    if (!stored.repeated) this.wake.afterCommit();
    void reply.status(stored.repeated ? 200 : 201);
    return { envelopeHash: toBase64url(stored.envelopeHash), receivedAt: stored.receivedAt.toISOString() };
  }

  private async viewOf({ alertId, receivedAt, opened }: AcceptedReport): Promise<AlertView> {
    if (opened !== null) return openingView(receivedAt, opened);
    const view = await this.views.read(this.database, DEFAULT_COALITION, alertId);
    if (view === null) throw new Error('an accepted alert has no ladder');
    return view;
  }
}

function answerOf(accepted: AcceptedReport, ladder: AlertView): ReportAnswer {
  return {
    alertId: toHex(accepted.alertId),
    envelopeHash: toBase64url(accepted.envelopeHash),
    tag: toBase64url(accepted.tag),
    receivedAt: accepted.receivedAt.toISOString(),
    severity: ladder.severity,
    state: ladder.state,
    next: ladder.next,
    ladder,
  };
}

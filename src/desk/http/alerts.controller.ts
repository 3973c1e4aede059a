import { Body, Controller, Get, Header, HttpStatus, Inject, Param, Post, Query, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { toBase64url, type StatementType } from '@jardam/protocol';
import { AlertViews } from '../../escalation/alert-view.js';
import { Wake } from '../../escalation/wake.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { BYTES_TYPE } from '../../platform/http/body-parsers.js';
import { problem } from '../../platform/http/problem.js';
import { AlertFiles } from '../alerts/alert-file.js';
import { Queue } from '../alerts/queue.js';
import { SignedActs } from '../alerts/signed-acts.js';
import { statementTypeOf } from '../alerts/statement-check.js';
import { TeamMessages } from '../alerts/team-messages.js';
import { SessionBudget } from '../sign-in/session-budget.js';
import type { DeskSession } from '../sign-in/sessions.js';
import { spend } from './budget.js';
import { actProblem, messageProblem } from './refusals.js';
import { Session, SessionGuard } from './session.guard.js';
import { alertIdOf, envelopeHashOf, notFound, statementRequest } from './wire.js';

/** Acts that no limit stands before, see session-budget.ts. */
const neverLimited: ReadonlySet<StatementType> = new Set([
  'seen',
  'ack',
  'decline',
  'undecryptable',
  'hand_over_accept',
  'escalate',
]);

/** The queue, and everything about one alert, for people who are active in the roster today. */
@Controller('api/v1/desk/alerts')
@UseGuards(SessionGuard)
export class AlertsController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Queue) private readonly queue: Queue,
    @Inject(AlertFiles) private readonly files: AlertFiles,
    @Inject(SignedActs) private readonly acts: SignedActs,
    @Inject(AlertViews) private readonly views: AlertViews,
    @Inject(TeamMessages) private readonly messages: TeamMessages,
    @Inject(SessionBudget) private readonly budget: SessionBudget,
    @Inject(Wake) private readonly wake: Wake,
  ) {}

  @Get()
  async list(@Session() session: DeskSession, @Query('closed') closed?: string) {
    spend(this.budget, session, 'look');
    return closed === 'true' ? this.queue.closed(session) : this.queue.open(session);
  }

  @Get(':alertId')
  async read(@Session() session: DeskSession, @Param('alertId') alertId: string) {
    const file = await this.database.transaction((tx) => this.files.read(tx, session, alertIdOf(alertId)));
    return file ?? notFound();
  }

  @Get(':alertId/envelopes/:hash')
  @Header('content-type', BYTES_TYPE)
  async envelope(@Session() session: DeskSession, @Param('alertId') alertId: string, @Param('hash') hash: string): Promise<Buffer> {
    return (await this.files.envelope(this.database, session, alertIdOf(alertId), envelopeHashOf(hash))) ?? notFound();
  }

  @Post(':alertId/statements')
  async act(
    @Session() session: DeskSession,
    @Param('alertId') alertIdText: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const signed = statementRequest.parse(body);
    const type = statementTypeOf(signed.statement);
    if (type === null) throw actProblem('malformed-statement');
    if (!neverLimited.has(type)) spend(this.budget, session, 'act');
    const alertId = alertIdOf(alertIdText);
    const answer = await this.database.transaction(async (tx) => {
      const performed = await this.acts.perform(tx, session, alertId, signed);
      return 'refused' in performed ? performed : { ...performed, ...(await this.present(tx, session, alertId)) };
    });
    if ('refused' in answer) throw actProblem(answer.refused);
    this.wake.afterCommit();
    // Taken, but not done: a second person must sign the same outcome.
    const waiting = answer.closed === false;
    void reply.status(waiting ? HttpStatus.ACCEPTED : HttpStatus.OK);
    return waiting ? { ...answer, code: 'second-person-needed' } : answer;
  }

  @Post(':alertId/messages')
  async post(
    @Session() session: DeskSession,
    @Param('alertId') alertId: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    spend(this.budget, session, 'write');
    if (!Buffer.isBuffer(body)) throw problem(415, 'unsupported-media-type', 'This kind of content is not taken here', `Send the envelope as ${BYTES_TYPE}.`);
    const posted = await this.database.transaction((tx) => this.messages.post(tx, session, alertIdOf(alertId), body));
    if ('refused' in posted) throw messageProblem(posted.refused);
    this.wake.afterCommit();
    void reply.status(posted.repeated ? HttpStatus.OK : HttpStatus.CREATED);
    return { envelopeHash: toBase64url(posted.envelopeHash), receivedAt: posted.receivedAt };
  }

  /** The alert after the act, from the same transaction. */
  private async present(tx: Tx, { coalitionId }: DeskSession, alertId: Uint8Array) {
    const { rows } = await tx.query<{ chain_n: number; chain_head: Buffer }>(
      'SELECT chain_n, chain_head FROM alert_timer WHERE coalition_id = $1 AND alert_id = $2',
      [coalitionId, Buffer.from(alertId)],
    );
    const head = rows[0];
    const view = await this.views.read(tx, coalitionId, alertId);
    if (head === undefined || view === null) throw new Error('an alert went away in the middle of an act');
    return { view, chainHead: { n: head.chain_n, hash: toBase64url(head.chain_head) } };
  }
}


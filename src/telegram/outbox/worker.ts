import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { fromHex } from '@jardam/protocol';
import { Wake, WAKE_CHANNEL } from '../../escalation/wake.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { Accounts } from '../accounts/accounts.js';
import { BotClient, type CallOutcome } from '../api/bot-client.js';
import { Emergency } from '../conversation/emergency.js';
import { ChatAlerts } from '../status/chat-alerts.js';
import { StatusBoard } from '../status/status-board.js';
import { ArmedJobs } from './armed-jobs.js';
import { FetchFile } from './fetch-file.js';
import { Jobs, type ClaimedJob } from './jobs.js';

const lookEveryMs = 1_000;
/** Jobs that one instance works on at a time: Telegram takes about 30 messages a second from a bot. */
const concurrency = 8;
const firstRetryMs = 500;
/** After an hour without Telegram people should not wait another quarter of one. */
const longestRetryMs = 30_000;
const heldBatch = 50;

/**
 * Works off what the bot has to do at Telegram. A job is repeated until Telegram answers, so a message may come twice
 * when an answer is lost: Telegram knows no key that would prevent it. What must not happen twice is in the database.
 */
@Injectable()
export class Worker implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Telegram');
  private readonly stopping = new AbortController();
  private readonly inFlight = new Map<number, Promise<void>>();
  private readonly attempts;
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private again = false;
  private readonly leave: (() => unknown)[] = [];

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(ArmedJobs) private readonly armed: ArmedJobs,
    @Inject(FetchFile) private readonly files: FetchFile,
    @Inject(StatusBoard) private readonly status: StatusBoard,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(Emergency) private readonly emergency: Emergency,
    @Inject(Wake) private readonly wakeUp: Wake,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    @Inject(Metrics) metrics: Metrics,
  ) {
    this.attempts = metrics.counter('telegram_calls_total', 'What the bot did at Telegram', ['kind', 'outcome']);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (!this.instance.roles.includes('telegram')) return;
    this.leave.push(this.wakeUp.on(() => this.wake()));
    this.leave.push(await this.database.listen(WAKE_CHANNEL, () => this.wake()));
    this.timer = setInterval(() => this.wake(), lookEveryMs);
    this.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearInterval(this.timer);
    for (const leave of this.leave) await leave();
    await this.looking;
    await Promise.all(this.inFlight.values());
  }

  /** Looks for work now. Never throws, never waits. */
  wake(): void {
    if (this.stopping.signal.aborted) return;
    if (this.looking) {
      this.again = true;
      return;
    }
    this.looking = this.look()
      .catch((error: unknown) => this.log.warn('the bot could not look for work; trying again', error))
      .finally(() => {
        this.looking = undefined;
        if (this.again) {
          this.again = false;
          this.wake();
        }
      });
  }

  private async look(): Promise<void> {
    for (const alertId of await this.alerts.dueHeld(this.database, heldBatch)) await this.handOver(alertId);
    await this.armed.takeNotices();
    await this.status.lookForChanges();
    while (!this.stopping.signal.aborted && this.inFlight.size < concurrency) {
      const claimed = await this.jobs.claim(this.database, concurrency - this.inFlight.size);
      if (claimed.length === 0) return;
      for (const each of claimed) {
        const running = this.run(each)
          .catch((error: unknown) => this.log.warn('a job of the bot failed; trying again', error))
          .finally(() => {
            this.inFlight.delete(each.jobId);
            this.wake();
          });
        this.inFlight.set(each.jobId, running);
      }
    }
  }

  private async handOver(alertId: Uint8Array): Promise<void> {
    await this.database.transaction(async (tx) => {
      const alert = await this.alerts.byAlert(tx, alertId, 'FOR UPDATE OF c');
      if (alert !== null) await this.emergency.handOverHeld(tx, alert);
    });
    this.wakeUp.afterCommit();
  }

  private async run(claimed: ClaimedJob): Promise<void> {
    try {
      await this.attempt(claimed);
    } catch (error) {
      await this.jobs.retryIn(this.database, claimed, pause(claimed.attempt)).catch(() => undefined); // else its lease ends
      throw error;
    }
  }

  private async attempt(claimed: ClaimedJob): Promise<void> {
    const { job } = claimed;
    if (claimed.expired) return this.giveUp(claimed);
    if (job.kind === 'fetch') {
      const outcome = await this.files.run(claimed, job, this.stopping.signal);
      this.attempts.inc({ kind: job.kind, outcome: typeof outcome === 'string' ? outcome : 'unreachable' });
      if (outcome === 'done') return this.wakeUp.afterCommit();
      if (outcome === 'refused') return this.giveUp(claimed);
      return this.jobs.retryIn(this.database, claimed, outcome.retryAfterMs || pause(claimed.attempt));
    }
    const outcome = await this.perform(claimed);
    this.attempts.inc({ kind: job.kind, outcome: outcome.ok ? 'done' : outcome.failure });
    if (outcome.ok) return void (await this.jobs.finish(this.database, claimed));
    switch (outcome.failure) {
      case 'flood':
        return this.jobs.retryIn(this.database, claimed, outcome.retryAfterMs);
      case 'unreachable':
        return this.jobs.retryIn(this.database, claimed, pause(claimed.attempt));
      case 'refused':
        if (outcome.code === 403) return this.blocked(claimed);
        // A token that is not valid for now: the operator is told by the poller; what people wait for is kept.
        if (outcome.code === 401 || outcome.code === 404) return this.jobs.retryIn(this.database, claimed, pause(claimed.attempt));
        return this.giveUp(claimed);
    }
  }

  private async perform(claimed: ClaimedJob): Promise<CallOutcome> {
    const { job } = claimed;
    switch (job.kind) {
      case 'call':
        return this.telegram.call(job.method, job.parameters);
      case 'status':
        return this.status.tell(job.alertId);
      case 'delete':
        return this.deleteMessages(job);
      case 'button':
        return this.armed.putButton(claimed, job);
      case 'check-in':
        return this.armed.askCheckIn(claimed, job);
      case 'fetch':
        throw new Error('files have a way of their own');
    }
  }

  private async deleteMessages({ chatId, messageIds }: { readonly chatId: number; readonly messageIds: readonly number[] }): Promise<CallOutcome> {
    const [first, ...rest] = messageIds;
    if (rest.length > 0) return this.telegram.call('deleteMessages', { chat_id: chatId, message_ids: messageIds });
    const outcome = await this.telegram.call('deleteMessage', { chat_id: chatId, message_id: first });
    // Already gone: the person was quicker, or we were and lost the answer.
    if (!outcome.ok && outcome.failure === 'refused' && outcome.description.includes('not found')) return { ok: true, result: true };
    return outcome;
  }

  /** What cannot be done is put into the status where the person would rely on it. */
  private async giveUp(claimed: ClaimedJob): Promise<void> {
    const { job, owner } = claimed;
    await this.database.transaction(async (tx) => {
      if (job.kind === 'fetch') return this.files.giveUp(tx, claimed, job);
      if (!(await this.jobs.finish(tx, claimed))) return;
      const alertId = job.kind === 'delete' && job.alertId !== null ? fromHex(job.alertId, 16) : null;
      if (alertId === null || job.kind !== 'delete') return;
      await this.alerts.setUndeleted(tx, alertId);
      await this.jobs.queue(tx, owner, { kind: 'status', alertId: job.alertId ?? '' }, { once: `status ${job.alertId ?? ''}` });
    });
  }

  /** They have blocked the bot: nothing more is tried until they come back. */
  private async blocked(claimed: ClaimedJob): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.accounts.setBlocked(tx, claimed.owner, true);
      await this.jobs.dropFor(tx, claimed.owner);
    });
  }
}

/** Longer and longer, never at the same moment as others. */
function pause(attempt: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2);
}

import { Inject, Injectable } from '@nestjs/common';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Database, Tx } from '../../platform/database/database.js';
import type { BotParameters } from '../api/bot-client.js';
import { ChatSecrets } from '../secrets.js';

/** Something that the bot still has to do at Telegram. Holds a chat's number, so it is stored sealed. */
export type Job =
  /** Any call; its answer is not needed. */
  | { readonly kind: 'call'; readonly method: string; readonly parameters: BotParameters }
  /** Deletes what a person wrote. Texts after it may say that it is gone, so it comes first. */
  | { readonly kind: 'delete'; readonly chatId: number; readonly messageIds: readonly number[]; readonly alertId: string | null }
  /** Tells how an alert stands, in its one message. Composed when it is sent. */
  | { readonly kind: 'status'; readonly alertId: string }
  /** Puts an armed button into the chat. The release secret is fetched when it is sent. */
  | { readonly kind: 'button'; readonly locator: string }
  /** A message of a check-in, whose arrival is reported. */
  | {
      readonly kind: 'check-in';
      readonly what: 'reminder' | 'ask' | 'silent_prompt';
      readonly locator: string;
      readonly round: number;
      readonly deadlineAt: string;
    }
  /** Fetches a file, seals it to the responders, and deletes its message. */
  | {
      readonly kind: 'fetch';
      readonly chatId: number;
      readonly messageId: number;
      readonly alertId: string;
      readonly fileId: string;
      readonly name: string;
      readonly type: string;
    };

export interface ClaimedJob {
  readonly jobId: number;
  readonly owner: Buffer;
  readonly attempt: number;
  readonly expired: boolean;
  readonly job: Job;
}

/** A worker that is not heard of for this long has lost its job to another one: longer than a download may take, and
 *  than the few calls of ten seconds that any other job makes. What a killed process had begun waits no longer. */
const leasesMs = { file: 150_000, chat: 45_000 } as const;
const minuteMs = 60_000;
const lifetimesMs: Readonly<Record<Job['kind'], number>> = {
  call: 24 * 60 * minuteMs,
  // After 48 hours Telegram no longer deletes.
  delete: 48 * 60 * minuteMs,
  status: 48 * 60 * minuteMs,
  fetch: 48 * 60 * minuteMs,
  button: 24 * 60 * minuteMs,
  'check-in': 60 * minuteMs,
};

/** The bot's outbox: written in the transaction of what it tells about, worked off by whichever instance is there. */
@Injectable()
export class Jobs {
  constructor(@Inject(ChatSecrets) private readonly secrets: ChatSecrets) {}

  /** @param options.once at most one job of this name waits for an owner; a further one adds nothing */
  async queue(tx: Tx, owner: Uint8Array, job: Job, options: { readonly once?: string; readonly lifetimeMs?: number } = {}): Promise<void> {
    await tx.query({
      name: 'telegram-queue',
      text: `INSERT INTO telegram_job (coalition_id, owner, lane, once, job_sealed, expires_at)
             SELECT $1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond'
             WHERE NOT EXISTS (SELECT FROM telegram_job WHERE coalition_id = $1 AND owner = $2 AND once = $4 AND lease_until IS NULL)`,
      values: [
        DEFAULT_COALITION,
        Buffer.from(owner),
        job.kind === 'fetch' ? 'file' : 'chat',
        options.once ?? null,
        this.secrets.sealJson('job', owner, job),
        options.lifetimeMs ?? lifetimesMs[job.kind],
      ],
    });
  }

  /**
   * Takes jobs whose turn it is: the first of each owner and lane, so that a chat sees things in the order in which they
   * happened, and a slow download keeps no answer waiting.
   */
  async claim(database: Database, limit: number): Promise<ClaimedJob[]> {
    const { rows } = await database.query<{ job_id: number; owner: Buffer; attempt: number; job_sealed: Buffer; expired: boolean }>({
      name: 'telegram-claim',
      text: `UPDATE telegram_job AS j SET lease_until = now() + CASE j.lane WHEN 'file' THEN $3::int ELSE $4::int END * interval '1 millisecond', attempt = j.attempt + 1
             FROM (SELECT job_id FROM telegram_job AS first
                   WHERE coalition_id = $1 AND next_at <= now() AND (lease_until IS NULL OR lease_until < now())
                     AND NOT EXISTS (SELECT FROM telegram_job AS before
                                     WHERE before.coalition_id = $1 AND before.owner = first.owner AND before.lane = first.lane
                                       AND before.job_id < first.job_id)
                   ORDER BY next_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
             WHERE j.coalition_id = $1 AND j.job_id = due.job_id
             RETURNING j.job_id, j.owner, j.attempt, j.job_sealed, j.expires_at < now() AS expired`,
      values: [DEFAULT_COALITION, limit, leasesMs.file, leasesMs.chat],
    });
    return rows.map(({ job_id: jobId, owner, attempt, job_sealed, expired }) => ({
      jobId,
      owner,
      attempt,
      expired,
      job: this.secrets.openJson('job', owner, job_sealed) as Job,
    }));
  }

  /** Done or given up. False when the lease was lost: whatever else the transaction does must not be done again. */
  async finish(tx: Tx | Database, { jobId, attempt }: ClaimedJob): Promise<boolean> {
    const { rowCount } = await tx.query('DELETE FROM telegram_job WHERE coalition_id = $1 AND job_id = $2 AND attempt = $3', [
      DEFAULT_COALITION,
      jobId,
      attempt,
    ]);
    return rowCount === 1;
  }

  async retryIn(database: Database, { jobId, attempt }: ClaimedJob, delayMs: number): Promise<void> {
    await database.query(
      `UPDATE telegram_job SET lease_until = NULL, next_at = now() + $4 * interval '1 millisecond'
       WHERE coalition_id = $1 AND job_id = $2 AND attempt = $3`,
      [DEFAULT_COALITION, jobId, attempt, Math.round(delayMs)],
    );
  }

  /** Drops what waits for somebody who does not want to hear from us. Files they sent before are still fetched. */
  async dropFor(tx: Tx, owner: Uint8Array): Promise<void> {
    await tx.query(`DELETE FROM telegram_job WHERE coalition_id = $1 AND owner = $2 AND lane = 'chat'`, [DEFAULT_COALITION, Buffer.from(owner)]);
  }

  /** The longest that a due job has waited, in milliseconds. */
  async oldestDueMs(database: Database): Promise<number> {
    const { rows } = await database.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM now() - min(next_at)) * 1000)::float8 AS ms FROM telegram_job
       WHERE coalition_id = $1 AND next_at <= now() AND lease_until IS NULL`,
      [DEFAULT_COALITION],
    );
    return Math.max(0, rows[0]?.ms ?? 0);
  }
}

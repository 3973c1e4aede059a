import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { CheckIns } from '../../intake/armed/check-ins.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { INSTANCE_CONFIG, TELEGRAM_CONFIG, type InstanceConfig, type TelegramConfig } from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';
import { isDatabaseUnavailable } from '../../platform/database/unavailable.js';
import { Health, type HealthState } from '../../platform/health/health.js';
import { Metrics } from '../../platform/metrics/metrics.js';
import { BotClient, type CallOutcome } from '../api/bot-client.js';
import { botCommands } from '../conversation/joining.js';
import { miniAppUrl } from '../conversation/keyboards.js';
import { ChatSecrets } from '../secrets.js';
import { BotTexts, LANGUAGE_NAMES } from '../texts.js';
import { Ingest, NotTaken } from './ingest.js';
import { PollLock } from './poll-lock.js';
import { ALLOWED_UPDATES } from './read-update.js';

/** Where Telegram calls us when it is asked to. */
export const WEBHOOK_PATH = '/api/v1/telegram/webhook';

/** How soon another instance takes over from one that has gone. */
const lookForLockMs = 1_000;
const checkLockMs = 1_000;
const checkWebhookMs = 30_000;
const batchLimit = 100;
const keepHouseMs = 600_000;
const firstPauseMs = 500;
const longestPauseMs = 10_000;
/** A token that Telegram does not know is changed by a person, in hours; but Telegram in trouble says 401, too, for seconds. */
const longestUnauthorisedPauseMs = 30_000;
/** Beyond the time of a poll, this much silence is a fault. */
const overdueMarginMs = 40_000;

/**
 * Asks Telegram for updates, one process at a time, and never ends: whatever Telegram, the network or the database
 * answers, it goes on asking, and says in health and metrics how long ago it last succeeded.
 */
@Injectable()
export class Poller implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Telegram');
  private readonly stopping = new AbortController();
  private readonly quarantined;
  private running: Promise<void> | undefined;
  private lastProblem: string | null = null;
  private houseKeptAt = 0;
  private readonly startedAt = Date.now();

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(Ingest) private readonly ingest: Ingest,
    @Inject(ChatSecrets) private readonly secrets: ChatSecrets,
    @Inject(CheckIns) private readonly checkIns: CheckIns,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
    @Inject(Health) private readonly health: Health,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {
    this.quarantined = metrics.gauge('telegram_quarantined_updates', 'Updates that could not be handled and lie aside');
  }

  onApplicationBootstrap(): void {
    this.health.register('telegram', () => this.state(), { required: false });
    const age = this.metrics.gauge('telegram_poll_age_seconds', 'Time since Telegram last answered a question for updates, of any instance');
    // Asked when somebody looks, so that it grows while nobody polls; before the first answer, since this process began.
    (age as unknown as { collect: () => Promise<void> }).collect = async () => age.set(((await this.ageMs()) ?? Date.now() - this.startedAt) / 1_000);
    if (this.instance.roles.includes('telegram')) this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Milliseconds since any instance last had an answer; null before the first. */
  private async ageMs(): Promise<number | null> {
    const { rows } = await this.database.query<{ ms: number }>(
      `SELECT (extract(epoch FROM now() - polled_at) * 1000)::float8 AS ms FROM telegram_poller WHERE coalition_id = $1 AND bot_id = $2`,
      [DEFAULT_COALITION, this.telegram.botId],
    );
    return rows[0]?.ms ?? null;
  }

  private async state(): Promise<HealthState> {
    if (this.lastProblem !== null) return { ok: false, reason: this.lastProblem };
    const ageMs = await this.ageMs();
    if (ageMs === null) return { ok: false, reason: 'not-polled-yet' };
    const usual = this.config.receive === 'webhook' ? checkWebhookMs : this.config.pollTimeoutMs;
    return ageMs > usual + overdueMarginMs ? { ok: false, reason: 'poll-overdue' } : { ok: true };
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const lock = await PollLock.take(this.database, DEFAULT_COALITION);
        if (lock === null) await this.rest(lookForLockMs);
        else await this.lead(lock);
      } catch (error) {
        // Never the end of the loop: a bot that stops listening is an alert that is lost.
        this.log.warn('the poller was interrupted; going on', error);
        await this.rest(lookForLockMs);
      }
    }
  }

  /** Asks as long as this process has the lock. */
  private async lead(lock: PollLock): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([this.stopping.signal, lost.signal]);
    const watch = this.watch(lock, lost, signal);
    // Beside the first poll and not before it: when Telegram is slow, taking over must not wait for lists of commands.
    const introduced = this.introduce(signal).catch((error: unknown) => this.log.error('the bot’s commands could not be written', error));
    try {
      if (this.config.receive === 'webhook') await this.watchWebhook(signal);
      else await this.poll(signal);
    } finally {
      lost.abort();
      await Promise.all([watch, introduced]);
      await lock.release(DEFAULT_COALITION);
      this.lastProblem = null;
    }
  }

  private async watch(lock: PollLock, lost: AbortController, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.rest(checkLockMs, signal);
      if (!signal.aborted && !(await lock.holds())) lost.abort();
    }
  }

  private async poll(signal: AbortSignal): Promise<void> {
    let offset = 0;
    let failures = 0;
    while (!signal.aborted) {
      const answer = await this.telegram.call(
        'getUpdates',
        { offset, limit: batchLimit, timeout: Math.round(this.config.pollTimeoutMs / 1_000), allowed_updates: ALLOWED_UPDATES },
        signal,
      );
      if (signal.aborted) return;
      if (!answer.ok) {
        await this.recover(answer, ++failures, signal);
        continue;
      }
      try {
        const updates = answer.result as { update_id: number }[];
        await this.ingest.take(updates);
        // Confirmed by asking for what comes after it, and so never before the commit.
        offset = (updates.at(-1)?.update_id ?? offset - 1) + 1;
        failures = 0;
        await this.succeeded(updates.length < batchLimit);
      } catch (error) {
        await this.interrupted(error, ++failures, signal);
      }
    }
  }

  private async watchWebhook(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const url = `${this.instance.publicUrl}${WEBHOOK_PATH}`;
      const answer = await this.telegram.call(
        'setWebhook',
        { url, secret_token: this.secrets.webhookSecret(this.telegram.botId), allowed_updates: ALLOWED_UPDATES, max_connections: 20 },
        signal,
      );
      if (signal.aborted) return;
      if (!answer.ok) {
        await this.recover(answer, ++failures, signal);
        continue;
      }
      failures = 0;
      const info = await this.telegram.call('getWebhookInfo', {}, signal);
      await this.succeeded(info.ok && (info.result as { pending_update_count?: unknown }).pending_update_count === 0);
      await this.rest(checkWebhookMs, signal);
    }
  }

  /** @param caughtUp everything that people had written until now has taken effect */
  private async succeeded(caughtUp: boolean): Promise<void> {
    this.lastProblem = null;
    // Only a channel that works gives a meaning to silence (check-ins).
    if (caughtUp) await this.database.transaction((tx) => this.checkIns.heardFromChannel(tx, DEFAULT_COALITION));
    await this.database.query(
      `INSERT INTO telegram_poller (coalition_id, bot_id, polled_at) VALUES ($1, $2, now())
       ON CONFLICT (coalition_id, bot_id) DO UPDATE SET polled_at = now()`,
      [DEFAULT_COALITION, this.telegram.botId],
    );
    if (Date.now() - this.houseKeptAt < keepHouseMs) return;
    this.houseKeptAt = Date.now();
    this.quarantined.set(await this.ingest.keepHouse());
  }

  private async recover(answer: Extract<CallOutcome, { ok: false }>, failures: number, signal: AbortSignal): Promise<void> {
    if (answer.failure === 'flood') {
      this.problem('flood', 'Telegram asks for a pause');
      return this.rest(answer.retryAfterMs, signal);
    }
    if (answer.failure === 'unreachable') {
      this.problem('unreachable', 'Telegram does not answer');
      return this.rest(pause(failures), signal);
    }
    if (answer.code === 409) {
      // A webhook was left behind, or another program polls with this token. The first is mended; the second ends when
      // that program does, and is the operator's to find.
      this.problem('conflict', 'another program asks Telegram for this bot’s updates, or a webhook is set');
      if (answer.description.includes('webhook')) await this.telegram.call('deleteWebhook', {}, signal);
      return this.rest(pause(failures), signal);
    }
    if (answer.code === 401 || answer.code === 404) {
      this.problem('unauthorised', 'Telegram does not know the token of this bot');
      return this.rest(pause(failures, longestUnauthorisedPauseMs), signal);
    }
    this.problem(`refused-${answer.code}`, `Telegram refuses to give updates (${answer.code})`);
    return this.rest(pause(failures), signal);
  }

  private async interrupted(error: unknown, failures: number, signal: AbortSignal): Promise<void> {
    if (isDatabaseUnavailable(error)) this.problem('database', 'updates wait at Telegram until the database is back');
    else if (!(error instanceof NotTaken)) this.log.error('a batch of updates could not be taken; trying again', error);
    await this.rest(pause(failures), signal);
  }

  /** Says it once, not with every try. */
  private problem(code: string, text: string): void {
    if (this.lastProblem !== code) this.log.warn(`${text}; trying on`);
    this.lastProblem = code;
  }

  /** The lists behind "/" and the button beside the text field. Missing ones harm nobody, so failures are left. */
  private async introduce(signal: AbortSignal): Promise<void> {
    for (const [lang] of LANGUAGE_NAMES) {
      const language = lang === 'ru' ? {} : { language_code: lang };
      await this.telegram.call('setMyCommands', { commands: botCommands(this.texts, lang), ...language }, signal);
    }
    const url = miniAppUrl(this.instance.publicUrl);
    if (url === null) return;
    await this.telegram.call('setChatMenuButton', { menu_button: { type: 'web_app', text: 'Jardam', web_app: { url } } }, signal);
  }

  private async rest(ms: number, signal: AbortSignal = this.stopping.signal): Promise<void> {
    await sleep(ms, undefined, { signal }).catch(() => undefined);
  }
}

function pause(failures: number, longestMs = longestPauseMs): number {
  return Math.min(longestMs, firstPauseMs * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);
}

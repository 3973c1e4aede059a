import { timingSafeEqual } from 'node:crypto';
import { Body, Controller, Headers, HttpCode, Inject, Post } from '@nestjs/common';
import { H, utf8, type Primitives } from '@jardam/protocol';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../../platform/config/slices.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { isDatabaseUnavailable } from '../../platform/database/unavailable.js';
import { problem } from '../../platform/http/problem.js';
import { BotClient } from '../api/bot-client.js';
import { ChatSecrets } from '../secrets.js';
import { Ingest, NotTaken } from './ingest.js';

/** Where Telegram brings updates, if the operator has chosen so. Any instance may take them. */
@Controller('api/v1/telegram')
export class WebhookController {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Ingest) private readonly ingest: Ingest,
    @Inject(ChatSecrets) private readonly secrets: ChatSecrets,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
  ) {}

  /** 200 only after the commit: anything else makes Telegram bring the update again. */
  @Post('webhook')
  @HttpCode(200)
  async update(@Headers('x-telegram-bot-api-secret-token') shown: string | undefined, @Body() body: unknown): Promise<void> {
    if (this.config.receive !== 'webhook' || !this.isTelegram(shown)) throw problem(404, 'not-found', 'There is nothing here');
    try {
      await this.ingest.take([body]);
    } catch (error) {
      if (error instanceof NotTaken || isDatabaseUnavailable(error)) throw problem(503, 'try-again', 'The update could not be taken yet');
      throw error;
    }
  }

  /** Compares hashes, which are equally long whatever was shown, in constant time. */
  private isTelegram(shown: string | undefined): boolean {
    const hash = (text: string): Uint8Array => H(this.p, 'jardam/webhook-check', utf8(text));
    return timingSafeEqual(hash(shown ?? ''), hash(this.secrets.webhookSecret(this.telegram.botId)));
  }
}

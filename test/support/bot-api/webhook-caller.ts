import type { BotState } from './state.js';

/** Telegram waits longer between its tries; what counts is that it tries again until it hears success. */
const retryMs = 150;
const answerTimeoutMs = 10_000;

/** Calls the bot's webhook: one update after the other, each until it is answered with success. */
export class WebhookCaller {
  private stopped = false;

  constructor(
    private readonly state: BotState,
    private readonly isDown: () => boolean,
  ) {
    void this.run();
  }

  stop(): void {
    this.stopped = true;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const next = this.state.updates.pending()[0];
      const webhook = this.state.webhook;
      if (next !== undefined && webhook !== null && !this.isDown() && (await this.call(webhook, next.body))) {
        this.state.updates.confirm(next.update_id + 1);
      } else {
        await new Promise((resolve) => setTimeout(resolve, retryMs).unref());
      }
    }
  }

  private async call(webhook: NonNullable<BotState['webhook']>, body: unknown): Promise<boolean> {
    const secret = webhook.secretToken === undefined ? {} : { 'x-telegram-bot-api-secret-token': webhook.secretToken };
    try {
      const answer = await fetch(webhook.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...secret },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(answerTimeoutMs),
        redirect: 'manual',
      });
      await answer.arrayBuffer();
      // Planned as a fault of the method "webhook": the answer was given, and never reached Telegram.
      if (this.state.faults.take('webhook', {})?.kind === 'drop-after') throw new Error('the answer was lost');
      if (!answer.ok) this.state.webhookError = `Wrong response from the webhook: ${answer.status}`;
      return answer.ok;
    } catch {
      this.state.webhookError = 'Connection refused';
      return false;
    }
  }
}

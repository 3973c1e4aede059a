import { Inject, Injectable } from '@nestjs/common';
import { fromHex, toHex } from '@jardam/protocol';
import { isClosed } from '../../domain/life-cycle.js';
import { AlertViews } from '../../escalation/alert-view.js';
import { afterStandDown } from '../../intake/mailbox/after-stand-down.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import { Database } from '../../platform/database/database.js';
import { Accounts } from '../accounts/accounts.js';
import { BotClient, type CallOutcome } from '../api/bot-client.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSealer } from '../sealing/chat-sealer.js';
import { BotTexts } from '../texts.js';
import { ChatAlerts, type ChatAlert } from './chat-alerts.js';
import { statusMessage, type StatusMessage } from './status-text.js';

const changedBatch = 100;

/** Keeps the one status message of each alert true. */
@Injectable()
export class StatusBoard {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(AlertViews) private readonly views: AlertViews,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  /** Queues a message for every alert that has changed. @returns how many there were */
  async lookForChanges(): Promise<number> {
    return this.database.transaction(async (tx) => {
      const changed = await this.alerts.takeChanged(tx, changedBatch);
      for (const { alertId, owner } of changed) {
        await this.jobs.queue(tx, owner, { kind: 'status', alertId: toHex(alertId) }, { once: `status ${toHex(alertId)}` });
      }
      return changed.length;
    });
  }

  /** Sends or edits the message of one alert as it stands now. */
  async tell(alertIdHex: string): Promise<CallOutcome> {
    const nothingToTell: CallOutcome = { ok: true, result: null };
    const alert = await this.alerts.byAlert(this.database, fromHex(alertIdHex, 16) ?? new Uint8Array());
    if (alert === null) return nothingToTell;
    const account = await this.accounts.find(this.database, alert.owner);
    const chatId = await this.accounts.chatOf(this.database, alert.owner);
    const view = await this.views.read(this.database, DEFAULT_COALITION, alert.alertId);
    if (account === null || chatId === null || view === null) return nothingToTell;
    const shown = afterStandDown(view);
    const message = statusMessage({
      view: shown,
      alert,
      say: this.texts.in(account.lang),
      zone: await this.sealer.zone(),
      phones: await this.sealer.phones(account.lang),
      publicUrl: this.instance.publicUrl,
    });
    const outcome = await this.send(alert, { chat_id: chatId, ...message });
    // A message that is not there any more, or is as it should be, is no failure.
    const told = outcome.ok || (outcome.failure === 'refused' && outcome.code === 400);
    if (told && isClosed(shown.state)) await this.end(alert, chatId);
    return outcome;
  }

  private async send(alert: ChatAlert, message: StatusMessage & { readonly chat_id: number }): Promise<CallOutcome> {
    if (alert.statusMessageId !== 0) {
      const edited = await this.telegram.call('editMessageText', { ...message, message_id: alert.statusMessageId });
      if (edited.ok || edited.failure !== 'refused' || edited.code !== 400) return edited;
      if (edited.description.includes('not modified')) return { ok: true, result: null };
    }
    const sent = await this.telegram.call('sendMessage', { ...message });
    if (sent.ok) {
      const messageId = (sent.result as { message_id: number }).message_id;
      await this.database.transaction(async (tx) => {
        if (await this.alerts.noteStatusMessage(tx, alert, messageId)) return;
        await this.jobs.queue(tx, alert.owner, { kind: 'delete', chatId: message.chat_id, messageIds: [messageId], alertId: null });
      });
    }
    return sent;
  }

  /** The alert is closed and the chat knows: nothing ties them together any more. */
  private async end(alert: ChatAlert, chatId: number): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (alert.movingMessageId !== null) {
        await this.jobs.queue(tx, alert.owner, { kind: 'delete', chatId, messageIds: [alert.movingMessageId], alertId: null });
      }
      await this.alerts.remove(tx, alert.alertId);
    });
  }
}

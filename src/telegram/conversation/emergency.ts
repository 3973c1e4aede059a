import { Inject, Injectable } from '@nestjs/common';
import { toHex } from '@jardam/protocol';
import { Acceptance } from '../../intake/acceptance/acceptance.js';
import { SenderMessages } from '../../intake/messages/sender-messages.js';
import { TELEGRAM_CONFIG, type TelegramConfig } from '../../platform/config/slices.js';
import type { Tx } from '../../platform/database/database.js';
import type { Account } from '../accounts/accounts.js';
import { maxFileBytes } from '../api/bot-client.js';
import { latestOf } from '../ingest/units.js';
import type { SentContent } from '../ingest/read-update.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSealer, type ChatContent } from '../sealing/chat-sealer.js';
import { ChatAlerts, type ChatAlert } from '../status/chat-alerts.js';
import { BotTexts } from '../texts.js';

/** Before a text that its sender corrected. */
const CORRECTED = '✎ ';

/**
 * Somebody types, speaks, photographs or shares a place. Never refused and never stored: sealed to the responders in
 * memory, accepted in the same transaction that counts the update, deleted from the chat after the commit, and then
 * answered with what is true. Files are fetched afterwards, so that no download holds an alert up.
 */
@Injectable()
export class Emergency {
  constructor(
    @Inject(Acceptance) private readonly acceptance: Acceptance,
    @Inject(SenderMessages) private readonly messages: SenderMessages,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(TELEGRAM_CONFIG) private readonly config: TelegramConfig,
  ) {}

  /** What one person sent in a row: all new, or all corrections. @param at when it is handled, by the database's clock */
  async take(tx: Tx, account: Account, contents: readonly [SentContent, ...SentContent[]], at: Date): Promise<void> {
    const latest = latestOf(contents);
    const { userId, edited } = contents[0];
    const open = await this.alerts.openFor(tx, account.owner);
    const content: ChatContent = {
      text: latest
        .filter(({ text }) => text !== '')
        .map(({ text }) => (edited ? `${CORRECTED}${text}` : text))
        .join('\n'),
      place: latest.findLast(({ place }) => place !== null)?.place ?? null,
    };
    // A phone that still shares its place after the alert was closed must not raise one after the other.
    if (edited && open === null && content.text === '') return;
    const added = open === null ? 'closed' : await this.add(tx, account, open, latest, content, at);
    // Closed a moment ago: whoever writes now needs somebody who is still there.
    const alert = added === 'closed' ? await this.open(tx, account, content, at) : open;
    if (alert === null || added === 'full') return this.notReceived(tx, account, userId);
    await this.cleanUp(tx, account, alert, latest);
    await this.jobs.queue(tx, account.owner, { kind: 'status', alertId: toHex(alert.alertId) }, { once: `status ${toHex(alert.alertId)}` });
  }

  /** The latest correction or place goes to the responders now. Nothing happens when none is held. */
  async handOverHeld(tx: Tx, alert: ChatAlert): Promise<void> {
    if (alert.held === null) return;
    await this.alerts.release(tx, alert.alertId);
    const stored = await this.messages.acceptWithin(tx, alert.alertId, alert.held.envelope);
    if (!('refused' in stored)) await this.alerts.countAddition(tx, alert.alertId);
  }

  /** The wish to stop, from the button below the status. */
  async standDown(tx: Tx, account: Account, alert: ChatAlert, at: Date): Promise<void> {
    await this.handOverHeld(tx, alert);
    const bytes = await this.sealer.standDown(tx, account, await this.alerts.place(tx, alert.alertId), at);
    const stored = await this.messages.acceptWithin(tx, alert.alertId, bytes);
    // Closed meanwhile: the status says so.
    if ('refused' in stored && stored.refused !== 'already-closed') throw new Error(`a request to stop was refused: ${stored.refused}`);
  }

  async notReceived(tx: Tx, account: Account, chatId: number): Promise<void> {
    const text = this.texts.in(account.lang)('telegram.not-received', { phones: await this.sealer.phones(account.lang) }).trim();
    await this.jobs.queue(tx, account.owner, { kind: 'call', method: 'sendMessage', parameters: { chat_id: chatId, text } }, { once: 'not-received' });
  }

  private async open(tx: Tx, account: Account, content: ChatContent, at: Date): Promise<ChatAlert | null> {
    const sealed = await this.sealer.report(account, content, at);
    if ('refused' in sealed) return null;
    const accepted = await this.acceptance.acceptWithin(tx, sealed.submission);
    if ('refused' in accepted) return null;
    await this.alerts.add(tx, account.owner, sealed.alertId, { signSeed: sealed.signSeed });
    return this.alerts.byAlert(tx, sealed.alertId);
  }

  /** 'full' when the alert takes no more. */
  private async add(tx: Tx, account: Account, alert: ChatAlert, latest: readonly SentContent[], content: ChatContent, at: Date): Promise<'added' | 'closed' | 'full'> {
    if (content.text === '' && content.place === null) return 'added'; // only files, which follow
    const edited = latest.every((each) => each.edited);
    const messageId = latest.at(-1)?.messageId ?? 0;
    const replaces = edited && alert.held?.messageId === messageId;
    if (!replaces) await this.handOverHeld(tx, alert);
    const envelope = await this.sealer.followUp(tx, account, await this.alerts.place(tx, alert.alertId), content, at);
    if (edited && this.config.coalesceMs > 0) {
      await this.alerts.hold(tx, alert.alertId, { envelope, messageId, forMs: this.config.coalesceMs });
      return 'added';
    }
    const stored = await this.messages.acceptWithin(tx, alert.alertId, envelope);
    if ('refused' in stored) return stored.refused === 'already-closed' ? 'closed' : 'full';
    await this.alerts.countAddition(tx, alert.alertId);
    return 'added';
  }

  /** Has the messages deleted: at once what is sealed, after its file is sealed what carries one. */
  private async cleanUp(tx: Tx, account: Account, alert: ChatAlert, latest: readonly SentContent[]): Promise<void> {
    const alertId = toHex(alert.alertId);
    const chatId = latest[0]?.userId ?? 0;
    // Deleting a place that moves would end its sharing.
    const done = latest.filter(({ file, place }) => file === null && place?.live !== true).map(({ messageId }) => messageId);
    if (done.length > 0) await this.jobs.queue(tx, account.owner, { kind: 'delete', chatId, messageIds: done, alertId });
    for (const { file, messageId, edited } of latest) {
      if (file === null || edited) continue;
      if ((file.sizeBytes ?? 0) > maxFileBytes) {
        await this.alerts.countFiles(tx, alert.alertId, { refused: 1 });
        continue;
      }
      await this.alerts.countFiles(tx, alert.alertId, { waiting: 1 });
      const { fileId, name = '', type = '' } = file;
      await this.jobs.queue(tx, account.owner, { kind: 'fetch', chatId, messageId, alertId, fileId, name, type });
    }
  }
}

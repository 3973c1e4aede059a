import { Inject, Injectable } from '@nestjs/common';
import { toHex } from '@jardam/protocol';
import { databaseNow } from '../../platform/clock/clock.js';
import type { Tx } from '../../platform/database/database.js';
import { Accounts, type Account } from '../accounts/accounts.js';
import type { Incoming, SentContent } from '../ingest/read-update.js';
import type { Unit } from '../ingest/units.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSecrets } from '../secrets.js';
import { ChatAlerts, type ChatAlert } from '../status/chat-alerts.js';
import { BotTexts } from '../texts.js';
import { ArmedButton } from './armed-button.js';
import { Emergency } from './emergency.js';
import { Joining } from './joining.js';

/** What the bot does about an update, all of it in the caller's transaction. Nothing here talks to Telegram. */
@Injectable()
export class Conversation {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ChatSecrets) private readonly secrets: ChatSecrets,
    @Inject(Joining) private readonly joining: Joining,
    @Inject(Emergency) private readonly emergency: Emergency,
    @Inject(ArmedButton) private readonly armed: ArmedButton,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
  ) {}

  async handle(tx: Tx, unit: Unit): Promise<void> {
    const first = unit.kind === 'contents' ? unit.contents[0] : unit.incoming;
    if (first.kind === 'foreign') return;
    const account = await this.accounts.lock(tx, this.secrets.ownerOf(first.userId));
    if (account === null) {
      // Of several messages in a row one may be the token; the others are answered as one.
      for (const incoming of unit.kind === 'contents' ? unit.contents : [first]) await this.joining.stranger(tx, incoming);
      return;
    }
    if (unit.kind === 'contents') return this.contents(tx, account, unit.contents);
    await this.one(tx, account, unit.incoming);
  }

  /** An update that could not be handled: the person must not believe that it was received. */
  async givenUp(tx: Tx, userId: number): Promise<void> {
    const account = await this.accounts.lock(tx, this.secrets.ownerOf(userId));
    if (account !== null) await this.emergency.notReceived(tx, account, userId);
  }

  private async one(tx: Tx, account: Account, incoming: Exclude<Incoming, SentContent>): Promise<void> {
    switch (incoming.kind) {
      case 'foreign':
        return;
      case 'command':
        return this.command(tx, account, incoming);
      case 'press':
        return this.press(tx, account, incoming);
      case 'service':
        return this.jobs.queue(tx, account.owner, { kind: 'delete', chatId: incoming.userId, messageIds: [incoming.messageId], alertId: null });
      case 'blocked':
        await this.accounts.setBlocked(tx, account.owner, true);
        return this.jobs.dropFor(tx, account.owner);
      case 'unblocked':
        await this.accounts.setBlocked(tx, account.owner, false);
        return this.alerts.tellAgain(tx, account.owner);
      case 'unreadable': {
        const text = this.texts.in(account.lang)('telegram.unreadable');
        return this.jobs.queue(tx, account.owner, { kind: 'call', method: 'sendMessage', parameters: { chat_id: incoming.userId, text } });
      }
    }
  }

  private async command(tx: Tx, account: Account, incoming: Extract<Incoming, { kind: 'command' }>): Promise<void> {
    const { command, argument, userId, messageId } = incoming;
    if (command === 'start') return this.joining.again(tx, account, userId, messageId, argument);
    if (argument === '') {
      if (command === 'help') return this.joining.help(tx, account, userId);
      if (command === 'settings') return this.joining.showSettings(tx, account, userId);
      if (command === 'stop') return this.joining.leave(tx, account, userId);
    }
    // "/help they are breaking the door" is not a question about commands.
    const { kind: _kind, command: _command, argument: _argument, ...from } = incoming;
    const content: SentContent = { ...from, kind: 'content', text: `/${command} ${argument}`.trim(), place: null, file: null };
    await this.contents(tx, account, [content]);
  }

  private async contents(tx: Tx, account: Account, contents: readonly [SentContent, ...SentContent[]]): Promise<void> {
    if (account.blockedAt !== null) await this.accounts.setBlocked(tx, account.owner, false);
    await this.emergency.take(tx, account, contents, await databaseNow(tx));
  }

  private async press(tx: Tx, account: Account, press: Extract<Incoming, { kind: 'press' }>): Promise<void> {
    const answer = (await this.pressed(tx, account, press)) ?? undefined;
    // Telegram shows a spinner on the button until this comes; after some minutes nobody waits for it any more.
    await this.jobs.queue(
      tx,
      account.owner,
      { kind: 'call', method: 'answerCallbackQuery', parameters: { callback_query_id: press.queryId, ...(answer === undefined ? {} : { text: answer }) } },
      { lifetimeMs: 10 * 60_000 },
    );
  }

  /** @returns what to show above the chat for a moment, if anything */
  private async pressed(tx: Tx, account: Account, press: Extract<Incoming, { kind: 'press' }>): Promise<string | null> {
    const armed = await this.armed.pressed(tx, account, press);
    if (armed !== undefined) return armed;
    if (await this.joining.choose(tx, account, press)) return null;
    const [what, value, tag = ''] = press.data.split(':');
    if (what === 'end') {
      const alert = await this.alerts.byTag(tx, account.owner, tag);
      if (alert === null || !alert.fromChat) return this.texts.in(account.lang)('telegram.too-old');
      // Only while the question stands: people who are afraid press twice, and every wish is announced.
      if (value === 'yes' && alert.askingToStop) await this.emergency.standDown(tx, account, alert, await databaseNow(tx));
      await this.alerts.setAskingToStop(tx, alert.alertId, value === 'ask');
      await this.keepPressed(tx, press, alert);
      await this.jobs.queue(tx, account.owner, { kind: 'status', alertId: toHex(alert.alertId) });
      return null;
    }
    return this.texts.in(account.lang)('telegram.too-old');
  }

  /** The status goes on in the message that the person is looking at; of a second one, sent after a lost answer, nothing stays. */
  private async keepPressed(tx: Tx, press: Extract<Incoming, { kind: 'press' }>, { alertId, owner, statusMessageId }: ChatAlert): Promise<void> {
    if (statusMessageId === press.messageId) return;
    await this.alerts.setStatusMessage(tx, alertId, press.messageId);
    if (statusMessageId === 0) return;
    await this.jobs.queue(tx, owner, { kind: 'delete', chatId: press.userId, messageIds: [statusMessageId], alertId: null });
  }
}

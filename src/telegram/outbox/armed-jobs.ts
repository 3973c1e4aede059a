import { Inject, Injectable } from '@nestjs/common';
import { fromBase64url, toBase64url } from '@jardam/protocol';
import { ArmedPackets } from '../../intake/armed/armed-packets.js';
import { ArmedStates } from '../../intake/armed/armed-state.js';
import { CheckIns } from '../../intake/armed/check-ins.js';
import { takeNotices, type Notice } from '../../intake/armed/notices.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { Accounts, type Account } from '../accounts/accounts.js';
import { BotClient, type CallOutcome } from '../api/bot-client.js';
import { ArmedButton, buttonMessage, checkInMessage } from '../conversation/armed-button.js';
import { Emergency } from '../conversation/emergency.js';
import { markup, openButton } from '../conversation/keyboards.js';
import { ChatSealer } from '../sealing/chat-sealer.js';
import { ChatAlerts } from '../status/chat-alerts.js';
import { BotTexts, clockTime } from '../texts.js';
import { Jobs, type ClaimedJob, type Job } from './jobs.js';

const noticesAtOnce = 50;
const nothingToDo: CallOutcome = { ok: true, result: null };

/** What the bot has to say about packets that were sealed beforehand. */
@Injectable()
export class ArmedJobs {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(BotClient) private readonly telegram: BotClient,
    @Inject(ArmedPackets) private readonly packets: ArmedPackets,
    @Inject(ArmedStates) private readonly states: ArmedStates,
    @Inject(CheckIns) private readonly checkIns: CheckIns,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ChatAlerts) private readonly alerts: ChatAlerts,
    @Inject(ArmedButton) private readonly button: ArmedButton,
    @Inject(Emergency) private readonly emergency: Emergency,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {}

  /** Turns what the clocks have decided into jobs, in one transaction. */
  async takeNotices(): Promise<void> {
    await this.database.transaction(async (tx) => {
      for (const notice of await takeNotices(tx, noticesAtOnce)) {
        const account = await this.accounts.find(tx, notice.owner);
        if (account !== null) await this.noticed(tx, account, notice);
      }
    });
  }

  /** Puts the armed button into the chat and pins it; from then on the server has no key to the packet. */
  async putButton(claimed: ClaimedJob, { locator: text }: Extract<Job, { kind: 'button' }>): Promise<CallOutcome> {
    const key = { coalitionId: DEFAULT_COALITION, owner: claimed.owner, locator: bytesOf(text) };
    const account = await this.accounts.find(this.database, claimed.owner);
    const chatId = await this.accounts.chatOf(this.database, claimed.owner);
    const secret = await this.database.transaction((tx) => this.packets.releaseSecretForButton(tx, key));
    if (account === null || chatId === null || secret === null) return nothingToDo;
    const sent = await this.telegram.call('sendMessage', { chat_id: chatId, ...buttonMessage(this.texts.in(account.lang), key.locator, secret) });
    secret.fill(0);
    if (!sent.ok) return sent;
    const messageId = (sent.result as { message_id: number }).message_id;
    await this.database.transaction(async (tx) => {
      // Looked up again: it may have been pressed meanwhile, and whoever left has no button.
      const now = await this.accounts.lock(tx, claimed.owner);
      const button = await this.packets.buttonSent(tx, key);
      if (now !== null && button === 'in-place') return this.button.place(tx, now, chatId, messageId);
      if (button === 'gone') await this.jobs.queue(tx, claimed.owner, { kind: 'delete', chatId, messageIds: [messageId], alertId: null });
    });
    return sent;
  }

  /** Asks; only when Telegram has taken the question does silence mean anything. */
  async askCheckIn(claimed: ClaimedJob, job: Extract<Job, { kind: 'check-in' }>): Promise<CallOutcome> {
    const account = await this.accounts.find(this.database, claimed.owner);
    const chatId = await this.accounts.chatOf(this.database, claimed.owner);
    if (account === null || chatId === null) return nothingToDo;
    const time = clockTime(new Date(job.deadlineAt), await this.sealer.zone());
    const sent = await this.telegram.call('sendMessage', { chat_id: chatId, ...checkInMessage(this.texts.in(account.lang), job.what, job.locator, time) });
    if (!sent.ok) return sent;
    const key = { coalitionId: DEFAULT_COALITION, owner: claimed.owner, locator: bytesOf(job.locator) };
    await this.database.transaction((tx) => this.checkIns.reached(tx, key, job.what, job.round));
    return sent;
  }

  private async noticed(tx: Tx, account: Account, notice: Notice): Promise<void> {
    const { what, alertId, deadlineAt } = notice;
    const locator = toBase64url(notice.locator);
    switch (what) {
      case 'fired':
        return alertId === null ? undefined : this.fired(tx, account, alertId, notice.locator);
      case 'reminder':
      case 'ask':
      case 'silent_prompt':
        return this.jobs.queue(
          tx,
          account.owner,
          { kind: 'check-in', what, locator, round: notice.round, deadlineAt: (deadlineAt ?? notice.createdAt).toISOString() },
          // A question that comes hours late asks about a moment that has passed.
          { lifetimeMs: 60 * 60_000 },
        );
      case 'not_sent': {
        const chatId = await this.accounts.chatOf(tx, account.owner);
        return chatId === null ? undefined : this.emergency.notReceived(tx, account, chatId);
      }
      case 'arm_again': {
        const chatId = await this.accounts.chatOf(tx, account.owner);
        const say = this.texts.in(account.lang);
        const parameters = { chat_id: chatId, text: say('telegram.arm-again'), reply_markup: markup(openButton(say, this.instance.publicUrl)) };
        return this.jobs.queue(tx, account.owner, { kind: 'call', method: 'sendMessage', parameters }, { once: 'arm again' });
      }
    }
  }

  /** The pressed message becomes the status of what it sent; of a check-in the status is a message of its own. */
  private async fired(tx: Tx, account: Account, alertId: Uint8Array, locator: Uint8Array): Promise<void> {
    const { fired } = await this.states.of(tx, DEFAULT_COALITION, account.owner);
    const isTap = fired.some((each) => each.purpose === 'tap' && Buffer.from(each.locator).equals(Buffer.from(locator)));
    const buttonMessageId = isTap ? account.buttonMessageId : 0;
    await this.alerts.add(tx, account.owner, alertId, { statusMessageId: buttonMessageId });
    if (buttonMessageId === 0) return;
    await this.accounts.setButton(tx, account.owner, 0);
    const chatId = await this.accounts.chatOf(tx, account.owner);
    const parameters = { chat_id: chatId, message_id: buttonMessageId };
    await this.jobs.queue(tx, account.owner, { kind: 'call', method: 'unpinChatMessage', parameters });
  }
}

function bytesOf(locator: string): Uint8Array {
  const bytes = fromBase64url(locator, 12);
  if (bytes === null) throw new Error('a stored job names no packet');
  return bytes;
}

import { Inject, Injectable } from '@nestjs/common';
import { fromBase64url, toBase64url } from '@jardam/protocol';
import { ArmedPackets } from '../../intake/armed/armed-packets.js';
import { CheckIns } from '../../intake/armed/check-ins.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import type { Tx } from '../../platform/database/database.js';
import { Accounts, type Account } from '../accounts/accounts.js';
import type { Incoming } from '../ingest/read-update.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSealer } from '../sealing/chat-sealer.js';
import { BotTexts, clockSeconds, type Say } from '../texts.js';
import { markup, type Markup } from './keyboards.js';

type Press = Extract<Incoming, { kind: 'press' }>;

/** Callback data: a letter, the locator (16 characters) and, where it opens something, the release secret (43). */
const SECRET_DATA = /^([asx])([A-Za-z0-9_-]{16})([A-Za-z0-9_-]{43})$/;
const CHECK_IN_DATA = /^([oph])([A-Za-z0-9_-]{16})$/;
const ANSWERS = { o: 'ok', p: 'extend', h: 'help' } as const;

/** The message with the armed button: neutral words, for whoever looks over a shoulder. */
export function buttonMessage(say: Say, locator: Uint8Array, releaseSecret: Uint8Array): { text: string; reply_markup: Markup } {
  const data = `${toBase64url(locator)}${toBase64url(releaseSecret)}`;
  return { text: say('telegram.armed-text'), reply_markup: markup([{ text: say('telegram.armed-button'), callback_data: `a${data}` }]) };
}

/** The question of a check-in, and its three answers. */
export function checkInMessage(say: Say, what: 'reminder' | 'ask' | 'silent_prompt', locator: string, time: string): { text: string; reply_markup: Markup } {
  return {
    text: say(`telegram.check-in-${what}`, { time }),
    reply_markup: markup(
      [
        { text: say('telegram.check-in-ok'), callback_data: `o${locator}` },
        { text: say('telegram.check-in-later'), callback_data: `p${locator}` },
      ],
      [{ text: say('telegram.check-in-help'), callback_data: `h${locator}` }],
    ),
  };
}

/** Presses of what was sealed beforehand. The countdown runs in the database; nothing here waits. */
@Injectable()
export class ArmedButton {
  constructor(
    @Inject(ArmedPackets) private readonly packets: ArmedPackets,
    @Inject(CheckIns) private readonly checkIns: CheckIns,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
  ) {}

  /** From now on this message carries the account's button, or what becomes of it: pinned, and the only one. */
  async place(tx: Tx, { owner, buttonMessageId }: Account, chatId: number, messageId: number): Promise<void> {
    if (buttonMessageId === messageId) return;
    await this.accounts.setButton(tx, owner, messageId);
    if (buttonMessageId !== 0) await this.jobs.queue(tx, owner, { kind: 'delete', chatId, messageIds: [buttonMessageId], alertId: null });
    const pin = { chat_id: chatId, message_id: messageId, disable_notification: true };
    await this.jobs.queue(tx, owner, { kind: 'call', method: 'pinChatMessage', parameters: pin });
  }

  /** @returns what to show above the chat for a moment, null for nothing, undefined when the press is not meant for this */
  async pressed(tx: Tx, account: Account, press: Press): Promise<string | null | undefined> {
    const [, letter, locatorText = '', secretText] = SECRET_DATA.exec(press.data) ?? CHECK_IN_DATA.exec(press.data) ?? [];
    const locator = fromBase64url(locatorText, 12);
    if (letter === undefined || locator === null) return undefined;
    const say = this.texts.in(account.lang);
    const key = { coalitionId: DEFAULT_COALITION, owner: account.owner, locator };
    if (letter === 'o' || letter === 'p' || letter === 'h') {
      const answered = await this.checkIns.answer(tx, key, ANSWERS[letter]);
      if ('refused' in answered) return answered.refused === 'already-fired' ? say('telegram.already-sent') : say('telegram.too-old');
      await this.edit(tx, account, press, { text: say(letter === 'h' ? 'telegram.check-in-sent' : 'telegram.check-in-thanks'), reply_markup: markup() });
      return null;
    }
    const releaseSecret = fromBase64url(secretText ?? '', 32);
    if (releaseSecret === null) return undefined;
    if (letter === 'x') {
      const cancelled = await this.packets.cancel(tx, key);
      if ('refused' in cancelled) return cancelled.refused === 'already-fired' ? say('telegram.already-sent') : say('telegram.too-old');
      await this.placePressed(tx, account, press);
      await this.edit(tx, account, press, buttonMessage(say, locator, releaseSecret));
      return say('telegram.cancelled');
    }
    const done = letter === 's' ? await this.packets.sendNow(tx, { ...key, releaseSecret }) : await this.packets.press(tx, { ...key, releaseSecret });
    if ('refused' in done) return done.refused === 'already-fired' ? say('telegram.already-sent') : say('telegram.too-old');
    await this.placePressed(tx, account, press);
    // Once sent, the notice of it turns this message into the status.
    if ('fired' in done) return null;
    const text = 'fireAt' in done ? say('telegram.countdown', { time: clockSeconds(done.fireAt, await this.sealer.zone()) }) : say('telegram.confirm');
    const data = `${locatorText}${secretText ?? ''}`;
    const buttons = markup([
      { text: say('telegram.send-now'), callback_data: `s${data}` },
      { text: say('telegram.cancel'), callback_data: `x${data}` },
    ]);
    await this.edit(tx, account, press, { text, reply_markup: buttons });
    return null;
  }

  /** A button whose number is not known: pressed before it was noted, or one of two because Telegram's answer was lost. */
  private placePressed(tx: Tx, account: Account, press: Press): Promise<void> {
    return this.place(tx, account, press.userId, press.messageId);
  }

  private async edit(tx: Tx, account: Account, press: Press, message: { text: string; reply_markup: Markup }): Promise<void> {
    const parameters = { chat_id: press.userId, message_id: press.messageId, ...message };
    await this.jobs.queue(tx, account.owner, { kind: 'call', method: 'editMessageText', parameters });
  }
}

import { randomUUID } from 'node:crypto';
import type { Chat, ChatMessage } from './chats.js';
import { sentMessage } from './methods.js';
import type { BotState } from './state.js';

export interface SentFile {
  readonly bytes: Uint8Array;
  readonly caption?: string;
  /** The size that Telegram reports; by default that of the bytes. */
  readonly reportedSize?: number;
  readonly name?: string;
  readonly type?: string;
  /** Files of one album share it. */
  readonly album?: string;
}

type FileKind = 'photo' | 'voice' | 'audio' | 'video' | 'video_note' | 'document' | 'animation';

/** Somebody with Telegram open: what they do, and what they see. */
export class TelegramPerson {
  private readonly chat: Chat;

  constructor(
    private readonly state: BotState,
    readonly id: number,
    languageCode: string | undefined,
  ) {
    this.chat = state.chats.open(id, languageCode);
  }

  /** Messages that are in the chat now, oldest first. */
  get messages(): readonly ChatMessage[] {
    return this.chat.messages.filter(({ deleted }) => !deleted);
  }

  /** What the bot has written and is still there. */
  get fromBot(): readonly ChatMessage[] {
    return this.messages.filter(({ fromBot }) => fromBot);
  }

  /** What the person has written and is still there. */
  get own(): readonly ChatMessage[] {
    return this.messages.filter(({ fromBot }) => !fromBot);
  }

  /** All texts of the bot that are in the chat now, below each other. */
  get screen(): string {
    return this.fromBot.map(({ text }) => text).join('\n---\n');
  }

  /** Types a text; a command, if it begins with "/". */
  writes(text: string, more: Readonly<Record<string, unknown>> = {}): ChatMessage {
    const command = /^\/[a-z_]+/.exec(text)?.[0];
    const entities = command === undefined ? {} : { entities: [{ type: 'bot_command', offset: 0, length: command.length }] };
    return this.sends({ text, ...entities, ...more });
  }

  /** Opens t.me/bot?start=payload and presses Start. */
  start(payload?: string): ChatMessage {
    return this.writes(payload === undefined ? '/start' : `/start ${payload}`);
  }

  sendsFile(kind: FileKind, file: SentFile): ChatMessage {
    const size = file.reportedSize ?? file.bytes.length;
    const id = `${kind}-${randomUUID()}`;
    this.state.files.set(id, { id, bytes: file.bytes, size, path: `${kind}/file_${this.state.files.size}` });
    const described = {
      file_id: id,
      file_unique_id: `u${id}`,
      file_size: size,
      ...(file.name === undefined ? {} : { file_name: file.name }),
      ...(file.type === undefined ? {} : { mime_type: file.type }),
      ...(kind === 'photo' ? { width: 800, height: 600 } : {}),
    };
    // A photo comes in several sizes, the largest last.
    const content = kind === 'photo' ? [{ ...described, file_id: 'thumbnail', file_size: 900, width: 90, height: 67 }, described] : described;
    return this.sends({
      [kind]: content,
      ...(file.caption === undefined ? {} : { caption: file.caption }),
      ...(file.album === undefined ? {} : { media_group_id: file.album }),
    });
  }

  sendsLocation(latitude: number, longitude: number, livePeriodSeconds?: number): ChatMessage {
    return this.sends({
      location: { latitude, longitude, horizontal_accuracy: 12, ...(livePeriodSeconds === undefined ? {} : { live_period: livePeriodSeconds }) },
    });
  }

  /** Changes a message that they sent. The bot is told even when it has deleted the message meanwhile. */
  edits(message: ChatMessage, content: Readonly<Record<string, unknown>>): void {
    message.edits++;
    message.content = content;
    this.state.updates.add('edited_message', { ...sentMessage(this.state, this.chat, message), ...content });
  }

  /** Presses the first button with this label that is in the chat. Returns the callback query's id. */
  presses(label: string | RegExp): string {
    for (const message of [...this.fromBot].reverse()) {
      const button = message.keyboard.flat().find(({ text }) => (typeof label === 'string' ? text === label : label.test(text)));
      if (button?.callback_data !== undefined) return this.pressesData(button.callback_data, message);
    }
    throw new Error(`no button ${String(label)} in the chat; there is: ${JSON.stringify(this.fromBot.map(({ keyboard }) => keyboard.flat().map(({ text }) => text)))}`);
  }

  /** Sends a callback with this data, from a button or made up by hand, as a changed client can. */
  pressesData(data: string, message: ChatMessage): string {
    const id = String(Math.floor(Math.random() * 2 ** 50));
    this.state.callbackQueries.set(id, { chatId: this.chat.id, at: this.state.now(), answered: false });
    this.state.updates.add('callback_query', {
      id,
      from: this.state.userOf(this.chat.id, this.chat.languageCode),
      chat_instance: String(this.chat.id),
      message: sentMessage(this.state, this.chat, message),
      data,
    });
    return id;
  }

  blocks(): void {
    this.chat.blocked = true;
    this.memberChanged('kicked', 'member');
  }

  unblocks(): void {
    this.chat.blocked = false;
    this.memberChanged('member', 'kicked');
  }

  private sends(content: Readonly<Record<string, unknown>>): ChatMessage {
    if (this.chat.blocked) throw new Error('Telegram asks to unblock the bot first');
    this.chat.started = true;
    const text = typeof content.text === 'string' ? content.text : '';
    const message = this.state.chats.add(this.chat, { fromBot: false, text, content });
    this.state.updates.add('message', sentMessage(this.state, this.chat, message));
    return message;
  }

  private memberChanged(to: string, from: string): void {
    const user = { id: this.state.bot.id, is_bot: true, first_name: 'Notes', username: this.state.bot.username };
    this.state.updates.add('my_chat_member', {
      chat: { id: this.chat.id, type: 'private', first_name: 'Person' },
      from: this.state.userOf(this.chat.id, this.chat.languageCode),
      date: this.state.nowSeconds(),
      old_chat_member: { status: from, user },
      new_chat_member: { status: to, user, ...(to === 'kicked' ? { until_date: 0 } : {}) },
    });
  }
}

import type { Keyboard } from './keyboard.js';
import { badRequest, forbidden } from './refusal.js';

/** A message in a private chat, as both sides see it. */
export interface ChatMessage {
  readonly id: number;
  readonly fromBot: boolean;
  /** Seconds since 1970. */
  readonly date: number;
  text: string;
  keyboard: Keyboard;
  pinned: boolean;
  deleted: boolean;
  /** How often the sender changed it. */
  edits: number;
  /** Everything the bot is told about a message of the person, beside id, chat and date. */
  content: Readonly<Record<string, unknown>>;
}

export interface Chat {
  readonly id: number;
  readonly languageCode: string | undefined;
  /** In order; deleted ones stay, marked. */
  readonly messages: ChatMessage[];
  started: boolean;
  blocked: boolean;
}

/** A message older than this cannot be deleted by a bot (https://core.telegram.org/bots/api#deletemessage). */
const deletableSeconds = 48 * 3_600;

/** All private chats of one bot. Message ids grow over all chats, as they do at Telegram within an account. */
export class Chats {
  private readonly chats = new Map<number, Chat>();
  private lastMessageId = 100;

  constructor(private readonly nowSeconds: () => number) {}

  open(id: number, languageCode: string | undefined): Chat {
    const chat: Chat = { id, languageCode, messages: [], started: false, blocked: false };
    this.chats.set(id, chat);
    return chat;
  }

  /** The chat that a bot may write to now. */
  writable(id: number): Chat {
    const chat = this.chats.get(id);
    if (chat === undefined) throw badRequest('chat not found');
    if (!chat.started) throw forbidden("bot can't initiate conversation with a user");
    if (chat.blocked) throw forbidden('bot was blocked by the user');
    return chat;
  }

  add(chat: Chat, message: Pick<ChatMessage, 'fromBot' | 'text'> & Partial<Pick<ChatMessage, 'keyboard' | 'content'>>): ChatMessage {
    const added: ChatMessage = {
      id: ++this.lastMessageId,
      date: this.nowSeconds(),
      keyboard: [],
      pinned: false,
      deleted: false,
      edits: 0,
      content: {},
      ...message,
    };
    chat.messages.push(added);
    return added;
  }

  /** A message of the bot that it may change. */
  editable(chat: Chat, id: number): ChatMessage {
    const message = chat.messages.find((each) => each.id === id && !each.deleted);
    if (message === undefined) throw badRequest('message to edit not found');
    if (!message.fromBot) throw badRequest("message can't be edited");
    return message;
  }

  /** Deletes one message of either side, as a bot may in a private chat. */
  delete(chat: Chat, id: number): void {
    const message = chat.messages.find((each) => each.id === id && !each.deleted);
    if (message === undefined) throw badRequest('message to delete not found');
    if (this.nowSeconds() - message.date > deletableSeconds) throw badRequest("message can't be deleted for everyone");
    this.remove(message);
  }

  /** Deletes what can be deleted and passes over the rest, as deleteMessages does. */
  deleteAll(chat: Chat, ids: readonly number[]): void {
    for (const message of chat.messages) {
      const fresh = this.nowSeconds() - message.date <= deletableSeconds;
      if (ids.includes(message.id) && fresh && !message.deleted) this.remove(message);
    }
  }

  private remove(message: ChatMessage): void {
    message.deleted = true;
    message.pinned = false;
    message.text = '';
    message.content = {};
  }
}

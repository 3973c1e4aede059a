import { Chats } from './chats.js';
import { Faults } from './faults.js';
import { Updates } from './updates.js';

export interface StoredFile {
  readonly id: string;
  readonly bytes: Uint8Array;
  /** The size that Telegram reports; a test may report more than it holds. */
  readonly size: number;
  readonly path: string;
}

export interface Webhook {
  readonly url: string;
  readonly secretToken: string | undefined;
}

interface CallbackQuery {
  readonly chatId: number;
  readonly at: number;
  answered: boolean;
}

/** What the server knows: one bot, its private chats, its queue, its settings. */
export class BotState {
  /** Milliseconds that the server's clock is ahead of this machine's. */
  aheadMs = 0;
  readonly now = (): number => Date.now() + this.aheadMs;
  readonly nowSeconds = (): number => Math.floor(this.now() / 1_000);
  readonly chats = new Chats(this.nowSeconds);
  readonly updates = new Updates(this.now);
  readonly faults = new Faults();
  readonly files = new Map<string, StoredFile>();
  readonly callbackQueries = new Map<string, CallbackQuery>();
  readonly commands = new Map<string, readonly { command: string; description: string }[]>();
  menuButton: Readonly<Record<string, unknown>> | null = null;
  webhook: Webhook | null = null;
  webhookError: string | null = null;

  constructor(readonly bot: { readonly id: number; readonly username: string }) {}

  /** The user part of an update's sender. */
  userOf(id: number, languageCode: string | undefined): Record<string, unknown> {
    return { id, is_bot: false, first_name: 'Person', ...(languageCode === undefined ? {} : { language_code: languageCode }) };
  }
}

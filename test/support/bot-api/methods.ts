import type { Chat, ChatMessage } from './chats.js';
import { parseEntities } from './entities.js';
import { readKeyboard } from './keyboard.js';
import type { Method } from './method.js';
import type { Parameters } from './parameters.js';
import { badRequest } from './refusal.js';
import { deleteWebhook, getUpdates, getWebhookInfo, setWebhook } from './receiving.js';
import type { BotState } from './state.js';


const maxTextLength = 4_096;
const maxCallbackAnswerLength = 200;
const maxDeletedAtOnce = 100;
/** Files above this are not given to bots by the public server. */
const maxFileBytes = 20_000_000;
/** After this a callback query can no longer be answered; Telegram's own figure is not published, bots see about this. */
const callbackLifetimeMs = 15 * 60_000;

/** Every method that this server knows; any other is 404, as at Telegram. */
export const methods: Readonly<Record<string, Method>> = {
  getMe: ({ bot }) => botUser(bot),
  getUpdates,
  setWebhook,
  deleteWebhook,
  getWebhookInfo,
  sendMessage,
  editMessageText,
  deleteMessage(state, parameters) {
    const chat = chatOf(state, parameters);
    state.chats.delete(chat, messageId(parameters));
    return true;
  },
  deleteMessages(state, parameters) {
    const chat = chatOf(state, parameters);
    const ids = parameters.list('message_ids');
    if (ids === undefined || ids.length < 1 || ids.length > maxDeletedAtOnce) throw badRequest('message identifiers are not specified');
    state.chats.deleteAll(chat, ids.map(Number));
    return true;
  },
  pinChatMessage(state, parameters) {
    const chat = chatOf(state, parameters);
    const message = chat.messages.find((each) => each.id === messageId(parameters) && !each.deleted);
    if (message === undefined) throw badRequest('message to pin not found');
    if (message.pinned) return true;
    message.pinned = true;
    // A pin leaves a line of its own in the chat, and the bot hears of it.
    const line = state.chats.add(chat, { fromBot: true, text: '(pinned a message)' });
    state.updates.add('message', { ...sentMessage(state, chat, line), text: undefined, pinned_message: sentMessage(state, chat, message) });
    return true;
  },
  unpinChatMessage(state, parameters) {
    const chat = chatOf(state, parameters);
    const id = parameters.optionalInteger('message_id');
    const pinned = chat.messages.filter((each) => each.pinned);
    const message = id === undefined ? pinned.at(-1) : pinned.find((each) => each.id === id);
    if (message === undefined) throw badRequest('message to unpin not found');
    message.pinned = false;
    return true;
  },
  unpinAllChatMessages(state, parameters) {
    for (const message of chatOf(state, parameters).messages) message.pinned = false;
    return true;
  },
  answerCallbackQuery(state, parameters) {
    const query = state.callbackQueries.get(parameters.text('callback_query_id', 'query is too old and response timeout expired or query ID is invalid'));
    if (query === undefined || query.answered || state.now() - query.at > callbackLifetimeMs) {
      throw badRequest('query is too old and response timeout expired or query ID is invalid');
    }
    if ((parameters.optionalText('text')?.length ?? 0) > maxCallbackAnswerLength) throw badRequest('MESSAGE_TOO_LONG');
    query.answered = true;
    return true;
  },
  getFile(state, parameters) {
    const file = state.files.get(parameters.text('file_id', 'file_id not specified'));
    if (file === undefined) throw badRequest('wrong file_id or the file is temporarily unavailable');
    if (file.size > maxFileBytes) throw badRequest('file is too big');
    return { file_id: file.id, file_unique_id: `u${file.id}`, file_size: file.size, file_path: file.path };
  },
  setMyCommands(state, parameters) {
    const commands = parameters.list('commands');
    if (commands === undefined || commands.length > 100) throw badRequest('commands are not specified');
    const read = commands.map((given) => {
      const { command, description } = given as Record<string, unknown>;
      if (typeof command !== 'string' || !/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
      if (typeof description !== 'string' || description.length < 1 || description.length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
      return { command, description };
    });
    const language = parameters.optionalText('language_code') ?? '';
    if (!/^([a-z]{2})?$/.test(language)) throw badRequest('LANG_CODE_INVALID');
    state.commands.set(language, read);
    return true;
  },
  setChatMenuButton(state, parameters) {
    const button = parameters.object('menu_button');
    const webApp = button?.web_app as { url?: unknown } | undefined;
    if (button?.type === 'web_app' && !String(webApp?.url).startsWith('https://')) {
      throw badRequest(`menu button Web App URL '${String(webApp?.url)}' is invalid: Only HTTPS links are allowed`);
    }
    state.menuButton = button ?? { type: 'default' };
    return true;
  },
};

function sendMessage(state: BotState, parameters: Parameters): unknown {
  const chat = chatOf(state, parameters);
  const text = readText(parameters);
  const keyboard = readKeyboard(parameters.object('reply_markup')) ?? [];
  return sentMessage(state, chat, state.chats.add(chat, { fromBot: true, text, keyboard }));
}

function editMessageText(state: BotState, parameters: Parameters): unknown {
  const chat = chatOf(state, parameters);
  const message = state.chats.editable(chat, messageId(parameters));
  const text = readText(parameters);
  const keyboard = readKeyboard(parameters.object('reply_markup')) ?? [];
  if (text === message.text && JSON.stringify(keyboard) === JSON.stringify(message.keyboard)) {
    throw badRequest(
      'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  }
  message.text = text;
  message.keyboard = keyboard;
  message.edits++;
  return sentMessage(state, chat, message);
}

function readText(parameters: Parameters): string {
  const text = parseEntities(parameters.text('text', 'message text is empty'), parameters.optionalText('parse_mode')).trim();
  if (text === '') throw badRequest('message text is empty');
  if (text.length > maxTextLength) throw badRequest('message is too long');
  return text;
}

function chatOf(state: BotState, parameters: Parameters): Chat {
  return state.chats.writable(parameters.integer('chat_id', 'chat_id is empty'));
}

function messageId(parameters: Parameters): number {
  return parameters.integer('message_id', 'message identifier is not specified');
}

function botUser(bot: BotState['bot']): Record<string, unknown> {
  return { id: bot.id, is_bot: true, first_name: 'Notes', username: bot.username, can_join_groups: false, can_read_all_group_messages: false, supports_inline_queries: false };
}

/** A message as Telegram sends it in answers and updates. */
export function sentMessage(state: BotState, chat: Chat, message: ChatMessage): Record<string, unknown> {
  const from = message.fromBot ? botUser(state.bot) : state.userOf(chat.id, chat.languageCode);
  return {
    message_id: message.id,
    date: message.date,
    chat: { id: chat.id, type: 'private', first_name: 'Person' },
    from,
    ...(message.fromBot ? { text: message.text } : message.content),
    ...(message.edits > 0 ? { edit_date: state.nowSeconds() } : {}),
    ...(message.keyboard.length > 0 ? { reply_markup: { inline_keyboard: message.keyboard } } : {}),
  };
}

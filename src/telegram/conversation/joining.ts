import { Inject, Injectable } from '@nestjs/common';
import { ArmedPackets } from '../../intake/armed/armed-packets.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { INSTANCE_CONFIG, type InstanceConfig } from '../../platform/config/slices.js';
import type { Tx } from '../../platform/database/database.js';
import { ContactLinks, DESK_LINK_PREFIX } from '../../roster/contact-links.js';
import { Accounts, type Account } from '../accounts/accounts.js';
import { INVITE_TOKEN, Invites } from '../accounts/invites.js';
import type { Incoming } from '../ingest/read-update.js';
import { Jobs } from '../outbox/jobs.js';
import { ChatSealer } from '../sealing/chat-sealer.js';
import { ChatSecrets } from '../secrets.js';
import { BotTexts, LANGUAGE_NAMES, languageOf, type BotLanguage } from '../texts.js';
import { markup, openButton, type Button } from './keyboards.js';

/** How somebody comes in, chooses, and leaves. */
@Injectable()
export class Joining {
  private readonly invites: Invites;

  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(ChatSecrets) private readonly secrets: ChatSecrets,
    @Inject(Jobs) private readonly jobs: Jobs,
    @Inject(BotTexts) private readonly texts: BotTexts,
    @Inject(ChatSealer) private readonly sealer: ChatSealer,
    @Inject(ArmedPackets) private readonly packets: ArmedPackets,
    @Inject(ContactLinks) private readonly links: ContactLinks,
    @Inject(INSTANCE_CONFIG) private readonly instance: InstanceConfig,
  ) {
    this.invites = new Invites(secrets);
  }

  /** Anything from somebody who has not joined. A token is tried; all else is answered with where to go instead. */
  async stranger(tx: Tx, incoming: Extract<Incoming, { userId: number }>): Promise<void> {
    const { userId, languageCode } = incoming;
    const owner = this.secrets.ownerOf(userId);
    const lang = languageOf(languageCode);
    const say = this.texts.in(lang);
    if (incoming.kind === 'press') {
      await this.jobs.queue(tx, owner, { kind: 'call', method: 'answerCallbackQuery', parameters: { callback_query_id: incoming.queryId, text: say('telegram.token-refused') } });
      return;
    }
    if (incoming.kind === 'blocked' || incoming.kind === 'unblocked' || incoming.kind === 'service') return;
    const token = tokenOf(incoming);
    if (token !== null) {
      // Whoever sees the chat later must find neither the token nor that there was one.
      await this.jobs.queue(tx, owner, { kind: 'delete', chatId: userId, messageIds: [incoming.messageId], alertId: null });
      if (token.startsWith(DESK_LINK_PREFIX)) return this.linkDesk(tx, userId, lang, token);
      if (INVITE_TOKEN.test(token) && (await this.invites.use(tx, token))) {
        const account = await this.accounts.open(tx, userId, lang);
        await this.tell(tx, owner, userId, `${say('telegram.doorbell')}\n\n${say('telegram.welcome')}`);
        await this.showSettings(tx, account, userId);
        return;
      }
      await this.tell(tx, owner, userId, say('telegram.token-refused'));
      return;
    }
    if (incoming.kind === 'command' && incoming.argument === '' && (incoming.command === 'help' || incoming.command === 'start')) {
      await this.tell(tx, owner, userId, `${say('telegram.doorbell')}\n\n${say('telegram.help', { url: this.instance.publicUrl })}`, 'stranger');
      return;
    }
    const phones = await this.sealer.phones(lang);
    await this.tell(tx, owner, userId, say('telegram.stranger', { url: this.instance.publicUrl, phones }).trim(), 'stranger');
  }

  /** /start with or without a token from somebody who has joined; an invitation is left unused. */
  async again(tx: Tx, account: Account, userId: number, messageId: number, argument: string): Promise<void> {
    await this.jobs.queue(tx, account.owner, { kind: 'delete', chatId: userId, messageIds: [messageId], alertId: null });
    if (argument.startsWith(DESK_LINK_PREFIX)) return this.linkDesk(tx, userId, account.lang, argument);
    await this.showSettings(tx, account, userId);
  }

  /** A responder's own link: from now on the desk rings in this chat. Nothing else of the account is kept. */
  async linkDesk(tx: Tx, userId: number, lang: BotLanguage, token: string): Promise<void> {
    const linked = await this.links.redeem(tx, DEFAULT_COALITION, { channel: 'telegram', token: token.slice(DESK_LINK_PREFIX.length), address: String(userId) });
    const say = this.texts.in(linked?.lang ?? lang);
    await this.tell(tx, this.secrets.ownerOf(userId), userId, say(linked === null ? 'telegram.token-refused' : 'telegram.desk-linked'));
  }

  async help(tx: Tx, account: Account, userId: number): Promise<void> {
    const say = this.texts.in(account.lang);
    await this.tell(tx, account.owner, userId, `${say('telegram.doorbell')}\n\n${say('telegram.help', { url: this.instance.publicUrl })}`);
  }

  async showSettings(tx: Tx, account: Account, userId: number): Promise<void> {
    await this.jobs.queue(tx, account.owner, { kind: 'call', method: 'sendMessage', parameters: { chat_id: userId, ...this.settings(account) } });
  }

  /** A press in the settings. Unknown presses are left to others. */
  async choose(tx: Tx, account: Account, press: Extract<Incoming, { kind: 'press' }>): Promise<boolean> {
    const [what, value] = press.data.split(':');
    let changed: Account;
    if (what === 'l' && LANGUAGE_NAMES.some(([lang]) => lang === value)) {
      changed = { ...account, lang: value as BotLanguage };
      await this.accounts.setLanguage(tx, account.owner, changed.lang);
      await this.jobs.queue(tx, account.owner, commandsJob(press.userId, this.texts, changed.lang));
    } else if (what === 'c' && (value === 'abroad' || value === 'eu')) {
      changed = { ...account, [value]: !account[value] };
      await this.accounts.setConsent(tx, account.owner, value, changed[value]);
    } else {
      return false;
    }
    await this.jobs.queue(tx, account.owner, {
      kind: 'call',
      method: 'editMessageText',
      parameters: { chat_id: press.userId, message_id: press.messageId, ...this.settings(changed) },
    });
    return true;
  }

  /** Deletes everything about the account; what was sealed to responders before stays theirs. */
  async leave(tx: Tx, account: Account, userId: number): Promise<void> {
    await this.packets.forgetOwner(tx, { coalitionId: DEFAULT_COALITION, owner: account.owner });
    await this.accounts.forget(tx, account.owner);
    if (account.buttonMessageId !== 0) {
      await this.jobs.queue(tx, account.owner, { kind: 'delete', chatId: userId, messageIds: [account.buttonMessageId], alertId: null });
    }
    await this.tell(tx, account.owner, userId, this.texts.in(account.lang)('telegram.stopped'));
  }

  private settings(account: Account): { text: string; reply_markup: unknown } {
    const say = this.texts.in(account.lang);
    const toggle = (key: 'abroad' | 'eu'): Button => ({ text: `${account[key] ? '✅' : '⬜'} ${say(`telegram.readers-${key}`)}`, callback_data: `c:${key}` });
    return {
      text: say('telegram.readers'),
      reply_markup: markup(
        [toggle('abroad')],
        [toggle('eu')],
        openButton(say, this.instance.publicUrl),
        LANGUAGE_NAMES.slice(0, 3).map(([lang, name]) => ({ text: name, callback_data: `l:${lang}` })),
        LANGUAGE_NAMES.slice(3).map(([lang, name]) => ({ text: name, callback_data: `l:${lang}` })),
      ),
    };
  }

  private async tell(tx: Tx, owner: Uint8Array, chatId: number, text: string, once?: string): Promise<void> {
    const job = { kind: 'call', method: 'sendMessage', parameters: { chat_id: chatId, text } } as const;
    await this.jobs.queue(tx, owner, job, once === undefined ? {} : { once });
  }
}

/** What somebody who has not joined may have typed as a token: behind /start, or alone. */
function tokenOf(incoming: Extract<Incoming, { userId: number }>): string | null {
  if (incoming.kind === 'command') return incoming.command === 'start' && incoming.argument !== '' ? incoming.argument : null;
  return incoming.kind === 'content' && INVITE_TOKEN.test(incoming.text) ? incoming.text : null;
}

/** The list behind the "/" in this person's chat, in the language that they chose. */
function commandsJob(chatId: number, texts: BotTexts, lang: BotLanguage) {
  return {
    kind: 'call',
    method: 'setMyCommands',
    parameters: { commands: botCommands(texts, lang), scope: { type: 'chat', chat_id: chatId } },
  } as const;
}

export function botCommands(texts: BotTexts, lang: BotLanguage): { command: string; description: string }[] {
  const say = texts.in(lang);
  return ['help', 'settings', 'stop'].map((command) => ({ command, description: say(`telegram.command-${command}`) }));
}

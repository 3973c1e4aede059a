import { Api, GrammyError, HttpError } from 'grammy';
import { SocksProxyAgent } from 'socks-proxy-agent';
import { DESK_LINK_PREFIX } from '../../../roster/contact-links.js';
import type { AttemptOutcome } from '../../../domain/delivery-outcome.js';
import type { Channel, OutgoingMessage } from '../../channel.js';
import type { MessageTexts } from '../../message-texts.js';

/** Where the bot is and who it is. */
export interface TelegramSettings {
  readonly token: string;
  /** Address of the Bot API, without a slash at the end. */
  readonly apiRoot: string;
  /** SOCKS proxy on the way there. */
  readonly proxy?: string | undefined;
  readonly sendTimeoutMs: number;
}

/** A 429 that does not say for how long. */
const usualRetryAfterSeconds = 30;
/** What the network says when nothing can have arrived there. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
/** Telegram's words for an account that is no more. Its other 400s are about the message or about us. */
const GONE = /chat not found|user is deactivated|PEER_ID_INVALID/i;

/**
 * A line in the responder's chat with the bot, and a button that opens the desk. No content, as in mails: Telegram
 * reads along.
 *
 * grammY's own repetition (@grammyjs/auto-retry) is not used: it repeats after lost answers, which would be a second
 * send that nobody counted. Errors are turned into short codes here, because they carry the bot's token, the chat and
 * the text.
 */
export class TelegramChannel implements Channel {
  readonly key = 'telegram';
  readonly capabilities = { encrypts: false, reportsFailureLater: false, proof: 'link' } as const;
  private readonly api: Api;
  private name: string | undefined;

  /** @param deskUrl where the button leads; Telegram takes https addresses only, others are written out */
  constructor(
    settings: TelegramSettings,
    private readonly deskUrl: string,
    private readonly texts: MessageTexts,
  ) {
    const { token, apiRoot, proxy, sendTimeoutMs } = settings;
    this.api = new Api(token, {
      apiRoot,
      // grammY waits 500 s by default: a lost answer would hold a message back for that long.
      timeoutSeconds: sendTimeoutMs / 1_000,
      ...(proxy === undefined ? {} : { baseFetchConfig: { compress: true, agent: new SocksProxyAgent(proxy) } }),
    });
  }

  /** Link through which a person makes their chat known. @throws when Telegram does not say who the bot is */
  async linkFor(token: string): Promise<string> {
    try {
      this.name ??= (await this.api.getMe()).username;
    } catch (error) {
      throw new Error(`Telegram does not say who the bot is (${codeOf(error)})`); // without the cause, which holds the token
    }
    return `https://t.me/${this.name}?start=${DESK_LINK_PREFIX}${token}`;
  }

  async send(message: OutgoingMessage, { signal }: { readonly signal: AbortSignal }): Promise<AttemptOutcome> {
    const { line, open } = this.texts.textFor(message);
    const button = this.deskUrl.startsWith('https://');
    try {
      const sent = await this.api.sendMessage(
        message.address,
        button ? line : `${line}\n${this.deskUrl}`,
        { link_preview_options: { is_disabled: true }, ...(button ? { reply_markup: { inline_keyboard: [[{ text: open, url: this.deskUrl }]] } } : {}) },
        signal as unknown as NonNullable<Parameters<Api['sendMessage']>[3]>,
      );
      return { kind: 'accepted', code: 'telegram-ok', providerMessageId: String(sent.message_id) };
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

function outcomeOf(error: unknown): AttemptOutcome {
  const code = codeOf(error);
  if (!(error instanceof GrammyError)) {
    // 502 pages of a proxy are no JSON; Telegram has not answered, and not taken it either.
    if (code === 'telegram-not-json') return { kind: 'retry', code, providerTrouble: true };
    return NOT_CONNECTED.has(causeOf(error)) ? { kind: 'retry', code, providerTrouble: true } : { kind: 'ambiguous', code: `lost-${code}` };
  }
  const { error_code: status, description, parameters } = error;
  if (status === 429) return { kind: 'rate_limited', code, retryAfterMs: (parameters.retry_after ?? usualRetryAfterSeconds) * 1_000 };
  // 403: the person has blocked the bot, or never started it.
  if (status === 403 || (status === 400 && GONE.test(description))) return { kind: 'refused', code, contactIsDead: true };
  // A wrong token (401, 404) is the operator's mistake: it would be the same for everybody, and must end nobody.
  if (status === 400) return { kind: 'refused', code, contactIsDead: false };
  return { kind: 'retry', code, providerTrouble: true };
}

/** Short and ours; never Telegram's text. */
function codeOf(error: unknown): string {
  if (error instanceof GrammyError) return `telegram-${error.error_code}`;
  const cause = causeOf(error);
  if (cause === 'invalid-json') return 'telegram-not-json';
  return typeof cause === 'string' && /^[A-Z_]{2,32}$/.test(cause) ? cause.toLowerCase() : 'telegram-no-answer';
}

/** The code of the failure under grammY's error: of the system, or of node-fetch. */
function causeOf(error: unknown): unknown {
  const inner = error instanceof HttpError ? error.error : error;
  const { code, type } = (inner ?? {}) as { code?: unknown; type?: unknown };
  return code ?? type;
}

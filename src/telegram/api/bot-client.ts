import { request as httpRequest, type Agent, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Api, GrammyError } from 'grammy';
import { SocksProxyAgent } from 'socks-proxy-agent';
import type { TelegramConfig } from '../../platform/config/slices.js';

/** What became of a call. Nothing of grammY's errors leaves this file: they carry the token, the chat and the text. */
export type CallOutcome =
  | { readonly ok: true; readonly result: unknown }
  /** Telegram said no, and would say so again. `description` is Telegram's fixed text. */
  | { readonly ok: false; readonly failure: 'refused'; readonly code: number; readonly description: string }
  | { readonly ok: false; readonly failure: 'flood'; readonly retryAfterMs: number }
  /** No answer, or one that says nothing (5xx): it may have taken effect or not. */
  | { readonly ok: false; readonly failure: 'unreachable' };

export type DownloadOutcome =
  | { readonly bytes: Uint8Array }
  | { readonly failed: 'too-large' | 'gone' | 'unreachable' }
  | { readonly failed: 'flood'; readonly retryAfterMs: number };

export type BotParameters = Readonly<Record<string, unknown>>;

/** Telegram gives no larger file to a bot. */
export const maxFileBytes = 20_000_000;
const downloadTimeoutMs = 120_000;
/** Telegram's answer to a poll may be on its way when the poll's time is over. */
const pollMarginMs = 10_000;

/** Of a path that Telegram has named just before. Anything else that it says may be over with the next try. */
const GONE: ReadonlySet<number> = new Set([400, 404, 410]);

type RawCall = (parameters: BotParameters, signal?: unknown) => Promise<unknown>;

/** The Bot API as the bot uses it: calls by name, every failure a value, no repetition of its own. */
export class BotClient {
  readonly botId: number;
  private readonly sends: Api;
  private readonly polls: Api;
  private readonly agent: Agent | undefined;

  constructor(
    private readonly config: TelegramConfig,
    readonly token: string,
  ) {
    this.botId = Number(token.split(':')[0]);
    this.agent = config.proxy === undefined ? undefined : new SocksProxyAgent(config.proxy);
    const api = (timeoutMs: number): Api =>
      new Api(token, {
        apiRoot: config.apiRoot,
        // grammY waits 500 s by default: a lost answer would hold a message back for that long.
        timeoutSeconds: timeoutMs / 1_000,
        ...(this.agent === undefined ? {} : { baseFetchConfig: { compress: true, agent: this.agent } }),
      });
    this.sends = api(config.sendTimeoutMs);
    this.polls = api(config.pollTimeoutMs + pollMarginMs);
  }

  /** Calls a method of the Bot API. `signal` ends the wait, not what Telegram does. */
  async call(method: string, parameters: BotParameters = {}, signal?: AbortSignal): Promise<CallOutcome> {
    const api = method === 'getUpdates' ? this.polls : this.sends;
    const run = (api.raw as unknown as Record<string, RawCall>)[method];
    if (run === undefined) throw new Error(`no such method: ${method}`);
    try {
      // Methods without parameters are bound to an empty payload by grammY: their first argument is the signal.
      const result = await (method === 'getMe' || method === 'getWebhookInfo' ? (run as unknown as (signal?: unknown) => Promise<unknown>)(signal) : run(parameters, signal));
      return { ok: true, result };
    } catch (error) {
      return failureOf(error);
    }
  }

  /** Fetches a file that somebody sent, all of it into memory. */
  async download(fileId: string, signal: AbortSignal): Promise<DownloadOutcome> {
    const found = await this.call('getFile', { file_id: fileId }, signal);
    if (!found.ok) {
      if (found.failure === 'flood') return { failed: 'flood', retryAfterMs: found.retryAfterMs };
      // Of the file only 400 speaks; 401 and 404 are about a token that is not valid for now.
      if (found.failure === 'unreachable' || found.code !== 400) return { failed: 'unreachable' };
      return { failed: found.description.includes('too big') ? 'too-large' : 'gone' };
    }
    const path = (found.result as { file_path?: unknown }).file_path;
    if (typeof path !== 'string') return { failed: 'gone' };
    return this.fetchBytes(new URL(`${this.config.apiRoot}/file/bot${this.token}/${path}`), signal);
  }

  private fetchBytes(url: URL, signal: AbortSignal): Promise<DownloadOutcome> {
    return new Promise((resolve) => {
      const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
      const request = send(url, { agent: this.agent, signal: AbortSignal.any([signal, AbortSignal.timeout(downloadTimeoutMs)]) }, (response) => {
        collect(response).then(resolve, () => resolve({ failed: 'unreachable' }));
      });
      request.on('error', () => resolve({ failed: 'unreachable' }));
      request.end();
    });
  }
}

async function collect(response: IncomingMessage): Promise<DownloadOutcome> {
  const status = response.statusCode ?? 0;
  if (status !== 200) {
    response.resume();
    if (status === 429) return { failed: 'flood', retryAfterMs: Math.max(1, Number(response.headers['retry-after']) || 1) * 1_000 };
    return { failed: GONE.has(status) ? 'gone' : 'unreachable' };
  }
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of response) {
    parts.push(part as Buffer);
    length += (part as Buffer).length;
    // What is announced may be wrong; what arrives is counted.
    if (length > maxFileBytes) return { failed: 'too-large' };
  }
  return { bytes: Buffer.concat(parts) };
}

function failureOf(error: unknown): CallOutcome {
  if (!(error instanceof GrammyError)) return { ok: false, failure: 'unreachable' };
  const { error_code: code, description, parameters } = error;
  if (code === 429) return { ok: false, failure: 'flood', retryAfterMs: (parameters.retry_after ?? 1) * 1_000 };
  if (code >= 500) return { ok: false, failure: 'unreachable' };
  return { ok: false, failure: 'refused', code, description };
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Fault } from './faults.js';
import { methods } from './methods.js';
import { Parameters } from './parameters.js';
import { TelegramPerson } from './person.js';
import { Refusal } from './refusal.js';
import { BotState } from './state.js';
import { WebhookCaller } from './webhook-caller.js';

/** One call that reached the server, in order. */
export interface BotApiCall {
  readonly method: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** By which of the addresses of `urlFor`, where a test tells several processes apart; else empty. */
  readonly via: string;
  /** Milliseconds since 1970, by this machine's clock. */
  readonly at: number;
  /** 200, the error's code, or what happened instead of an answer. */
  outcome: number | 'open' | 'dropped-before' | 'dropped-after';
  /** What the bot was told to wait, with 429. */
  readonly retryAfterSeconds: number | null;
  /** Of the message that is in the chat because of this call, also when the bot was not told. */
  messageId: number | null;
}

export interface BotApiServer {
  /** What the bot gets as apiRoot. */
  readonly url: string;
  /** Another apiRoot for the same server: calls over it carry this name. Letters only. */
  urlFor(name: string): string;
  readonly token: string;
  readonly username: string;
  /** Every call, also those that were refused or dropped. */
  readonly calls: readonly BotApiCall[];
  /** The state behind the methods, for tests that look or move time (`state.aheadMs`). */
  readonly state: BotState;
  /** A new person who has not met the bot. Ids are above 2^32, as today's are. */
  person(options?: { readonly id?: number; readonly languageCode?: string }): TelegramPerson;
  /** Plans a fault for the next calls of a method; '*' is any. */
  fail(method: string, fault: Fault, times?: number, only?: (parameters: Readonly<Record<string, unknown>>) => boolean): void;
  /** Refuses every connection, and cuts those that are open, until `up`. */
  down(): void;
  up(): void;
  stop(): Promise<void>;
}

/**
 * Telegram's Bot API on a free loopback port, for one bot and private chats: real HTTP, long polling and webhooks,
 * message history, and refusals in Telegram's own words (https://core.telegram.org/bots/api). What a bot must not rely
 * on is refused here as there: unknown methods, wrong parameters, texts over 4096 characters, callback data over 64
 * bytes, markup that does not parse, deletion after 48 hours, changing what others wrote, a second poller.
 */
export async function startBotApi(options: { readonly token?: string } = {}): Promise<BotApiServer> {
  const token = options.token ?? `${7_000_000_000 + Math.floor(Math.random() * 1_000_000)}:AAtest-${Math.random().toString(36).slice(2).padEnd(28, 'x')}`;
  const username = 'notes_test_bot';
  const state = new BotState({ id: Number(token.split(':')[0]), username });
  const calls: BotApiCall[] = [];
  let isDown = false;
  let lastPersonId = 5_000_000_000;

  const server = createServer((request, response) => {
    if (isDown) return void request.socket.destroy();
    void answer(request, response).catch(() => request.socket.destroy());
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, via = '', file, given, rest] = /^(?:\/via-([a-z]+))?\/(file\/)?bot([^/]*)\/(.+)$/.exec(new URL(request.url ?? '/', 'http://telegram').pathname) ?? [];
    if (given === undefined || rest === undefined || !/^\d+:[A-Za-z0-9_-]+$/.test(given)) return reply(response, 404, refusal(404, 'Not Found'));
    const parameters = await readParameters(request);
    const method = file === undefined ? rest : 'file';
    const fault = state.faults.take(method, parameters);
    const retryAfterSeconds = fault?.kind === 'flood' ? fault.retryAfterSeconds : null;
    const call: BotApiCall = { method, parameters, via, at: Date.now(), outcome: 'open', retryAfterSeconds, messageId: null };
    calls.push(call);
    if (fault?.kind === 'drop-before') {
      call.outcome = 'dropped-before';
      return void request.socket.destroy();
    }
    const refused = fault === null ? null : refusalOf(fault);
    if (refused !== null) return send(call, response, refused.status, refused.body);
    if (fault?.kind === 'slow') await new Promise((resolve) => setTimeout(resolve, fault.ms));
    if (given !== token) return send(call, response, 401, refusal(401, 'Unauthorized'));
    if (file !== undefined) return sendFile(call, response, rest);
    const done = await run(rest, parameters, response);
    call.messageId = messageIdOf(done.body);
    if (fault?.kind === 'drop-after') {
      call.outcome = 'dropped-after';
      return void request.socket.destroy();
    }
    send(call, response, done.status, done.body);
  }

  async function run(name: string, parameters: Readonly<Record<string, unknown>>, response: ServerResponse): Promise<{ status: number; body: unknown }> {
    const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
    if (method === undefined) return { status: 404, body: refusal(404, 'Not Found') };
    const closed = new AbortController();
    response.on('close', () => closed.abort());
    try {
      return { status: 200, body: { ok: true, result: await method(state, new Parameters(parameters), closed.signal) } };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { status: error.code, body: refusal(error.code, error.description, error.retryAfterSeconds) };
    }
  }

  function sendFile(call: BotApiCall, response: ServerResponse, path: string): void {
    const file = [...state.files.values()].find((each) => each.path === path);
    if (file === undefined) return send(call, response, 404, refusal(404, 'Not Found'));
    call.outcome = 200;
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': file.bytes.length });
    response.end(file.bytes);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the Bot API server has no port');
  const webhooks = new WebhookCaller(state, () => isDown);

  return {
    url: `http://127.0.0.1:${address.port}`,
    urlFor: (name) => `http://127.0.0.1:${address.port}/via-${name}`,
    token,
    username,
    calls,
    state,
    person: ({ id, languageCode } = {}) => new TelegramPerson(state, id ?? ++lastPersonId, languageCode),
    fail: (method, fault, times, only) => state.faults.plan(method, fault, times, only),
    down: () => {
      isDown = true;
      server.closeAllConnections();
    },
    up: () => {
      isDown = false;
    },
    stop: async () => {
      webhooks.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function messageIdOf(body: unknown): number | null {
  const { result } = body as { result?: { message_id?: unknown } };
  return typeof result?.message_id === 'number' ? result.message_id : null;
}

function send(call: BotApiCall, response: ServerResponse, status: number, body: unknown): void {
  call.outcome = status;
  reply(response, status, body);
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const html = typeof body === 'string';
  response.writeHead(status, { 'content-type': html ? 'text/html' : 'application/json' });
  response.end(html ? body : JSON.stringify(body));
}

function refusal(code: number, description: string, retryAfterSeconds?: number): Record<string, unknown> {
  const parameters = retryAfterSeconds === undefined ? {} : { parameters: { retry_after: retryAfterSeconds } };
  return { ok: false, error_code: code, description, ...parameters };
}

function refusalOf(fault: Fault): { status: number; body: unknown } | null {
  switch (fault.kind) {
    case 'flood':
      return { status: 429, body: refusal(429, `Too Many Requests: retry after ${fault.retryAfterSeconds}`, fault.retryAfterSeconds) };
    case 'refuse':
      return { status: fault.code, body: refusal(fault.code, fault.description) };
    case 'bad-gateway':
      return { status: 502, body: '<html><head><title>502 Bad Gateway</title></head></html>' };
    case 'drop-before':
    case 'drop-after':
    case 'slow':
      return null;
  }
}

/** Parameters of a JSON body, a form or the query, as the Bot API takes them. */
async function readParameters(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const query = Object.fromEntries(new URL(request.url ?? '/', 'http://telegram').searchParams);
  const type = request.headers['content-type'] ?? '';
  if (text === '') return query;
  if (type.startsWith('application/json')) return { ...query, ...(JSON.parse(text) as Record<string, unknown>) };
  return { ...query, ...Object.fromEntries(new URLSearchParams(text)) };
}

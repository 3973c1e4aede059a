import type { Database } from '../../src/platform/database/database.js';
import { subscriptionAddress } from '../../src/delivery/channels/web-push/subscription.js';
import { startBotApi, type BotApiServer } from '../support/bot-api/bot-api-server.js';
import type { Fault as BotApiFault } from '../support/bot-api/faults.js';
import type { Person, PersonName } from '../support/coalition.js';
import { PushDevice } from '../support/push-device.js';
import type { StoredCoalition } from '../support/stored-coalition.js';
import { startWebReceiver, type ReceivedPost, type ReceiverAnswer, type WebReceiver } from '../support/web-receiver.js';

/** One request in the log of Telegram or of a webhook's receiver, whatever was answered. */
export interface ProviderRequest {
  readonly contactId: string;
  /** Telegram and push services are not told; webhooks carry it. */
  readonly deliveryId: string | null;
  /** What Telegram called the message that is in the chat now; null when there is none, and for all others. */
  readonly messageId: string | null;
  /** True time, milliseconds since 1970, by the provider's clock. */
  readonly at: number;
  /** The message is there, also when the answer was lost. */
  readonly taken: boolean;
  /** The sender was told not to come back for so long. */
  readonly notBeforeMs: number | null;
}

/** People with Telegram or a webhook before their mail address. Two of each kind: a second 429 is the provider's. */
const byTelegram: readonly PersonName[] = ['oshReserve', 'coordinator'];
const byWebhook: readonly PersonName[] = ['lawyer', 'abroad'];
/** People with a device before their mail address. */
const byPush: readonly PersonName[] = ['euFocal', 'euDeputy'];
const working: ReceiverAnswer = { status: 204 };

/** Telegram, the receivers of webhooks and a push service: what they do, and what they have seen. Mail servers are the instances' own. */
export class Providers {
  private readonly posts: ProviderRequest[] = [];
  private readonly contactOfChat = new Map<number, string>();
  private readonly contactOfPath = new Map<string, string>();
  private readonly pushPaths = new Set<string>();
  private webhookAnswer = working;
  private pushAnswer = working;

  private constructor(
    private readonly telegram: BotApiServer,
    private readonly receiver: WebReceiver,
  ) {}

  static async start(): Promise<Providers> {
    const providers = new Providers(await startBotApi(), await startWebReceiver());
    providers.receiver.answer((post) => providers.received(post));
    return providers;
  }

  /** What an instance has to know to reach them. */
  get environment(): Record<string, string> {
    return {
      JARDAM_TELEGRAM_TOKEN: this.telegram.token,
      JARDAM_TELEGRAM_API_ROOT: this.telegram.url,
      JARDAM_TELEGRAM_SEND_TIMEOUT_MS: '1000',
      JARDAM_OUTBOUND_ALLOWED_NETWORKS: '127.0.0.0/8,::1/128',
      JARDAM_OUTBOUND_CA_FILE: this.receiver.caFile,
      JARDAM_WEBPUSH_SUBJECT: 'mailto:operator@example.org',
    };
  }

  /** Gives some people a chat or a receiver, tried before their mail address. */
  async register(database: Database, { people, contacts }: StoredCoalition): Promise<void> {
    await database.query('UPDATE contact SET priority = 9');
    const add = ({ rid, lang }: Person, channel: 'telegram' | 'webhook' | 'web-push', address: string, server?: string): Promise<string> =>
      database.transaction((tx) => contacts.add(tx, { purpose: 'responder', rid, channel, address, lang, priority: 1, verified: true, ...(server === undefined ? {} : { server }) }));
    for (const name of byTelegram) {
      const person = this.telegram.person();
      person.start();
      this.contactOfChat.set(person.id, await add(people[name], 'telegram', String(person.id)));
    }
    for (const name of byWebhook) {
      const url = new URL(`/${name}`, this.receiver.origin);
      this.contactOfPath.set(url.pathname, await add(people[name], 'webhook', url.href, url.host));
    }
    for (const name of byPush) {
      const url = new URL(`/push/${name}`, this.receiver.origin);
      this.pushPaths.add(url.pathname);
      const address = subscriptionAddress(new PushDevice(url.href).subscription);
      this.contactOfPath.set(url.pathname, await add(people[name], 'web-push', address, url.host));
    }
  }

  /** From now on every message to Telegram meets this. */
  telegramAnswers(fault: BotApiFault): void {
    this.telegram.state.faults.clear();
    this.telegram.fail('sendMessage', fault, Infinity);
  }

  /** From now on every webhook is answered so. */
  webhooksAnswer(answer: ReceiverAnswer): void {
    this.webhookAnswer = answer;
  }

  /** From now on the push service answers so. */
  pushServiceAnswers(answer: ReceiverAnswer): void {
    this.pushAnswer = answer;
  }

  private received({ path, headers, at }: ReceivedPost): ReceiverAnswer {
    const contactId = this.contactOfPath.get(path);
    if (contactId === undefined) throw new Error(`something went to ${path}, which nobody gave as an address`);
    const pushed = this.pushPaths.has(path);
    const answer = pushed ? this.pushAnswer : this.webhookAnswer;
    const answered = typeof answer === 'string' ? null : answer;
    const taken = answered === null || (answered.status >= 200 && answered.status < 300);
    const retryAfter = answered?.status === 429 ? answered.headers?.['retry-after'] : undefined;
    const deliveryId = pushed ? null : String(headers['webhook-id']);
    this.posts.push({ contactId, deliveryId, messageId: null, at, taken, notBeforeMs: retryAfter === undefined ? null : Number(retryAfter) * 1_000 });
    return answer;
  }

  heal(): void {
    this.telegram.state.faults.clear();
    this.webhooksAnswer(working);
    this.pushServiceAnswers(working);
  }

  /** Everything that reached them, oldest first. */
  log(): ProviderRequest[] {
    const messages = this.telegram.calls
      .filter(({ method }) => method === 'sendMessage')
      .map(({ parameters, at, messageId, retryAfterSeconds }) => ({
        contactId: this.contactOfChat.get(Number(parameters.chat_id)) ?? 'unknown',
        deliveryId: null,
        messageId: messageId === null ? null : String(messageId),
        at,
        taken: messageId !== null,
        notBeforeMs: retryAfterSeconds === null ? null : retryAfterSeconds * 1_000,
      }));
    return [...messages, ...this.posts].sort((a, b) => a.at - b.at);
  }

  async stop(): Promise<void> {
    await this.telegram.stop();
    await this.receiver.stop();
  }
}

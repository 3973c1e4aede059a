// One alert as its sender holds it: in memory only, until the page is left.
import type { Language } from '../common/i18n.js';
import type { AlertView } from '../common/alert-view.js';
import type { Problem } from '../common/api.js';
import type { Primitives, SenderKeys } from '@jardam/protocol';
import type { Choices } from './compose.js';
import { Live } from './live.js';
import { Retrier } from './retrier.js';

/** How far the first message has come. Only 'received' follows the server's own receipt. */
export type SendState =
  /** `again`: the list of recipients changed while it was on its way. */
  | { readonly at: 'preparing'; readonly again?: boolean }
  | { readonly at: 'admission' }
  | { readonly at: 'sending' }
  | { readonly at: 'waiting'; readonly problem: Problem }
  | { readonly at: 'refused'; readonly code: string }
  | {
      readonly at: 'received';
      readonly receivedAt: number;
      readonly next: { readonly tier: number; readonly at: string } | null;
    };

export interface ShownView {
  readonly view: AlertView;
  /** Milliseconds since 1970, when the service told it. */
  readonly fetchedAt: number;
  /** True when the newest attempt to ask failed. */
  readonly stale: boolean;
}

export interface Reply {
  /** Of the message on the server. */
  readonly id: string;
  readonly state: 'shown' | 'deleting' | 'deleted' | 'refused';
  readonly org: string;
  readonly time: number;
  readonly text: string;
}

export type WordsState =
  | { readonly at: 'none' }
  | { readonly at: 'preparing' }
  | { readonly at: 'unconfirmed' }
  /** The server has them; the numbers stay until the person has written them down. */
  | { readonly at: 'valid'; readonly indices: readonly number[] }
  | { readonly at: 'written' };

export interface Upload {
  readonly objectId: string;
  readonly name: string;
  readonly state: 'sending' | 'waiting' | 'done' | 'failed';
  readonly sentBytes: number;
  readonly totalBytes: number;
}

export interface Addition {
  readonly id: number;
  readonly kind: 'followup' | 'stand-down';
  readonly send: SendState;
}

/** What the server knows of the sender's choices: enough to seal an addition to the same people. */
export interface SentChoices {
  readonly tiers: readonly number[];
  readonly exclude: readonly string[];
  readonly gated: readonly number[];
}

/** The sender's keys and place in the chain of one alert. */
export interface Sender {
  readonly p: Primitives;
  readonly secret: Uint8Array;
  readonly keys: SenderKeys;
  readonly alertId: Uint8Array;
}

export class AlertSession {
  /** Known after sealing, or after the words were typed. */
  sender: Sender | null = null;
  /** The end of the sender's own chain of messages. */
  chain: { readonly seq: number; readonly hash: Uint8Array } | null = null;
  /** What was chosen on this page; null when the person came back with the words. */
  choices: Choices | null = null;
  readonly startedAt = Date.now();
  readonly send: Live<SendState>;
  /** Whether the sealed packet would survive a reload. */
  readonly kept = new Live(false);
  readonly view = new Live<ShownView | null>(null);
  readonly sent = new Live<SentChoices | null>(null);
  readonly replies = new Live<readonly Reply[]>([]);
  readonly words = new Live<WordsState>({ at: 'none' });
  readonly uploads = new Live<readonly Upload[]>([]);
  readonly additions = new Live<readonly Addition[]>([]);
  readonly retrier = new Retrier();
  private readonly endings: (() => void)[] = [];

  constructor(
    readonly kind: 'panic' | 'report' | 'returned',
    readonly lang: Language,
    send: SendState,
  ) {
    this.send = new Live(send);
  }

  /** Runs `end` when the session ends. */
  onEnd(end: () => void): void {
    this.endings.push(end);
  }

  /** Stops everything and overwrites the secrets. JavaScript may keep copies; closing the page is what ends them. */
  end(): void {
    this.retrier.stop();
    for (const end of this.endings) end();
    this.sender?.secret.fill(0);
    this.sender?.keys.signSeed.fill(0);
    this.sender?.keys.replyKem.secretKey.fill(0);
    this.sender?.keys.mailboxToken.fill(0);
    this.sender = null;
    this.words.set({ at: 'none' });
    this.replies.set([]);
  }
}

import {
  decryptAttachment,
  ENVELOPE_KINDS,
  EnvelopeError,
  openEnvelope,
  parsePayload,
  type FollowupPayload,
  type Language,
  type ReportPayload,
  type StandDownPayload,
} from '@jardam/protocol';
import { ContactBook } from '../../src/roster/contact-book.js';
import type { ServiceConfigInput } from '../../src/platform/config/slices.js';
import { Invites } from '../../src/telegram/accounts/invites.js';
import { ChatSecrets } from '../../src/telegram/secrets.js';
import { testApp, type TestApp } from './app.js';
import { startBotApi, type BotApiServer } from './bot-api/bot-api-server.js';
import type { TelegramPerson } from './bot-api/person.js';
import type { PersonName } from './coalition.js';
import { until } from './ladder.js';
import { demoCoalition, type StoredCoalition } from './stored-coalition.js';

/** One sealed message of a defender as a responder reads it. */
export interface ReadMessage {
  readonly alertId: string;
  readonly kind: number;
  readonly seq: number;
  readonly report?: ReportPayload;
  readonly followUp?: FollowupPayload;
  readonly standDown?: StandDownPayload;
  readonly files: readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[];
}

/** A coalition whose service has a bot, and the Telegram that it talks to. */
export interface TelegramWorld {
  readonly telegram: BotApiServer;
  readonly app: TestApp;
  readonly coalition: StoredCoalition;
  /** A token for t.me/bot?start=. */
  invite(lifetimeMs?: number): Promise<string>;
  /** Somebody who has joined and chosen the language. */
  joined(lang?: Language, id?: number): Promise<TelegramPerson>;
  /** Everything that a responder can open, oldest first. */
  readBy(name: PersonName): Promise<ReadMessage[]>;
  /** The configuration of a further instance beside this one. */
  readonly config: ServiceConfigInput;
  stop(): Promise<void>;
}

/** Timing that makes stories quick: short polls, no waiting for further corrections. */
export function telegramConfig(telegram: BotApiServer, more: ServiceConfigInput['telegram'] = {}): NonNullable<ServiceConfigInput['telegram']> {
  return { token: telegram.token, apiRoot: telegram.url, pollTimeoutMs: 5_000, sendTimeoutMs: 2_000, coalesceMs: 0, ...more };
}

/** @param reachedAt the address of the Bot API as the service is told it, by default as it is */
export async function telegramWorld(config: ServiceConfigInput = {}, reachedAt = (url: string): string => url): Promise<TelegramWorld> {
  const telegram = await startBotApi();
  const full: ServiceConfigInput = {
    ...config,
    instance: { publicUrl: 'https://jardam.example.org', ...config.instance },
    engine: { sweepIntervalMs: 1_000, tickIntervalMs: 100, ...config.engine },
    telegram: telegramConfig(telegram, { apiRoot: reachedAt(telegram.url), ...config.telegram }),
  };
  const app = await testApp({ config: full });
  const coalition = await demoCoalition(app.database, { contacts: app.service.app.get(ContactBook) });
  const opened = new Map<string, ReadMessage>();
  const invites = new Invites(app.service.app.get(ChatSecrets));
  const invite = async (lifetimeMs = 3_600_000): Promise<string> => (await app.database.transaction((tx) => invites.create(tx, lifetimeMs))).token;
  return {
    telegram,
    app,
    coalition,
    invite,
    joined: async (lang = 'en', id) => {
      const person = telegram.person({ languageCode: lang, ...(id === undefined ? {} : { id }) });
      person.start(await invite());
      await until('the bot greets', () => person.fromBot.some(({ keyboard }) => keyboard.length > 0));
      return person;
    },
    readBy: (name) => readBy(app, coalition, name, opened),
    config: full,
    stop: async () => {
      await app.stop();
      await telegram.stop();
    },
  };
}

/** Null behind a gate, as all that was sealed beforehand is until the ladder comes to a tier. */
function openedBy(coalition: StoredCoalition, name: PersonName, sealed: Uint8Array): ReturnType<typeof openEnvelope> | null {
  try {
    return openEnvelope(coalition.p, sealed, { kemSecretKeys: [coalition.people[name].keys.kem.secretKey], releaseKeys: new Map() });
  } catch (error) {
    if (error instanceof EnvelopeError && error.code === 'gate-closed') return null;
    throw error;
  }
}

/** @param known what was opened before; stories look many times a second, and what is stored does not change */
async function readBy(app: TestApp, coalition: StoredCoalition, name: PersonName, known: Map<string, ReadMessage>): Promise<ReadMessage[]> {
  const { rows } = await app.database.query<{ alert_id: Buffer; kind: number; seq: number; sealed: Buffer }>(
    'SELECT alert_id, kind, seq, sealed FROM envelope JOIN alert USING (coalition_id, alert_id, sender_pk) ORDER BY alert.received_at, seq',
  );
  const messages: ReadMessage[] = [];
  for (const { alert_id, kind, seq, sealed } of rows) {
    const place = `${name} ${alert_id.toString('hex')} ${kind} ${seq}`;
    const before = known.get(place);
    if (before !== undefined) {
      messages.push(before);
      continue;
    }
    const contents = openedBy(coalition, name, sealed);
    if (contents === null) continue;
    const { data, contentKey } = contents;
    const alertId = alert_id.toString('hex');
    const followUp = kind === ENVELOPE_KINDS.followup ? parsePayload(ENVELOPE_KINDS.followup, data) : undefined;
    const files = [];
    for (const entry of followUp?.attachments ?? []) {
      const { rows: parts } = await app.database.query<{ sealed: Buffer }>(
        `SELECT sealed FROM attachment_chunk WHERE alert_id = $1 AND object_id = decode($2, 'hex') ORDER BY start_byte`,
        [alert_id, entry.objectId],
      );
      const opened = decryptAttachment(coalition.p, { contentKey, entry, ciphertext: Buffer.concat(parts.map((part) => part.sealed)) });
      if (!('bytes' in opened)) throw new Error(`a file does not open: ${opened.refused}`);
      files.push({ name: entry.name, type: entry.type, bytes: opened.bytes });
    }
    const message: ReadMessage = {
      alertId,
      kind,
      seq,
      files,
      ...(kind === ENVELOPE_KINDS.report ? { report: parsePayload(ENVELOPE_KINDS.report, data) } : {}),
      ...(followUp === undefined ? {} : { followUp }),
      ...(kind === ENVELOPE_KINDS.standDown ? { standDown: parsePayload(ENVELOPE_KINDS.standDown, data) } : {}),
    };
    known.set(place, message);
    messages.push(message);
  }
  return messages;
}

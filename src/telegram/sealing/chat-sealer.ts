import { Inject, Injectable } from '@nestjs/common';
import {
  audienceOf,
  deriveSender,
  drawSenderSecret,
  encodePayload,
  encodeSubmission,
  encryptAttachment,
  ENVELOPE_KINDS,
  mailboxTokenHash,
  panicConsents,
  sealEnvelope,
  toBase64url,
  wipe,
  type Answers,
  type AttachmentEntry,
  type Audience,
  type Consents,
  type Primitives,
} from '@jardam/protocol';
import { Policies, type PolicyVersion } from '../../escalation/policies.js';
import { DEFAULT_COALITION } from '../../platform/coalition.js';
import { PRIMITIVES } from '../../platform/crypto.js';
import { Database, type Tx } from '../../platform/database/database.js';
import { RosterStore, type PublishedRoster } from '../../roster/roster-store.js';
import type { BotLanguage } from '../texts.js';
import type { SentPlace } from '../ingest/read-update.js';
import type { CleanFile } from './clean-file.js';

/** Who writes, and who of the later tiers they agreed to. */
export interface ChatSender {
  readonly lang: BotLanguage;
  readonly abroad: boolean;
  readonly eu: boolean;
}

/** What was said, in one piece. */
export interface ChatContent {
  readonly text: string;
  readonly place: SentPlace | null;
}

/** An alert that was sealed here, and what signs further messages about it. */
export interface SealedReport {
  readonly submission: Uint8Array;
  readonly alertId: Uint8Array;
  /** Keeps the right to add and to ask for an end. The rest of the sender's secret is gone: nobody can read replies. */
  readonly signSeed: Uint8Array;
}

/** Where a further message stands in the sender's chain. */
export interface ChainPlace {
  readonly alertId: Uint8Array;
  readonly signSeed: Uint8Array;
  readonly lastSeq: number;
  readonly lastHash: Uint8Array;
}

export interface SealedFile {
  readonly entry: AttachmentEntry;
  readonly objectId: Uint8Array;
  readonly ciphertext: Uint8Array;
}

interface Recipients {
  readonly audience: Audience;
  readonly consents: Consents;
  readonly roster: PublishedRoster;
  readonly policy: PolicyVersion;
  readonly instanceId: Uint8Array;
}

/**
 * Seals what somebody wrote into the chat, with the same protocol as the page, in this process's memory. Telegram could
 * read it before; from here on only the responders can.
 */
@Injectable()
export class ChatSealer {
  constructor(
    @Inject(PRIMITIVES) private readonly p: Primitives,
    @Inject(Database) private readonly database: Database,
    @Inject(RosterStore) private readonly rosters: RosterStore,
    @Inject(Policies) private readonly policies: Policies,
  ) {}

  /** A new alert, S1: whoever types into a doorbell in an emergency was not asked how urgent it is. */
  async report(sender: ChatSender, content: ChatContent, at: Date): Promise<SealedReport | { readonly refused: 'nobody' }> {
    const to = await this.recipients(this.database, sender);
    if (to === null) return { refused: 'nobody' };
    const secret = drawSenderSecret(this.p);
    const keys = deriveSender(this.p, secret);
    const alertId = this.p.randomBytes(16);
    const sealed = this.seal(to, {
      kind: ENVELOPE_KINDS.report,
      alertId,
      seq: 0,
      prevHash: new Uint8Array(32),
      senderSeed: keys.signSeed,
      data: encodePayload(ENVELOPE_KINDS.report, {
        v: 1,
        t: 'panic',
        lang: sender.lang,
        at: at.toISOString(),
        severity: 'S1',
        answers: answersOf(content),
        consents: to.consents,
        recipients: to.audience.listed,
        reply: { kem: toBase64url(keys.replyKem.publicKey) },
        ...(content.place === null ? {} : { location: { ...coordinates(content.place), at: at.toISOString() } }),
        attachments: [],
        instance: toBase64url(to.instanceId),
        via: 'telegram',
      }),
    });
    const submission = encodeSubmission(
      {
        v: 1,
        severity: 'S1',
        policy: { id: to.policy.policy.id, sha256: to.policy.sha256.toString('hex') },
        tiers: to.audience.tiers,
        exclude: [],
        mailbox: toBase64url(mailboxTokenHash(this.p, keys.mailboxToken)),
        release: {},
        drill: false,
      },
      sealed.bytes,
    );
    wipe(secret, keys.replyKem.secretKey, keys.mailboxToken);
    return { submission, alertId, signSeed: keys.signSeed };
  }

  /** Something more about an alert of this chat. */
  async followUp(reader: Tx, sender: ChatSender, place: ChainPlace, content: ChatContent, at: Date, files?: { contentKey: Uint8Array; entries: readonly AttachmentEntry[] }): Promise<Uint8Array> {
    const to = await this.knownRecipients(reader, sender);
    return this.seal(to, {
      kind: ENVELOPE_KINDS.followup,
      ...next(place),
      ...(files === undefined ? {} : { contentKey: files.contentKey }),
      data: encodePayload(ENVELOPE_KINDS.followup, {
        v: 1,
        t: 'followup',
        at: at.toISOString(),
        text: content.text,
        ...(content.place === null ? {} : { answers: { where: placeText(content.place) } }),
        ...(files === undefined ? {} : { attachments: files.entries }),
      }),
    }).bytes;
  }

  /** The wish to stop. Without a phrase: nobody may be asked for one in a chat, so responders check in another way. */
  async standDown(reader: Tx, sender: ChatSender, place: ChainPlace, at: Date): Promise<Uint8Array> {
    const to = await this.knownRecipients(reader, sender);
    const data = encodePayload(ENVELOPE_KINDS.standDown, { v: 1, t: 'stand-down', at: at.toISOString(), reason: 'safe' });
    return this.seal(to, { kind: ENVELOPE_KINDS.standDown, ...next(place), data }).bytes;
  }

  /** Encrypts a file for the message whose content key this is. `number` becomes its name. */
  file(contentKey: Uint8Array, clean: CleanFile, number: number): SealedFile {
    const objectId = this.p.randomBytes(16);
    const { ciphertext, entry } = encryptAttachment(this.p, { contentKey, objectId, bytes: clean.bytes, name: `${number}.${clean.ending}`, type: clean.type });
    return { ciphertext, entry, objectId };
  }

  drawContentKey(): Uint8Array {
    return this.p.randomBytes(32);
  }

  /** Phone numbers that the roster gives for when nothing else works, as lines. */
  async phones(lang: BotLanguage): Promise<string> {
    const roster = await this.rosters.current(DEFAULT_COALITION);
    return (roster?.body.emergency ?? []).map(({ label, phone }) => `${label[lang]}: ${phone}`).join('\n');
  }

  /** The zone in which people here read a clock. */
  async zone(): Promise<string> {
    return (await this.policies.current(this.database, DEFAULT_COALITION))?.policy.zone ?? 'UTC';
  }

  private seal(to: Recipients, message: Omit<Parameters<typeof sealEnvelope>[1], 'rosterVersion' | 'rosterHash' | 'recipients' | 'gates'>) {
    return sealEnvelope(this.p, {
      ...message,
      rosterVersion: to.roster.version,
      rosterHash: to.roster.hash,
      recipients: to.audience.recipients,
      // A panic leaves every gate open: all tiers that the person agreed to may read at once.
      gates: [],
    });
  }

  private async knownRecipients(reader: Tx, sender: ChatSender): Promise<Recipients> {
    const to = await this.recipients(reader, sender);
    if (to === null) throw new Error('there is an alert, and nobody to seal an addition to');
    return to;
  }

  private async recipients(reader: Tx | Database, { abroad, eu }: ChatSender): Promise<Recipients | null> {
    const roster = await this.rosters.current(DEFAULT_COALITION);
    const policy = await this.policies.current(reader, DEFAULT_COALITION);
    const instanceId = await this.rosters.instanceId(DEFAULT_COALITION);
    if (roster === null || policy === null || instanceId === null) return null;
    const consents = panicConsents({ abroad, eu });
    const audience = audienceOf(policy.policy, roster.body, { severity: 'S1', consents, excluded: [], gated: false }, Date.now());
    return audience.recipients.length === 0 ? null : { audience, consents, roster, policy, instanceId };
  }
}

function next({ alertId, signSeed, lastSeq, lastHash }: ChainPlace) {
  return { alertId, seq: lastSeq + 1, prevHash: lastHash, senderSeed: signSeed };
}

function answersOf({ text, place }: ChatContent): Answers {
  return { ...(text === '' ? {} : { what: text }), ...(place === null ? {} : { where: placeText(place) }) };
}

function coordinates({ lat, lon, accuracyM }: SentPlace): { lat: number; lon: number; accuracyM: number } {
  return { lat, lon, accuracyM };
}

/** As the page writes it: "42.87460, 74.56980 (± 12 m)". */
function placeText({ lat, lon, accuracyM }: SentPlace): string {
  return `${lat.toFixed(5)}, ${lon.toFixed(5)} (± ${Math.round(accuracyM)} m)`;
}

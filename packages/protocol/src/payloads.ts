// What is inside the seal: JSON, checked by hand on both ends. Unknown keys are ignored, wrong shapes are refused.
import { utf8 } from './bytes.js';
import { ENVELOPE_KINDS, maxPayloadBytes, minPayloadBytes, type EnvelopeKind } from './envelope-format.js';
import { parseJsonObject, ShapeError, type JsonObject } from './json-shape.js';

export { ShapeError } from './json-shape.js';

export const LANGUAGES = ['en', 'ru', 'ky', 'uz', 'tg'] as const;
export type Language = (typeof LANGUAGES)[number];
export const SEVERITIES = ['S1', 'S2', 'S3', 'S4'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Longest free text in UTF-16 units; the padded payload bounds the sum. */
const maxTextLength = 100_000;
const maxShortTextLength = 4_000;
/** Longest stand-down phrase in UTF-16 units, as it was typed. */
export const maxPhraseLength = 200;
const maxAttachments = 20;

/** What may be asked after a panic or in a report; every question can be skipped. Codes or free text. */
export interface Answers {
  readonly what?: string;
  readonly where?: string;
  readonly region?: string;
  readonly when?: string;
  readonly hurt?: string;
  readonly medical?: string;
  readonly holder?: string;
  readonly detainedAt?: string;
  readonly lawyer?: string;
  readonly children?: string;
  readonly contact?: string;
  readonly neverCall?: boolean;
  readonly who?: 'me' | 'other';
}

const textAnswers = [
  'what',
  'where',
  'region',
  'when',
  'hurt',
  'medical',
  'holder',
  'detainedAt',
  'lawyer',
  'children',
  'contact',
] as const;

/** Each consent is separate; without one the audience has no stanza, so this is a record and not the enforcement. */
export interface Consents {
  readonly responders: true;
  readonly abroad: boolean;
  readonly eu: boolean;
  readonly un: boolean;
  readonly publication: boolean;
  readonly family: boolean;
}

export interface ListedRecipient {
  /** Responder id, 32 hexadecimal characters. */
  readonly rid: string;
  readonly org: string;
  readonly tier: number;
}

export interface AttachmentEntry {
  /** 32 hexadecimal characters. */
  readonly objectId: string;
  readonly name: string;
  readonly type: string;
  /** Ciphertext bytes. */
  readonly length: number;
  /** BLAKE2b-256 of the ciphertext, base64url. */
  readonly hash: string;
  /** File bytes. */
  readonly size: number;
}

export interface Location {
  readonly lat: number;
  readonly lon: number;
  readonly accuracyM: number;
  readonly at: string;
}

/** The verifier of the stand-down phrase (stand-down.ts). */
export interface StandDownVerifier {
  /** 16 bytes, base64url. */
  readonly salt: string;
  readonly iterations: number;
  readonly memoryKiB: number;
  /** 32 bytes, base64url. */
  readonly verifier: string;
}

interface ReportFields {
  readonly v: 1;
  readonly lang: Language;
  /** When it was written, by the sender's clock (ISO 8601, UTC). */
  readonly at: string;
  readonly severity: Severity;
  readonly answers: Answers;
  readonly consents: Consents;
  readonly recipients: readonly ListedRecipient[];
  /** X-Wing public key for replies, base64url of 1216 bytes. */
  readonly reply: { readonly kem: string };
  readonly location?: Location;
  readonly attachments: readonly AttachmentEntry[];
  /** The instance the sender was pinned to, base64url: a report replayed at another instance is recognised. */
  readonly instance: string;
  /** Only when the sender chose a phrase: then a stand-down without it was not free. */
  readonly standDown?: StandDownVerifier;
  /** Written into a chat that a third party could read, and sealed by the server: the desk says so. Else absent. */
  readonly via?: 'telegram';
}

export interface ReportPayload extends ReportFields {
  readonly t: 'report' | 'panic';
}

export interface ArmedPayload extends ReportFields {
  readonly t: 'panic' | 'check-in';
}

export interface FollowupPayload {
  readonly v: 1;
  readonly t: 'followup';
  readonly at: string;
  readonly text: string;
  readonly answers?: Answers;
  /** Consents as they are from now on. */
  readonly consents?: Consents;
  readonly attachments?: readonly AttachmentEntry[];
}

/** A reply (kind 4) or a team note (kind 5); see reply.ts for what the signature covers. */
export interface SignedTextPayload {
  readonly v: 1;
  readonly t: 'reply' | 'note';
  readonly rid: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly text: string;
  /** The responder's signature, base64url of 64 bytes. */
  readonly sig: string;
}

export interface StandDownPayload {
  readonly v: 1;
  readonly t: 'stand-down';
  readonly at: string;
  readonly reason: 'safe' | 'mistake';
  readonly text?: string;
  /** What was typed as the phrase; true or not is for a responder's client to find out. */
  readonly phrase?: string;
}

export interface PayloadByKind {
  1: ReportPayload;
  2: ArmedPayload;
  3: FollowupPayload;
  4: SignedTextPayload;
  5: SignedTextPayload;
  6: StandDownPayload;
}

/** Kinds whose padded payload is always 4096 bytes, so that a panic, a reply, a note and a stand-down under duress
 *  cannot be told apart by length. */
const fixedSizeKinds: readonly EnvelopeKind[] = [
  ENVELOPE_KINDS.armed,
  ENVELOPE_KINDS.reply,
  ENVELOPE_KINDS.note,
  ENVELOPE_KINDS.standDown,
];

/** The most bytes of data that an envelope of this kind may carry. */
export function maxDataBytes(kind: EnvelopeKind): number {
  return (fixedSizeKinds.includes(kind) ? minPayloadBytes : maxPayloadBytes) - 4;
}

/** JSON bytes of a payload, read back once before they are sealed: what cannot be read must not be sent.
 *  Throws ShapeError, also ('$') when it is longer than its kind may be. */
export function encodePayload<K extends EnvelopeKind>(kind: K, payload: PayloadByKind[K]): Uint8Array {
  const bytes = utf8(JSON.stringify(payload));
  parsePayload(kind, bytes);
  return bytes;
}

/** Reads an opened payload. Throws ShapeError that names the first wrong field, never its content. */
export function parsePayload<K extends EnvelopeKind>(kind: K, bytes: Uint8Array): PayloadByKind[K] {
  if (bytes.length > maxDataBytes(kind)) throw new ShapeError('$', `at most ${maxDataBytes(kind)} bytes`);
  const json = parseJsonObject(bytes);
  json.integer('v', 1, 1);
  return readers[kind](json);
}

const readers: { readonly [K in EnvelopeKind]: (json: JsonObject) => PayloadByKind[K] } = {
  1: (json) => ({ t: json.oneOf('t', ['report', 'panic']), ...readReport(json) }),
  2: (json) => ({ t: json.oneOf('t', ['panic', 'check-in']), ...readReport(json) }),
  3: (json) => ({
    v: 1,
    t: json.oneOf('t', ['followup']),
    at: json.instant('at'),
    text: json.text('text', maxTextLength),
    ...(json.has('answers') ? { answers: readAnswers(json.object('answers')) } : {}),
    ...(json.has('consents') ? { consents: readConsents(json.object('consents')) } : {}),
    ...(json.has('attachments') ? { attachments: readAttachments(json) } : {}),
  }),
  4: (json) => readSignedText(json, 'reply'),
  5: (json) => readSignedText(json, 'note'),
  6: (json) => {
    const text = json.optionalText('text', maxShortTextLength);
    const phrase = json.optionalText('phrase', maxPhraseLength);
    return {
      v: 1,
      t: json.oneOf('t', ['stand-down']),
      at: json.instant('at'),
      reason: json.oneOf('reason', ['safe', 'mistake']),
      ...(text === undefined ? {} : { text }),
      ...(phrase === undefined ? {} : { phrase }),
    };
  },
};

function readReport(json: JsonObject): ReportFields {
  return {
    v: 1,
    lang: json.oneOf('lang', LANGUAGES),
    at: json.instant('at'),
    severity: json.oneOf('severity', SEVERITIES),
    answers: readAnswers(json.object('answers')),
    consents: readConsents(json.object('consents')),
    recipients: json.list('recipients', 64, (item) => ({
      rid: item.hex('rid', 16),
      org: item.text('org', 64),
      tier: item.integer('tier', 1, 255),
    })),
    reply: { kem: json.object('reply').base64url('kem', 1216) },
    ...(json.has('location') ? { location: readLocation(json.object('location')) } : {}),
    attachments: readAttachments(json),
    instance: json.base64url('instance', 32),
    ...(json.has('via') ? { via: json.oneOf('via', ['telegram']) } : {}),
    ...(json.has('standDown') ? { standDown: readStandDown(json.object('standDown')) } : {}),
  };
}

function readStandDown(json: JsonObject): StandDownVerifier {
  return {
    salt: json.base64url('salt', 16),
    iterations: json.integer('iterations', 1, 255),
    memoryKiB: json.integer('memoryKiB', 1, 16 * 1024 * 1024),
    verifier: json.base64url('verifier', 32),
  };
}

function readAnswers(json: JsonObject): Answers {
  const texts = textAnswers.filter((name) => json.has(name)).map((name) => [name, json.text(name, maxTextLength)]);
  return {
    ...(Object.fromEntries(texts) as Partial<Record<(typeof textAnswers)[number], string>>),
    ...(json.has('neverCall') ? { neverCall: json.boolean('neverCall') } : {}),
    ...(json.has('who') ? { who: json.oneOf('who', ['me', 'other']) } : {}),
  };
}

function readConsents(json: JsonObject): Consents {
  // Nothing can be sealed without recipients, so there is no report without this consent.
  if (!json.boolean('responders')) throw new ShapeError('$.consents.responders', 'true');
  return {
    responders: true,
    abroad: json.boolean('abroad'),
    eu: json.boolean('eu'),
    un: json.boolean('un'),
    publication: json.boolean('publication'),
    family: json.boolean('family'),
  };
}

function readLocation(json: JsonObject): Location {
  return {
    lat: json.number('lat', -90, 90),
    lon: json.number('lon', -180, 180),
    accuracyM: json.number('accuracyM', 0, 40_000_000),
    at: json.instant('at'),
  };
}

function readAttachments(json: JsonObject): AttachmentEntry[] {
  return json.list('attachments', maxAttachments, (item) => ({
    objectId: item.hex('objectId', 16),
    name: item.text('name', 255),
    type: item.text('type', 127),
    length: item.integer('length', 0, Number.MAX_SAFE_INTEGER),
    hash: item.base64url('hash', 32),
    size: item.integer('size', 0, Number.MAX_SAFE_INTEGER),
  }));
}

function readSignedText(json: JsonObject, t: 'reply' | 'note'): SignedTextPayload {
  return {
    v: 1,
    t: json.oneOf('t', [t]),
    rid: json.hex('rid', 16),
    time: json.integer('time', 0, Number.MAX_SAFE_INTEGER),
    text: json.text('text', maxShortTextLength),
    sig: json.base64url('sig', 64),
  };
}

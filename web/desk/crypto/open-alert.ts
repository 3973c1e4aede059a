// Opening one alert: the report, and everything that was said about it since. What cannot be trusted is named as
// such and never shown in part.
import {
  checkChain,
  ENVELOPE_KINDS,
  EnvelopeError,
  equalBytes,
  fromBase64url,
  isListed,
  openEnvelope,
  openReply,
  parseEnvelope,
  parsePayload,
  ShapeError,
  toBase64url,
  alertTag,
  type ArmedPayload,
  type AttachmentEntry,
  type ChainHead,
  type OpenedEnvelope,
  type Primitives,
  type ReplyKind,
  type ReportPayload,
  type StandDownVerifier,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import type { AlertMessage, OpenedAlert, OpenRefusal, SealedMessage } from './messages.js';
import { signPkAt } from './roster-check.js';

/** What the Worker keeps of an opened alert; never sent to the page. */
export interface AlertSecrets {
  readonly alertId: Uint8Array;
  readonly contentKey: Uint8Array;
  readonly hh: Uint8Array;
  /** The defender's key for replies, 1216 bytes. */
  readonly replyKem: Uint8Array;
  readonly recipients: ReportPayload['recipients'];
  readonly envelopeHash: Uint8Array;
  readonly severity: ReportPayload['severity'];
  /** The list of responders that the sender sealed under. */
  readonly rosterVersion: number;
  /** By object id: a follow-up's files hang on that follow-up's own content key. */
  readonly files: ReadonlyMap<string, { readonly entry: AttachmentEntry; readonly contentKey: Uint8Array }>;
}

/** What a stand-down has to be compared with, and what was typed, by envelope hash. Stays in the Worker. */
export interface TypedPhrases {
  readonly expected: StandDownVerifier | null;
  readonly typed: ReadonlyMap<string, string>;
}

export interface OpenAlertInput {
  readonly alertId: Uint8Array;
  /** By the server's word, base64url; must be the tag of this very alert. */
  readonly tag: string;
  readonly instance: string;
  readonly rid: string;
  readonly kemSecretKey: Uint8Array;
  readonly roster: VerifiedRosterChain;
  readonly report: SealedMessage;
  readonly messages: readonly SealedMessage[];
  readonly releaseKeys: ReadonlyMap<number, Uint8Array>;
}

/** Opens the report and its messages. A report that cannot be trusted refuses the alert as a whole; a message that
 *  cannot is listed as refused, because the others may still save somebody. */
export function openAlert(
  p: Primitives,
  input: OpenAlertInput,
): { alert: OpenedAlert; secrets: AlertSecrets; phrases: TypedPhrases } | { refused: OpenRefusal } {
  try {
    return openTrusted(p, input);
  } catch (error) {
    return { refused: refusalOf(error) };
  }
}

function openTrusted(
  p: Primitives,
  input: OpenAlertInput,
): { alert: OpenedAlert; secrets: AlertSecrets; phrases: TypedPhrases } | { refused: OpenRefusal } {
  if (toBase64url(alertTag(p, input.alertId)) !== input.tag) return { refused: 'another-alert' };
  const opened = open(p, input, input.report);
  if (opened.parsed.seq !== 0 || 'refused' in checkChain(null, opened.parsed)) return { refused: 'out-of-order' };
  const payload = readReport(opened);
  if (payload === null) return { refused: 'bad-content' };
  if (payload.instance !== input.instance) return { refused: 'another-instance' };
  if (!isListed(payload.recipients, input.rid, opened.tier)) return { refused: 'not-listed' };

  const replyKem = fromBase64url(payload.reply.kem, 1216);
  if (replyKem === null) return { refused: 'bad-content' };
  const files = new Map(payload.attachments.map((entry) => [entry.objectId, { entry, contentKey: opened.contentKey }]));
  const typed = new Map<string, string>();
  const messages = openMessages(p, input, opened, files, typed);
  const followups = messages.filter((each) => each.kind === 'followup');
  return {
    alert: {
      kind: payload.t,
      lang: payload.lang,
      at: payload.at,
      severity: payload.severity,
      answers: Object.assign({}, payload.answers, ...followups.map((each) => each.answers ?? {})) as OpenedAlert['answers'],
      consents: followups.reduce((now, each) => each.consents ?? now, payload.consents),
      ...(payload.via === undefined ? {} : { via: payload.via }),
      recipients: payload.recipients,
      ...(payload.location === undefined ? {} : { location: payload.location }),
      attachments: [...payload.attachments, ...followups.flatMap((each) => each.attachments)],
      messages,
      tier: opened.tier,
      gatedTiers: opened.parsed.gates.map(({ tier }) => tier),
    },
    secrets: {
      alertId: input.alertId,
      contentKey: opened.contentKey,
      hh: opened.hh,
      replyKem,
      recipients: payload.recipients,
      envelopeHash: opened.envelopeHash,
      severity: payload.severity,
      rosterVersion: opened.parsed.rosterVersion,
      files,
    },
    phrases: { expected: payload.standDown ?? null, typed },
  };
}

function readReport(opened: OpenedEnvelope): ReportPayload | ArmedPayload | null {
  const { kind } = opened.parsed;
  if (kind === ENVELOPE_KINDS.report) return parsePayload(kind, opened.data);
  if (kind === ENVELOPE_KINDS.armed) return parsePayload(kind, opened.data);
  return null;
}

/** Shape, roster, signature, gates, stanza, mac, payload, padding, in the protocol's order. */
function open(p: Primitives, input: OpenAlertInput, message: SealedMessage): OpenedEnvelope {
  const shape = parseEnvelope(message.bytes);
  const opened = openEnvelope(p, message.bytes, {
    kemSecretKeys: [input.kemSecretKey],
    releaseKeys: releaseKeysFor(shape.gates, input.releaseKeys),
    expect: { alertId: input.alertId, roster: knownRoster(input.roster, shape.rosterVersion) },
  });
  // The server names messages by hash: other bytes under the same name are not what others have seen.
  if (toBase64url(opened.envelopeHash) !== message.envelopeHash) throw new EnvelopeError('wrong-alert');
  return opened;
}

function releaseKeysFor(
  gates: readonly { readonly tier: number }[],
  all: ReadonlyMap<number, Uint8Array>,
): ReadonlyMap<number, Uint8Array> {
  return new Map([...all].filter(([tier]) => gates.some((gate) => gate.tier === tier)));
}

function knownRoster(roster: VerifiedRosterChain, version: number): { version: number; hash: Uint8Array } {
  const known = roster.chain[version - 1];
  if (known === undefined) throw new EnvelopeError('unknown-roster');
  return { version, hash: known.hash };
}

type Followup = Extract<AlertMessage, { kind: 'followup' }> & { readonly consents?: OpenedAlert['consents'] };
type ReadMessage = Exclude<AlertMessage, { kind: 'followup' }> | Followup;

function openMessages(
  p: Primitives,
  input: OpenAlertInput,
  report: OpenedEnvelope,
  files: Map<string, { entry: AttachmentEntry; contentKey: Uint8Array }>,
  typed: Map<string, string>,
): ReadMessage[] {
  let head: ChainHead = {
    alertId: input.alertId,
    senderPk: report.parsed.senderPk,
    seq: report.parsed.seq,
    envelopeHash: report.envelopeHash,
  };
  return input.messages.map((message): ReadMessage => {
    const base = { envelopeHash: message.envelopeHash, receivedAt: message.receivedAt };
    try {
      const { kind } = parseEnvelope(message.bytes);
      if (kind === ENVELOPE_KINDS.reply || kind === ENVELOPE_KINDS.note) {
        return { ...base, ...openTeamMessage(p, input, message, kind) };
      }
      const opened = open(p, input, message);
      const check = checkChain(head, opened.parsed);
      if ('refused' in check) return { ...base, kind: 'refused', reason: 'out-of-order' };
      head = { ...head, seq: opened.parsed.seq, envelopeHash: opened.envelopeHash };
      return { ...base, ...readDefenderMessage(opened, files, (phrase) => typed.set(message.envelopeHash, phrase)) };
    } catch (error) {
      return { ...base, kind: 'refused', reason: refusalOf(error) };
    }
  });
}

type Bare<T> = T extends unknown ? Omit<T, 'envelopeHash' | 'receivedAt'> : never;

function readDefenderMessage(
  opened: OpenedEnvelope,
  files: Map<string, { entry: AttachmentEntry; contentKey: Uint8Array }>,
  keepPhrase: (phrase: string) => void,
): Bare<ReadMessage> {
  const { kind } = opened.parsed;
  if (kind === ENVELOPE_KINDS.standDown) {
    const { reason, text, phrase } = parsePayload(kind, opened.data);
    keepPhrase(phrase ?? '');
    // Compared in the keyring, which has Argon2id; until then it counts as wrong.
    return { kind: 'stand-down', reason, phrase: 'wrong', ...(text === undefined ? {} : { text }) };
  }
  if (kind !== ENVELOPE_KINDS.followup) return { kind: 'refused', reason: 'bad-content' };
  const { text, answers, consents, attachments = [] } = parsePayload(kind, opened.data);
  for (const entry of attachments) {
    // A second file under an id that is taken would replace evidence that somebody may already have seen.
    if (!files.has(entry.objectId)) files.set(entry.objectId, { entry, contentKey: opened.contentKey });
  }
  return {
    kind: 'followup',
    text,
    attachments,
    ...(answers === undefined ? {} : { answers }),
    ...(consents === undefined ? {} : { consents }),
  };
}

function openTeamMessage(
  p: Primitives,
  input: OpenAlertInput,
  message: SealedMessage,
  kind: ReplyKind,
): Bare<AlertMessage> {
  const shape = parseEnvelope(message.bytes);
  const receivedAtMs = Date.parse(message.receivedAt);
  const reply = openReply(p, message.bytes, {
    kind,
    kemSecretKeys: [input.kemSecretKey],
    releaseKeys: releaseKeysFor(shape.gates, input.releaseKeys),
    expect: { alertId: input.alertId, roster: knownRoster(input.roster, shape.rosterVersion) },
    signPkOf: (rid) => signPkAt(input.roster, rid, receivedAtMs),
  });
  if ('refused' in reply) return { kind: 'refused', reason: reply.refused };
  const named = fromBase64url(message.envelopeHash, 32);
  if (named === null || !equalBytes(named, reply.opened.envelopeHash)) return { kind: 'refused', reason: 'tampered' };
  const { rid, time, text } = reply;
  return { kind: kind === ENVELOPE_KINDS.reply ? 'reply' : 'note', rid, time, text };
}

/** What a person is told. Every way in which bytes can be wrong comes to "changed on the way": which of them it was
 *  helps nobody who reads it. */
function refusalOf(error: unknown): OpenRefusal {
  if (error instanceof ShapeError) return 'bad-content';
  if (!(error instanceof EnvelopeError)) throw error;
  switch (error.code) {
    case 'bad-signature':
    case 'gate-closed':
    case 'not-a-recipient':
    case 'unknown-roster':
      return error.code;
    case 'wrong-alert':
      return 'another-alert';
    default:
      return 'tampered';
  }
}

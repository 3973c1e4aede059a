// What people did, by their own signatures. The service only keeps these statements; it cannot make one.
import {
  decodeStatement,
  equalBytes,
  fromBase64url,
  statementHash,
  toBase64url,
  toHex,
  verifyStatement,
  type EventType,
  type LedgerEvent,
  type Primitives,
  type Statement,
  type StatementType,
  type VerifiedRosterChain,
} from '@jardam/protocol';
import type { RecordedEvent } from './messages.js';
import { signPksAround } from './roster-check.js';

/** An act whose signature was verified against the list of responders. */
export interface VerifiedAct {
  readonly n: number;
  readonly type: EventType;
  readonly rid: string;
  readonly statement: Statement;
  /** base64url of the signed bytes. */
  readonly signed: string;
  /** The codes of the signed detail, with those that follow from the statement's type. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Acts that nobody but a person can do: without a person's signature they did not happen. */
const onlyByPeople: ReadonlySet<EventType> = new Set(['ACK', 'DECLINE', 'UNDECRYPTABLE', 'HAND_OVER', 'CLOSE']);

type Detail = Readonly<Record<string, unknown>>;

/** The events in which a statement of each type may be recorded, and what their detail then says. */
const recordedAs: Readonly<Record<StatementType, (detail: Detail) => readonly (readonly [EventType, Detail])[]>> = {
  seen: () => [['SEEN', {}]],
  ack: () => [['ACK', {}]],
  decline: () => [['DECLINE', {}]],
  undecryptable: () => [['UNDECRYPTABLE', {}]],
  action: ({ code }) => [['ACTION', { code }]],
  escalate: () => [['ESCALATE', {}]],
  hand_over: ({ toRid, toOrg }) => [['HAND_OVER', { phase: 'asked', ...(toRid === undefined ? { toOrg } : { toRid }) }]],
  hand_over_accept: () => [['HAND_OVER', { phase: 'accepted' }]],
  renew: () => [['ACTION', { code: 'renewed' }]],
  snooze: ({ minutes }) => [['ACTION', { code: 'snoozed', minutes }]],
  stand_down_check: () => [['ACTION', { code: 'stand_down_checked' }]],
  close: ({ outcome }) => [
    ['CLOSE', { outcome }],
    ['ACTION', { code: 'close_requested', outcome }],
  ],
};

/** Verifies every act of a person in a chain whose hashes hold. Null when one of them is not what that person signed.
 *  @param hashes of the same events, in their order */
export function verifyActs(
  p: Primitives,
  input: {
    readonly events: readonly LedgerEvent[];
    readonly shown: readonly RecordedEvent[];
    readonly hashes: readonly Uint8Array[];
    readonly roster: VerifiedRosterChain;
  },
): readonly VerifiedAct[] | null {
  const acts: VerifiedAct[] = [];
  for (const [n, event] of input.events.entries()) {
    const shown = input.shown[n];
    if (event.rid === null) {
      if (onlyByPeople.has(event.type)) return null;
      continue;
    }
    const act = shown === undefined ? null : verifyAct(p, event, shown, input.roster);
    if (act === null) return null;
    // Made after an event that was there before it: a statement cannot have been prepared and kept.
    const earlier = input.hashes.slice(0, n);
    if (!earlier.some((hash) => equalBytes(hash, act.statement.prevEventHash))) return null;
    acts.push(act);
  }
  return acts;
}

function verifyAct(p: Primitives, event: LedgerEvent, shown: RecordedEvent, roster: VerifiedRosterChain): VerifiedAct | null {
  const { rid, signature, tag } = event;
  const bytes = shown.statement === null ? null : fromBase64url(shown.statement);
  if (rid === null || signature === null || bytes === null) return null;
  if (!equalBytes(statementHash(p, bytes), event.object)) return null;
  const keys = signPksAround(roster, toHex(rid), Date.parse(shown.at));
  const genuine = keys.some((signPk) => 'statement' in verifyStatement(p, { bytes, signature }, { rid, signPk, tag }));
  const statement = genuine ? decodeStatement(bytes) : null;
  if (statement === null || statement.tier !== event.tier) return null;
  const recorded = recordedAs[statement.type](JSON.parse(statement.detail) as Detail).find(([type]) => type === event.type);
  if (recorded === undefined) return null;
  const [type, detail] = recorded;
  // The detail beside an event is not part of its hash; only what the statement says is.
  if (!Object.entries(detail).every(([name, value]) => shown.detail?.[name] === value)) return null;
  return { n: event.n, type, rid: toHex(rid), statement, signed: toBase64url(bytes), detail };
}

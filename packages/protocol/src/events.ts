// The evidence ledger: one event per change of state, chained by hash within each alert.
import { ByteReader, concatBytes, equalBytes, isAllZero, requireBytes, u8, u64, utf8 } from './bytes.js';
import { H } from './hash.js';
import { ridBytes } from './keys.js';
import { signatureBytes, type Primitives } from './primitives.js';

/** Numbers are part of the format: add at the end, never reuse. */
export const EVENT_TYPES = {
  ARM: 1,
  SUBMIT: 2,
  TRIGGER: 3,
  NOTIFY: 4,
  UNREACHABLE: 5,
  SEEN: 6,
  ACK: 7,
  DECLINE: 8,
  UNDECRYPTABLE: 9,
  ACTION: 10,
  RELEASE: 11,
  ESCALATE: 12,
  STAND_DOWN_REQUEST: 13,
  CLOSE: 14,
  GATE_DESTROYED: 15,
  ROSTER: 16,
  POLICY: 17,
  ENTER: 18,
  LOOP: 19,
  ACK_EXPIRED: 20,
  PAUSE: 21,
  RESUME: 22,
  HAND_OVER: 23,
  NOT_CONSENTED: 24,
} as const;
export type EventType = keyof typeof EVENT_TYPES;

/** Event times are rounded down to this, so that an event cannot be matched with traffic seen elsewhere. */
export const eventTimeGrainMs = 5 * 60_000;
export const eventBytes = 4 + 1 + 32 + 8 + 8 + ridBytes + 1 + 32 + 32 + 1 + signatureBytes;
const magic = utf8('JDE1');

export interface LedgerEvent {
  readonly type: EventType;
  /** alertTag, 32 bytes: the ledger never carries an alert id. */
  readonly tag: Uint8Array;
  /** Position in the alert's chain, from 0. */
  readonly n: number;
  /** Milliseconds since 1970; encoded rounded down to 5 minutes. */
  readonly time: number;
  /** The person who acted, or null when the server did. */
  readonly rid: Uint8Array | null;
  readonly tier: number;
  /** Hash of what the event is about (envelope, statement, roster, policy); zeros when there is nothing. */
  readonly object: Uint8Array;
  /** eventHash of event n − 1; zeros for n = 0. */
  readonly prev: Uint8Array;
  /** The person's signature over the statement in `object`, where a person acted. */
  readonly signature: Uint8Array | null;
}

/** "JDE1" ‖ type ‖ tag ‖ n ‖ time ‖ rid ‖ tier ‖ object ‖ prev ‖ hasSig ‖ sig: always 199 bytes. */
export function encodeEvent(event: LedgerEvent): Uint8Array {
  const rid = event.rid ?? new Uint8Array(ridBytes);
  const signature = event.signature ?? new Uint8Array(signatureBytes);
  requireBytes('tag', event.tag, 32);
  requireBytes('rid', rid, ridBytes);
  requireBytes('object', event.object, 32);
  requireBytes('prev', event.prev, 32);
  requireBytes('signature', signature, signatureBytes);
  return concatBytes(
    magic,
    u8(EVENT_TYPES[event.type]),
    event.tag,
    u64(event.n),
    u64(event.time - (event.time % eventTimeGrainMs)),
    rid,
    u8(event.tier),
    event.object,
    event.prev,
    u8(event.signature === null ? 0 : 1),
    signature,
  );
}

/** Reads an event's bytes; null when they have not exactly this form. */
export function decodeEvent(bytes: Uint8Array): LedgerEvent | null {
  if (bytes.length !== eventBytes || !equalBytes(bytes.subarray(0, 4), magic)) return null;
  const reader = new ByteReader(bytes.subarray(4));
  const type = eventType(reader.u8());
  const [tag, n, time, rid, tier] = [reader.take(32), reader.u64(), reader.u64(), reader.take(ridBytes), reader.u8()];
  const [object, prev, hasSignature, signature] = [reader.take(32), reader.take(32), reader.u8(), reader.take(64)];
  if (type === undefined || n === null || time === null || time % eventTimeGrainMs !== 0) return null;
  if (hasSignature > 1 || (hasSignature === 0 && !isAllZero(signature))) return null;
  return {
    type,
    tag,
    n,
    time,
    rid: isAllZero(rid) ? null : rid,
    tier,
    object,
    prev,
    signature: hasSignature === 1 ? signature : null,
  };
}

function eventType(number: number): EventType | undefined {
  return (Object.keys(EVENT_TYPES) as EventType[]).find((type) => EVENT_TYPES[type] === number);
}

/** H("JDM1/event", bytes). */
export function eventHash(p: Primitives, bytes: Uint8Array): Uint8Array {
  return H(p, 'JDM1/event', bytes);
}

export type EventChain =
  | { readonly events: readonly LedgerEvent[]; readonly head: Uint8Array }
  | { readonly refused: 'malformed' | 'wrong-number' | 'wrong-prev' | 'another-alert' | 'time-went-back'; readonly at: number };

/** Checks one alert's events from n = 0 on: form, numbering, hashes, one alert, time never going back.
 *  `at` is the position of the first event that does not fit. */
export function verifyEventChain(p: Primitives, encoded: readonly Uint8Array[]): EventChain {
  let head: Uint8Array = new Uint8Array(32);
  const events: LedgerEvent[] = [];
  for (const [at, bytes] of encoded.entries()) {
    const event = decodeEvent(bytes);
    const before = events.at(-1);
    if (event === null) return { refused: 'malformed', at };
    if (event.n !== at) return { refused: 'wrong-number', at };
    if (!equalBytes(event.prev, head)) return { refused: 'wrong-prev', at };
    if (before !== undefined && !equalBytes(event.tag, before.tag)) return { refused: 'another-alert', at };
    if (before !== undefined && event.time < before.time) return { refused: 'time-went-back', at };
    events.push(event);
    head = eventHash(p, bytes);
  }
  return { events, head };
}

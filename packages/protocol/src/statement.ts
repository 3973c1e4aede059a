// What a responder says about an alert, signed: the evidence that somebody answered, or decided not to.
import { ByteReader, concatBytes, equalBytes, fromUtf8, requireBytes, u8, u32, u64, utf8 } from './bytes.js';
import { H, K, signLabelled, verifyLabelled } from './hash.js';
import { ridBytes } from './keys.js';
import type { Primitives } from './primitives.js';

/** Numbers are part of the format: add at the end, never reuse. */
export const STATEMENT_TYPES = {
  seen: 1,
  ack: 2,
  decline: 3,
  undecryptable: 4,
  action: 5,
  escalate: 6,
  hand_over: 7,
  hand_over_accept: 8,
  renew: 9,
  stand_down_check: 10,
  close: 11,
  snooze: 12,
} as const;
export type StatementType = keyof typeof STATEMENT_TYPES;

/** Longest detail in bytes of UTF-8 JSON. It is stored in the clear on the server: codes, never content. */
export const maxDetailBytes = 2048;

export interface Statement {
  readonly type: StatementType;
  /** alertTag of the alert, 32 bytes. */
  readonly tag: Uint8Array;
  /** Header hash of the envelope that was opened, 32 bytes. */
  readonly hh: Uint8Array;
  readonly tier: number;
  /** Generation of the escalation that is answered: makes a double click harmless and a stale answer visible. */
  readonly gen: number;
  /** Milliseconds since 1970, by the responder's clock. */
  readonly time: number;
  readonly prevEventHash: Uint8Array;
  readonly rid: Uint8Array;
  /** A JSON object, '{}' when there is nothing to add. */
  readonly detail: string;
}

/** The exact bytes that are hashed and signed; they are stored and sent as they are, never encoded again. */
export function encodeStatement(statement: Statement): Uint8Array {
  requireBytes('tag', statement.tag, 32);
  requireBytes('hh', statement.hh, 32);
  requireBytes('prevEventHash', statement.prevEventHash, 32);
  requireBytes('rid', statement.rid, ridBytes);
  const detail = utf8(statement.detail);
  if (detail.length > maxDetailBytes) throw new RangeError(`detail is longer than ${maxDetailBytes} bytes`);
  return concatBytes(
    u8(STATEMENT_TYPES[statement.type]),
    statement.tag,
    statement.hh,
    u8(statement.tier),
    u32(statement.gen),
    u64(statement.time),
    statement.prevEventHash,
    statement.rid,
    u32(detail.length),
    detail,
  );
}

/** Reads a statement's bytes; null when they have not exactly this form. */
export function decodeStatement(bytes: Uint8Array): Statement | null {
  try {
    const reader = new ByteReader(bytes);
    const type = statementType(reader.u8());
    const [tag, hh, tier, gen, time] = [reader.take(32), reader.take(32), reader.u8(), reader.u32(), reader.u64()];
    const [prevEventHash, rid] = [reader.take(32), reader.take(ridBytes)];
    const detailLength = reader.u32();
    if (type === undefined || time === null || detailLength > maxDetailBytes) return null;
    const detail = fromUtf8(reader.take(detailLength));
    return reader.done() ? { type, tag, hh, tier, gen, time, prevEventHash, rid, detail } : null;
  } catch {
    return null;
  }
}

function statementType(number: number): StatementType | undefined {
  return (Object.keys(STATEMENT_TYPES) as StatementType[]).find((type) => STATEMENT_TYPES[type] === number);
}

/** H("JDM1/statement", bytes): also the object hash of the event that records the statement. */
export function statementHash(p: Primitives, bytes: Uint8Array): Uint8Array {
  return H(p, 'JDM1/statement', bytes);
}

/** Signs a statement's bytes with the responder's Ed25519 seed. */
export function signStatement(p: Primitives, bytes: Uint8Array, signSeed: Uint8Array): Uint8Array {
  return signLabelled(p, 'JDM1/statement', statementHash(p, bytes), signSeed);
}

export type CheckedStatement =
  | { readonly statement: Statement }
  | { readonly refused: 'malformed' | 'wrong-responder' | 'bad-signature' | 'wrong-alert' | 'wrong-envelope' };

/** Reads and verifies a signed statement: by this responder, about this alert, about this very envelope. */
export function verifyStatement(
  p: Primitives,
  signed: { readonly bytes: Uint8Array; readonly signature: Uint8Array },
  expect: { readonly rid: Uint8Array; readonly signPk: Uint8Array; readonly tag: Uint8Array; readonly hh?: Uint8Array },
): CheckedStatement {
  const statement = decodeStatement(signed.bytes);
  if (statement === null) return { refused: 'malformed' };
  if (!equalBytes(statement.rid, expect.rid)) return { refused: 'wrong-responder' };
  const hash = statementHash(p, signed.bytes);
  if (!verifyLabelled(p, 'JDM1/statement', hash, signed.signature, expect.signPk)) return { refused: 'bad-signature' };
  if (!equalBytes(statement.tag, expect.tag)) return { refused: 'wrong-alert' };
  if (expect.hh !== undefined && !equalBytes(statement.hh, expect.hh)) return { refused: 'wrong-envelope' };
  return { statement };
}

/** K(CK, "JDM1/ack-proof", rid ‖ time): only someone who opened the alert can make it, so an acknowledgement
 *  cannot be given blindly. Whoever holds the content key can check it; the server cannot. */
export function ackProof(p: Primitives, contentKey: Uint8Array, rid: Uint8Array, time: number): Uint8Array {
  requireBytes('rid', rid, ridBytes);
  return K(p, contentKey, 'JDM1/ack-proof', rid, u64(time));
}

import {
  decodeStatement,
  equalBytes,
  STATEMENT_TYPES,
  statementHash,
  verifyLabelled,
  type Primitives,
  type Statement,
  type StatementType,
} from '@jardam/protocol';
import { readAct, type Act } from './act-detail.js';

const proofBytes = 32;

/** A signed act as it came in. All bytes, nothing verified. */
export interface SignedStatement {
  readonly statement: Uint8Array;
  readonly signature: Uint8Array;
  /** K(CK, "JDM1/ack-proof", rid ‖ time); with an acknowledgement only. */
  readonly proof?: Uint8Array | undefined;
}

export type StatementRefusal =
  | 'malformed-statement'
  | 'wrong-responder'
  | 'bad-signature'
  | 'bad-detail'
  | 'proof-missing'
  // these need the alert
  | 'wrong-alert'
  | 'wrong-envelope'
  | 'unknown-event'
  | 'wrong-tier'
  | 'future-gen';

/** A statement that this person has really signed. Whether it fits the alert is asked next, under the alert's lock. */
export interface GenuineStatement {
  readonly statement: Statement;
  readonly act: Act;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly proof: Uint8Array | null;
}

/** What can be decided without the database: shape, then author, then signature, then detail. */
export function checkAuthor(
  p: Primitives,
  signed: SignedStatement,
  author: { readonly rid: Uint8Array; readonly sigPk: Uint8Array },
): GenuineStatement | { readonly refused: StatementRefusal } {
  const statement = decodeStatement(signed.statement);
  if (statement === null) return { refused: 'malformed-statement' };
  if (!equalBytes(statement.rid, author.rid)) return { refused: 'wrong-responder' };
  const hash = statementHash(p, signed.statement);
  if (!verifyLabelled(p, 'JDM1/statement', hash, signed.signature, author.sigPk)) return { refused: 'bad-signature' };
  const act = readAct(statement.type, statement.detail);
  if (act === null) return { refused: 'bad-detail' };
  // The server has no content key and cannot tell a true proof from 32 random bytes. It is kept as evidence:
  // everybody who can open the alert can check it, and an acknowledgement without one is no acknowledgement.
  const proof = statement.type === 'ack' ? signed.proof : undefined;
  if (statement.type === 'ack' && proof?.length !== proofBytes) return { refused: 'proof-missing' };
  return { statement, act, bytes: signed.statement, signature: signed.signature, proof: proof ?? null };
}

/** What the server knows of the alert that a statement is about. */
export interface AlertFacts {
  readonly tag: Uint8Array;
  readonly gen: number;
  /** Tiers this person may speak for: those of theirs that were entered, or all of theirs after a hand-over. */
  readonly tiers: readonly number[];
  /** The header hash named in the statement is that of an envelope of this alert. */
  readonly knowsEnvelope: boolean;
  /** The previous event named in the statement is in this alert's chain. */
  readonly knowsEvent: boolean;
}

/** Whether a genuine statement speaks about this alert, as it was at some time of its life. Null when it does. */
export function checkAgainstAlert(statement: Statement, facts: AlertFacts): StatementRefusal | null {
  if (!equalBytes(statement.tag, facts.tag)) return 'wrong-alert';
  if (!facts.knowsEnvelope) return 'wrong-envelope';
  // Any event of the chain will do, not only the last: somebody who acts while the ladder moves has still acted.
  // It proves that the statement was made after that event, and not beforehand.
  if (!facts.knowsEvent) return 'unknown-event';
  if (!facts.tiers.includes(statement.tier)) return 'wrong-tier';
  if (statement.gen < 1 || statement.gen > facts.gen) return 'future-gen';
  return null;
}

/** The type of a statement by its first byte; null when there is none of that number. For counting before verifying. */
export function statementTypeOf(bytes: Uint8Array): StatementType | null {
  return (Object.keys(STATEMENT_TYPES) as StatementType[]).find((type) => STATEMENT_TYPES[type] === bytes[0]) ?? null;
}

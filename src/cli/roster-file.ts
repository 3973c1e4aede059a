import {
  encodeRoster,
  instanceIdOf,
  packRoster,
  parseRoster,
  rosterBodyBytes,
  ShapeError,
  toBase64url,
  verifyRosterChain,
  type Primitives,
  type RosterBody,
  type SignedRoster,
} from '@jardam/protocol';
import { z } from 'zod';
import { CliFailure } from './failure.js';
import { readFileOf } from './private-file.js';

const FILE_TYPE = 'jardam-roster-draft';

const signedSchema = z.strictObject({
  body: z.string(),
  signatures: z.array(z.strictObject({ root: z.string(), sig: z.string() })),
});
const fileSchema = z.strictObject({
  type: z.literal(FILE_TYPE),
  v: z.literal(1),
  chain: z.array(signedSchema),
  draft: signedSchema,
});

/**
 * What goes to the custodians and comes back with their signatures. The whole published chain goes along, so that a
 * machine without a network can check what the draft builds on and show what would change.
 */
export interface RosterDraft {
  /** Published versions, the first one first; empty before version 1. */
  readonly chain: readonly SignedRoster[];
  readonly draft: SignedRoster;
}

export interface CheckedDraft {
  readonly body: RosterBody;
  /** The exact bytes that are signed. */
  readonly bytes: Uint8Array;
  readonly previous: RosterBody | null;
  readonly instanceId: Uint8Array;
}

/** A draft without signatures. */
export function newDraft(chain: readonly SignedRoster[], body: RosterBody): RosterDraft {
  return { chain, draft: packRoster(encodeRoster(body), []) };
}

export function formatDraft({ chain, draft }: RosterDraft): string {
  return `${JSON.stringify({ type: FILE_TYPE, v: 1, chain, draft }, null, 1)}\n`;
}

/** Reads a draft file; anything else ends the command with one line. */
export function readDraft(path: string): RosterDraft {
  let json: unknown;
  try {
    json = JSON.parse(readFileOf(path));
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(`${path} is not a roster draft: it is not JSON`);
  }
  const checked = fileSchema.safeParse(json);
  if (!checked.success) throw new CliFailure(`${path} is not a roster draft, or a part of it is missing`);
  return checked.data;
}

/**
 * Checks a draft as far as that is possible before everybody has signed: its shape, the signatures of all versions
 * before it, and that it follows the last of them. Throws CliFailure.
 */
export function checkDraft(p: Primitives, { chain, draft }: RosterDraft, now: Date): CheckedDraft {
  const bytes = rosterBodyBytes(draft);
  if (bytes === null) throw new CliFailure('the draft is damaged: its body cannot be read');
  let body: RosterBody;
  try {
    body = parseRoster(bytes);
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new CliFailure(`the draft is damaged: ${error.message}`);
  }
  const first = chain[0] === undefined ? bytes : rosterBodyBytes(chain[0]);
  if (first === null) throw new CliFailure('the published versions in the draft are damaged');
  const instanceId = instanceIdOf(p, first);
  if (chain.length === 0) {
    if (body.version !== 1 || body.prev_hash !== null) throw new CliFailure('the draft is not a first version, but the versions before it are missing');
    return { body, bytes, previous: null, instanceId };
  }
  // An expired roster can still be followed by a new one.
  const { current } = verifyRosterChain(p, chain, { instanceId, now: now.getTime(), acceptExpired: true });
  if (body.version !== current.body.version + 1 || body.prev_hash !== toBase64url(current.hash)) {
    throw new CliFailure(`the draft does not follow version ${current.body.version}: somebody has published in between, draft it anew`);
  }
  return { body, bytes, previous: current.body, instanceId };
}

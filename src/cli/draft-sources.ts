import { toHex, verifyPossession, type Primitives, type RosterBody } from '@jardam/protocol';
import { WATCH_POLICY_ID } from '../domain/policy.js';
import { DEFAULT_COALITION } from '../platform/coalition.js';
import type { Database, Tx } from '../platform/database/database.js';
import type { PendingEnrolment } from './roster-draft.js';

/**
 * Everybody who has made keys and is not named in a roster yet, the longest waiting first. `forged` are rows whose
 * keys were not put there by their owner: they have to be looked into, and never come into a draft.
 */
export async function pendingEnrolments(
  p: Primitives,
  reader: Database | Tx,
  instanceId: Uint8Array,
): Promise<{ waiting: PendingEnrolment[]; forged: string[] }> {
  const { rows } = await reader.query<{
    rid: Buffer;
    org: string;
    role: string;
    tiers: number[];
    sig_pk: Buffer;
    kem_pk: Buffer;
    possession: Buffer;
  }>(
    `SELECT rid, org, role, tiers, sig_pk, kem_pk, possession FROM enrolment WHERE coalition_id = $1 ORDER BY created_at, rid`,
    [DEFAULT_COALITION],
  );
  const waiting: PendingEnrolment[] = [];
  const forged: string[] = [];
  for (const row of rows) {
    const rid = toHex(row.rid);
    const input = { instanceId, rid: row.rid, kemPk: row.kem_pk, signPk: row.sig_pk, signature: row.possession };
    if (!verifyPossession(p, input)) forged.push(rid);
    else waiting.push({ rid, org: row.org, role: row.role, tiers: row.tiers, sigPk: row.sig_pk, kemPk: row.kem_pk });
  }
  return { waiting, forged };
}

/** The newest published version of every policy that senders may be offered. Were the robots' policy named in a roster,
 *  a server could offer it and would read what is sealed by it. */
export async function publishedPolicies(reader: Database | Tx): Promise<RosterBody['policies']> {
  const { rows } = await reader.query<{ policy_id: string; sha256: Buffer }>(
    `SELECT DISTINCT ON (policy_id) policy_id, sha256 FROM policy_version
     WHERE coalition_id = $1 AND policy_id <> $2 ORDER BY policy_id, version DESC`,
    [DEFAULT_COALITION, WATCH_POLICY_ID],
  );
  return rows.map(({ policy_id: id, sha256 }) => ({ id, sha256: toHex(sha256) }));
}

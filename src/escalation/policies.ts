import { Injectable } from '@nestjs/common';
import { WATCH_POLICY_ID, type Policy } from '../domain/policy.js';
import { EvidenceLog } from '../evidence/evidence-log.js';
import type { Database, Tx } from '../platform/database/database.js';
import { policySha256 } from './policy-schema.js';

/** A published policy: never changed, never removed. */
export interface PolicyVersion {
  readonly policyVersionId: number;
  readonly policy: Policy;
  readonly sha256: Buffer;
}

type Reader = Pick<Tx, 'query'> | Pick<Database, 'query'>;
type PolicyRow = { policy_version_id: number; body: Policy; sha256: Buffer };

/** The policies that alerts run on. A running alert keeps its version, whatever is published later. */
@Injectable()
export class Policies {
  /** Versions never change, so what was read once is right for ever. */
  private readonly known = new Map<string, PolicyVersion & { readonly coalitionId: number }>();

  constructor(private readonly log: EvidenceLog) {}

  /**
   * Publishes a version and records it in the coalition's ledger. Publishing exactly the same again changes nothing.
   */
  async publish(tx: Tx, coalitionId: number, policy: Policy): Promise<PolicyVersion | { readonly refused: 'version-not-newer' }> {
    const sha256 = policySha256(policy);
    // One at a time: two operators must not both find that theirs is the newest.
    await tx.query('SELECT FROM coalition WHERE coalition_id = $1 FOR UPDATE', [coalitionId]);
    const same = await this.bySha256(tx, coalitionId, policy.id, sha256);
    if (same) return same;
    const { rows } = await tx.query<{ policy_version_id: number; now: Date }>(
      `INSERT INTO policy_version (coalition_id, policy_id, version, body, sha256)
       SELECT $1, $2, $3, $4::jsonb, $5
       WHERE NOT EXISTS (SELECT FROM policy_version WHERE coalition_id = $1 AND policy_id = $2 AND version >= $3)
       RETURNING policy_version_id, now() AS now`,
      [coalitionId, policy.id, policy.version, JSON.stringify(policy), sha256],
    );
    const inserted = rows[0];
    if (!inserted) return { refused: 'version-not-newer' };
    const detail = { policy: policy.id, version: policy.version };
    await this.log.appendToCoalition(tx, coalitionId, inserted.now, [{ type: 'POLICY', object: sha256, detail }]);
    return { policyVersionId: inserted.policy_version_id, policy, sha256 };
  }

  /** What new alerts are offered: the version published last; null before the first. */
  async current(reader: Reader, coalitionId: number): Promise<PolicyVersion | null> {
    const { rows } = await reader.query<PolicyRow>({
      name: 'policy-current',
      text: `SELECT policy_version_id, body, sha256 FROM policy_version
             WHERE coalition_id = $1 AND policy_id <> $2 ORDER BY policy_version_id DESC LIMIT 1`,
      values: [coalitionId, WATCH_POLICY_ID],
    });
    return rows[0] ? this.keep(coalitionId, rows[0]) : null;
  }

  /** The version that a sender names, or null when it was never published here. */
  async bySha256(reader: Reader, coalitionId: number, policyId: string, sha256: Uint8Array): Promise<PolicyVersion | null> {
    const hash = Buffer.from(sha256);
    for (const known of this.known.values()) {
      if (known.coalitionId === coalitionId && known.policy.id === policyId && known.sha256.equals(hash)) return known;
    }
    const { rows } = await reader.query<PolicyRow>({
      name: 'policy-by-sha256',
      text: `SELECT policy_version_id, body, sha256 FROM policy_version WHERE coalition_id = $1 AND policy_id = $2 AND sha256 = $3`,
      values: [coalitionId, policyId, hash],
    });
    return rows[0] ? this.keep(coalitionId, rows[0]) : null;
  }

  /** The version that an alert runs on. Alerts reference it by a number that must exist; anything else throws. */
  async byVersionId(reader: Reader, coalitionId: number, policyVersionId: number): Promise<Policy> {
    const known = this.known.get(keyOf(coalitionId, policyVersionId));
    if (known) return known.policy;
    const { rows } = await reader.query<PolicyRow>({
      name: 'policy-by-version',
      text: `SELECT policy_version_id, body, sha256 FROM policy_version WHERE coalition_id = $1 AND policy_version_id = $2`,
      values: [coalitionId, policyVersionId],
    });
    if (!rows[0]) throw new Error('an alert runs on a policy that was never published');
    return this.keep(coalitionId, rows[0]).policy;
  }

  private keep(coalitionId: number, row: PolicyRow): PolicyVersion {
    // The hash is what senders and roots committed to; a body that does not have it was altered in the database.
    if (!policySha256(row.body).equals(row.sha256)) throw new Error('a stored policy does not have its hash');
    const version = { coalitionId, policyVersionId: row.policy_version_id, policy: row.body, sha256: row.sha256 };
    this.known.set(keyOf(coalitionId, row.policy_version_id), version);
    return version;
  }
}

function keyOf(coalitionId: number, policyVersionId: number): string {
  return `${coalitionId}:${policyVersionId}`;
}

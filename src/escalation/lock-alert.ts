import type { AlertTimer, DueKind, Rid } from '../domain/alert.js';
import type { AlertLifeState } from '../domain/life-cycle.js';
import { ladderOf, type Ladder, type Policy } from '../domain/policy.js';
import type { Severity } from '../domain/severity.js';
import type { ChainHead } from '../evidence/evidence-log.js';
import type { Tx } from '../platform/database/database.js';
import type { Policies } from './policies.js';

/** An alert whose timer row is locked by the transaction: nobody else changes its state or its events meanwhile. */
export interface LockedAlert {
  readonly coalitionId: number;
  readonly alertId: Buffer;
  readonly tag: Buffer;
  readonly severity: Severity;
  readonly ladder: Ladder;
  readonly timer: AlertTimer;
  readonly head: ChainHead;
  readonly excludedOrgs: readonly string[];
  readonly allowedTiers: readonly number[];
  /** The database's time at the start of the transaction. */
  readonly now: Date;
}

/** Columns of alert_timer t and alert a that `toLockedAlert` reads. */
export const LOCKED_COLUMNS = `t.coalition_id, t.alert_id, t.policy_version_id, t.severity, t.state, t.tier, t.loop, t.gen, t.round_gen,
  t.due_at, t.due_kind, encode(t.owner_rid, 'hex') AS owner, t.ack_expires_at, t.chain_n, t.chain_head, t.chain_at,
  a.tag, a.tiers, a.excluded_orgs, now() AS now`;

export interface LockedRow extends Record<string, unknown> {
  coalition_id: number;
  alert_id: Buffer;
  policy_version_id: number;
  severity: Severity;
  state: AlertLifeState;
  tier: number;
  loop: number;
  gen: number;
  round_gen: number;
  due_at: Date | null;
  due_kind: DueKind | null;
  owner: Rid | null;
  ack_expires_at: Date | null;
  chain_n: number;
  chain_head: Buffer;
  chain_at: Date | null;
  tag: Buffer;
  tiers: number[];
  excluded_orgs: string[];
  now: Date;
}

/** Locks an alert's timer; null when there is no such alert. Waits for whoever holds it. */
export async function lockAlert(tx: Tx, policies: Policies, coalitionId: number, alertId: Uint8Array): Promise<LockedAlert | null> {
  const { rows } = await tx.query<LockedRow>({
    name: 'escalation-lock-alert',
    text: `SELECT ${LOCKED_COLUMNS} FROM alert_timer t JOIN alert a USING (coalition_id, alert_id)
           WHERE t.coalition_id = $1 AND t.alert_id = $2 FOR UPDATE OF t`,
    values: [coalitionId, Buffer.from(alertId)],
  });
  const row = rows[0];
  return row ? toLockedAlert(row, await policies.byVersionId(tx, row.coalition_id, row.policy_version_id)) : null;
}

export function toLockedAlert(row: LockedRow, policy: Policy): LockedAlert {
  return {
    coalitionId: row.coalition_id,
    alertId: row.alert_id,
    tag: row.tag,
    severity: row.severity,
    ladder: ladderOf(policy, row.severity, row.tiers),
    timer: {
      state: row.state,
      tier: row.tier,
      loop: row.loop,
      gen: row.gen,
      roundGen: row.round_gen,
      dueAt: row.due_at?.getTime() ?? null,
      dueKind: row.due_kind,
      owner: row.owner,
      ackExpiresAt: row.ack_expires_at?.getTime() ?? null,
    },
    head: { n: row.chain_n, hash: row.chain_head, at: row.chain_at },
    excludedOrgs: row.excluded_orgs,
    allowedTiers: row.tiers,
    now: row.now,
  };
}

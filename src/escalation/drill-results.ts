import type { Database, Tx } from '../platform/database/database.js';

/** What came of one tier of a drill. Durations are milliseconds from its entry; null: did not happen. */
export interface DrillTier {
  readonly tier: number;
  readonly outcome: string;
  readonly enteredAt: Date;
  readonly openedAfterMs: number | null;
  readonly answeredAfterMs: number | null;
}

export interface DrillResult {
  /** 32 hexadecimal digits. */
  readonly alertId: string;
  readonly severity: number;
  readonly receivedAt: Date;
  readonly state: string;
  readonly tiers: readonly DrillTier[];
}

type StoredTier = { tier: number; outcome: string; entered: number; opened: number | null; answered: number | null };

/** The last drills, newest first, with the first time that each tier was entered, opened and answered. */
export async function readDrillResults(reader: Pick<Tx, 'query'> | Pick<Database, 'query'>, coalitionId: number, most: number): Promise<DrillResult[]> {
  const { rows } = await reader.query<{ id: string; severity: number; received_at: Date; state: string; tiers: StoredTier[] }>(
    `SELECT encode(a.alert_id, 'hex') AS id, a.severity, a.received_at, t.state,
            (SELECT jsonb_agg(jsonb_build_object('tier', e.tier, 'outcome', e.outcome, 'entered', e.entered,
                      'opened', e.opened - e.entered, 'answered', e.answered - e.entered) ORDER BY e.tier)
             FROM (SELECT DISTINCT ON (n.tier) n.tier, n.outcome, extract(epoch FROM n.entered_at) * 1000 AS entered,
                          (SELECT extract(epoch FROM min(v.at)) * 1000 FROM event v
                           WHERE v.coalition_id = a.coalition_id AND v.alert_id = a.alert_id AND v.tier = n.tier AND v.type IN ('SEEN', 'ACK') AND v.at >= n.entered_at) AS opened,
                          (SELECT extract(epoch FROM min(k.at)) * 1000 FROM ack k
                           WHERE k.coalition_id = a.coalition_id AND k.alert_id = a.alert_id AND k.tier = n.tier AND k.decision = 'ack' AND k.at >= n.entered_at) AS answered
                   FROM tier_entry n WHERE n.coalition_id = a.coalition_id AND n.alert_id = a.alert_id AND n.outcome <> 'not_consented'
                   ORDER BY n.tier, n.gen) e) AS tiers
     FROM alert a JOIN alert_timer t USING (coalition_id, alert_id)
     WHERE a.coalition_id = $1 AND a.drill ORDER BY a.received_at DESC LIMIT $2`,
    [coalitionId, most],
  );
  return rows.map(({ id, severity, received_at, state, tiers }) => ({
    alertId: id,
    severity,
    receivedAt: received_at,
    state,
    tiers: ((tiers as StoredTier[] | null) ?? []).map(({ tier, outcome, entered, opened, answered }) => ({ tier, outcome, enteredAt: new Date(entered), openedAfterMs: opened, answeredAfterMs: answered })),
  }));
}

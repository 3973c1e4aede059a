import type { Database } from '../../src/platform/database/database.js';
import type { Cluster } from './cluster.js';
import type { Submitted } from './load.js';

const TIERS_OF_A_PANIC = [1, 2, 3, 4, 5];

/** Confirmed reports that the database does not have, byte for byte. */
export async function alertsMissing(database: Database, submitted: readonly Submitted[]): Promise<Submitted[]> {
  const { rows } = await database.query<{ alert_id: Buffer; sealed: Buffer }>(
    'SELECT a.alert_id, e.sealed FROM alert a JOIN envelope e USING (coalition_id, alert_id) WHERE e.kind = 1',
  );
  const stored = new Map(rows.map(({ alert_id, sealed }) => [alert_id.toString('hex'), sealed]));
  return submitted.filter(({ alert }) => !(stored.get(alert.alertIdHex)?.equals(Buffer.from(alert.envelope.bytes)) ?? false));
}

/**
 * The longest time after this moment in which the tick moved no alert; null until it has moved one after `until`. New
 * reports enter their first tier by themselves, so only later tiers count.
 */
export async function longestPause(database: Database, from: number, until: number): Promise<{ readonly endedAt: number; readonly ms: number } | null> {
  const { rows } = await database.query<{ entered_at: Date }>(
    'SELECT DISTINCT entered_at FROM tier_entry WHERE gen > 1 AND entered_at > $1 ORDER BY entered_at',
    [new Date(from)],
  );
  const times = [from, ...rows.map(({ entered_at }) => entered_at.getTime())];
  if ((times.at(-1) ?? 0) <= until) return null;
  const pauses = times.slice(1).map((endedAt, at) => ({ endedAt, ms: endedAt - (times[at] ?? endedAt) }));
  return pauses.reduce((longest, pause) => (pause.ms > longest.ms ? pause : longest));
}

/** Ladders that were not climbed one tier at a time; `unfinished` have not come to the last tier yet. */
export async function laddersWrong(database: Database, submitted: readonly Submitted[]): Promise<{ skipped: string[]; unfinished: number }> {
  const { rows } = await database.query<{ alert_id: Buffer; tiers: number[] }>(
    `SELECT alert_id, array_agg(tier ORDER BY gen, tier) AS tiers FROM tier_entry WHERE loop = 0 AND outcome <> 'not_consented' AND tier <= 5 GROUP BY alert_id`,
  );
  const climbed = new Map(rows.map(({ alert_id, tiers }) => [alert_id.toString('hex'), tiers]));
  const skipped: string[] = [];
  let unfinished = 0;
  for (const { alert } of submitted) {
    const tiers = climbed.get(alert.alertIdHex) ?? [];
    if (tiers.some((tier, at) => tier !== TIERS_OF_A_PANIC[at])) skipped.push(tiers.join(','));
    else if (tiers.length < TIERS_OF_A_PANIC.length) unfinished++;
  }
  return { skipped, unfinished };
}

/** Sessions on this server whose last statement was LISTEN: one for each process of the service, ours has none. */
export async function listeningSessions(cluster: Cluster, server: string): Promise<number> {
  const rows = await cluster
    .ask<{ count: string }>(server, `SELECT count(*) FROM pg_stat_activity WHERE application_name = 'jardam-listen' AND query LIKE 'LISTEN%'`)
    .catch(() => []);
  return Number(rows[0]?.count ?? 0);
}

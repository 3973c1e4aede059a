import type { Rid } from '../domain/alert.js';
import { gapsIn, type Gap } from '../domain/coverage.js';
import { dutyThrough, type DutySegment } from '../domain/on-duty.js';
import type { TierMember } from '../domain/rota.js';
import type { Database, Tx } from '../platform/database/database.js';
import { readRota, type StoredRota } from '../roster/rota-store.js';

type Reader = Pick<Tx, 'query'> | Pick<Database, 'query'>;

const dayMs = 86_400_000;
/** Gaps are told this long before they begin, so that somebody can still be found. */
export const gapNoticeMs = 7 * dayMs;
/** An office that is closed for a night or a weekend is no gap; whatever is longer than this is. */
export const usualClosureMs = 3 * dayMs;

/** What makes a tier ready, apart from who has duty. */
export interface TierReadiness {
  /** People whose key the roster holds valid now, and how many of them have a verified way to be reached. */
  readonly people: number;
  readonly reachable: number;
  /** When the first of these keys ends; null without people. */
  readonly keysEndAt: Date | null;
  /** The last drill that came to this tier, and how long the first acknowledgement took; null: none answered. */
  readonly lastDrill: { readonly at: Date; readonly answeredAfterMs: number | null } | null;
}

/** One tier of the ladder as whoever plans shifts sees it. */
export interface TierOutlook {
  readonly tier: number;
  readonly key: string;
  readonly members: readonly TierMember[];
  /** Who has duty now, and until when it stays so; then who has it next, when that is known. */
  readonly now: DutySegment;
  readonly next: DutySegment | null;
  /** What lacks in the coming week, first things first. */
  readonly gaps: readonly Gap[];
  readonly readiness: TierReadiness;
}

export interface RotaOutlook {
  readonly rota: StoredRota;
  /** The database's time. */
  readonly at: Date;
  readonly tiers: readonly TierOutlook[];
}

interface TierRow extends Record<string, unknown> {
  tier: number;
  key: string;
  members: { rid: Rid; org: string; reachable: boolean; ends: string }[];
  drill_at: Date | null;
  answered_at: Date | null;
}

/** Everything about all tiers of people that the newest policies name. */
export async function readOutlook(reader: Reader, coalitionId: number): Promise<RotaOutlook> {
  const rota = await readRota(reader, coalitionId);
  const clock = await reader.query<{ now: Date }>('SELECT now() AS now');
  const at = clock.rows[0]?.now;
  if (!at) throw new Error('the database did not tell the time');
  const { rows } = await reader.query<TierRow>(
    `WITH step AS (
       SELECT DISTINCT ON ((step->>'tier')::int) (step->>'tier')::int AS tier, step->>'key' AS key
       FROM (SELECT DISTINCT ON (policy_id) policy_version_id, body FROM policy_version WHERE coalition_id = $1 ORDER BY policy_id, version DESC) newest,
            jsonb_array_elements(newest.body->'tiers') step
       WHERE step->>'by' = 'people' ORDER BY 1, newest.policy_version_id DESC
     )
     SELECT step.tier, step.key, drill.at AS drill_at, drill.answered AS answered_at,
            coalesce((SELECT jsonb_agg(jsonb_build_object('rid', encode(m.rid, 'hex'), 'org', m.org, 'ends', r.not_after,
                        'reachable', EXISTS (SELECT FROM contact c WHERE c.coalition_id = $1 AND c.rid = m.rid AND c.verified_at IS NOT NULL AND c.disabled_at IS NULL)) ORDER BY m.rid)
                      FROM tier_member m JOIN responder r USING (coalition_id, rid)
                      WHERE m.coalition_id = $1 AND m.tier = step.tier AND r.status = 'active' AND now() >= r.not_before AND now() < r.not_after), '[]') AS members
     FROM step
     LEFT JOIN LATERAL (
       SELECT e.entered_at AS at, (SELECT min(k.at) FROM ack k
                                   WHERE k.coalition_id = $1 AND k.alert_id = e.alert_id AND k.tier = e.tier AND k.decision = 'ack' AND k.at >= e.entered_at) AS answered
       FROM alert a JOIN tier_entry e USING (coalition_id, alert_id)
       WHERE a.coalition_id = $1 AND a.drill AND e.tier = step.tier AND e.outcome = 'notified' ORDER BY e.entered_at DESC LIMIT 1
     ) drill ON true
     ORDER BY step.tier`,
    [coalitionId],
  );
  return { rota, at, tiers: rows.map((row) => outlookOf(row, rota, at.getTime())) };
}

function outlookOf({ tier, key, members: people, drill_at, answered_at }: TierRow, rota: StoredRota, now: number): TierOutlook {
  const members = people.map(({ rid, org }) => ({ rid, org }));
  const [current, next] = dutyThrough(rota, tier, members, { start: now, end: now + gapNoticeMs });
  if (!current) throw new Error('a tier has no present');
  const ends = people.map((each) => Date.parse(each.ends));
  return {
    tier,
    key,
    members,
    now: current,
    next: next ?? null,
    gaps: gapsWorthTelling(rota, tier, members, now),
    readiness: {
      people: people.length,
      reachable: people.filter(({ reachable }) => reachable).length,
      keysEndAt: ends.length === 0 ? null : new Date(Math.min(...ends)),
      lastDrill: drill_at === null ? null : { at: drill_at, answeredAfterMs: answered_at === null ? null : answered_at.getTime() - drill_at.getTime() },
    },
  };
}

/** The gaps that begin within the notice. A closing is looked at to its end, to tell a weekend from days off. */
function gapsWorthTelling(rota: StoredRota, tier: number, members: readonly TierMember[], now: number): Gap[] {
  return gapsIn(rota, tier, members, { start: now, end: now + gapNoticeMs + usualClosureMs + dayMs }).filter(
    ({ kind, span }) => span.start < now + gapNoticeMs && (kind !== 'closed' || span.end - span.start > usualClosureMs),
  );
}

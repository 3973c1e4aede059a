/**
 * What the roster says about a person today.
 * - active: may see and answer alerts.
 * - probation: enrolled but not yet in the signed roster, in it on probation, or in it from a later date.
 * - expired: the dates of the key have passed; a new roster is needed.
 * Revoked people have no standing at all: for the desk they do not exist.
 */
export type Standing = 'active' | 'probation' | 'expired';

export interface StandingRow {
  readonly org: string;
  readonly role: string;
  readonly tiers: number[];
  readonly sig_pk: Buffer;
  readonly standing: Standing;
}

/**
 * SQL of one row, or none, about a responder: org, role, tiers, sig_pk, standing. The only place that turns roster
 * and enrolments into a right to sign in.
 *
 * The enrolment counts only while the roster does not know the person, so that a revoked one does not come back as
 * a beginner.
 *
 * @param coalition SQL expression, for example '$1'
 * @param rid       SQL expression, for example 's.rid'
 */
export function standingOf(coalition: string, rid: string): string {
  return `
    SELECT r.org, r.role, r.sig_pk,
           ARRAY(SELECT m.tier FROM tier_member m
                 WHERE m.coalition_id = r.coalition_id AND m.rid = r.rid ORDER BY m.tier) AS tiers,
           CASE WHEN r.status = 'probation' OR now() < r.not_before THEN 'probation'
                WHEN now() > r.not_after THEN 'expired'
                ELSE 'active' END AS standing
    FROM responder r
    WHERE r.coalition_id = ${coalition} AND r.rid = ${rid} AND r.status <> 'revoked'
    UNION ALL
    SELECT e.org, e.role, e.sig_pk, '{}'::smallint[], 'probation'
    FROM enrolment e
    WHERE e.coalition_id = ${coalition} AND e.rid = ${rid}
      AND NOT EXISTS (SELECT FROM responder known WHERE known.coalition_id = e.coalition_id AND known.rid = e.rid)`;
}
